// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vitsim/sweep/expression.h"
#include "vitsim/sweep/value.h"

namespace vitsim::sweep {

/// How points are chosen.
enum class Strategy {
  kGrid,            ///< all combinations
  kRandom,          ///< combinations drawn one by one
  kLatinHypercube,  ///< drawn so that each parameter takes its values evenly
  kPareto,          ///< those that can reach the front of the objectives
};

/// A key of configuration or model, or what is swept beside them (`config`, `model`, `weights`,
/// `input`).
struct Parameter {
  std::string key;
  std::vector<Value> values;             ///< that it takes; empty where it follows from others
  std::optional<Expression> expression;  ///< over other parameters
  std::string where = {};                ///< it stands: file and line
};

/// A number of the report that is to be small or large.
struct Objective {
  std::string key;  ///< "totals.cycles"
  bool maximize = false;
};

/// A sweep, as its file describes it. Names in expressions are keys, or their last parts where only
/// one parameter has them.
struct Spec {
  std::string name;
  std::vector<Parameter> parameters;  ///< each behind those that it follows from
  std::vector<Expression> constraints;
  std::vector<Objective> objectives;
  std::string check = "none";
  Strategy strategy = Strategy::kGrid;
  std::int64_t samples = 100;  ///< of kRandom and kLatinHypercube
  std::uint64_t seed = 1;
  std::optional<std::int64_t> most_seconds;    ///< that a point may take
  std::optional<std::int64_t> most_mebibytes;  ///< of address space that it may take
  std::string text;                            ///< of the file
};

/// ConfigError, with the nearest, where a parameter is no key of configurations or models.
void check_keys(const Spec& spec);

/// The whole key of a name in an expression of this sweep. ConfigError, with `where` and the
/// nearest, where there is none, or several.
std::string key_of(const Spec& spec, const std::string& name, const std::string& where);

/// Reads a sweep's file; files that it names are relative to it. ConfigError with file, line, what
/// was found and what was expected.
Spec read_spec(const std::filesystem::path& path);

/// The same of text in memory; `name` is what errors call it.
Spec parse_spec(const std::string& yaml, const std::string& name);

}  // namespace vitsim::sweep
