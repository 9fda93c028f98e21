// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace vitsim {

/// What `main` returns. A failed check is no exception: its reports are still written.
enum class ExitCode {
  kDone = 0,
  kCheckFailed = 1,
  kBadConfig = 2,
  kBadInput = 3,
  kSimulationFailed = 4,
  kCannotWrite = 5,
  kInterrupted = 130,
};

/// The root of all errors that a user can cause. The message is complete: where, what was found,
/// what was expected. Only `main` catches it.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Bad usage, or a configuration that is malformed, out of range or contradictory.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message) : Error(ExitCode::kBadConfig, message) {}
};

/// A model, weights, scales or input file that cannot be read or does not fit.
class ModelError : public Error {
 public:
  explicit ModelError(const std::string& message) : Error(ExitCode::kBadInput, message) {}
};

/// The simulated machine did something impossible: deadlock, a read of bytes never written.
class SimulationError : public Error {
 public:
  explicit SimulationError(const std::string& message)
      : Error(ExitCode::kSimulationFailed, message) {}
};

/// An output file cannot be written.
class OutputError : public Error {
 public:
  explicit OutputError(const std::string& message) : Error(ExitCode::kCannotWrite, message) {}
};

/// Ctrl-C.
class Interrupted : public Error {
 public:
  Interrupted() : Error(ExitCode::kInterrupted, "interrupted") {}
};

}  // namespace vitsim
