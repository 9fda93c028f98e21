// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "vitsim/config/accelerator.h"
#include "vitsim/config/model.h"

namespace vitsim::sweep {

/// XXH3 of a text: 64 bits, as hexadecimal digits.
std::string hash_of(std::string_view text);

/// XXH3 (64 bits, as hexadecimal digits) of what decides on a point's results, whatever its files
/// are called, so that a point is known again: the resolved configuration and model, the contents
/// of the files that they name, and the program itself.
class PointHash {
 public:
  /// Of this program: the hash of its executable file.
  PointHash();
  explicit PointHash(std::string program) : program_(std::move(program)) {}

  /// `weights` and `input` as `-w` and `-i` have them. ModelError where a file cannot be read.
  std::string of(const config::Config& config, const config::Model& model,
                 const std::string& weights, const std::string& input, std::string_view check);

  [[nodiscard]] const std::string& program() const { return program_; }

 private:
  const std::string& content(const std::string& file);

  std::string program_;
  std::map<std::string, std::string> contents_;  ///< hashes of files that were read
};

}  // namespace vitsim::sweep
