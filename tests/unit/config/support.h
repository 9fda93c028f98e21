// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "vitsim/config/load.h"
#include "vitsim/core/error.h"

namespace vitsim::config {

using Overrides = std::vector<std::string>;

/// A file "x.yaml" in a directory of its own, which goes with the object.
class YamlFile {
 public:
  explicit YamlFile(const std::string& content) {
    static int count = 0;
    directory_ = root() + std::to_string(count++);
    std::filesystem::create_directories(directory_);
    std::ofstream(path(), std::ios::binary) << content;
  }
  YamlFile(const YamlFile&) = delete;
  YamlFile& operator=(const YamlFile&) = delete;
  ~YamlFile() { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::filesystem::path path() const { return directory_ / "x.yaml"; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// What all directories of this process begin with.
  static std::string root() {
    return (std::filesystem::temp_directory_path() / "vitsim_config_test_").string() +
           std::to_string(::getpid()) + "_";
  }

 private:
  std::filesystem::path directory_;
};

inline Config config_of(const std::string& yaml, const Overrides& overrides = {}) {
  return load_config(YamlFile(yaml).path(), overrides);
}

inline Model model_of(const std::string& yaml, const Overrides& overrides = {}) {
  return load_model(YamlFile(yaml).path(), overrides);
}

/// The message of the `Expected` error that `call` throws, with the test's directory taken off
/// file names; "no error" or "another error" where that is what happens.
template <class Expected, class Call>
std::string error_of(Call call) {
  std::string message = "no error";
  try {
    call();
  } catch (const Expected& error) {
    message = error.what();
  } catch (const std::exception& error) {
    message = std::string("another error: ") + error.what();
  }
  const std::string root = YamlFile::root();
  for (auto at = message.find(root); at != std::string::npos; at = message.find(root)) {
    message.erase(at, message.find('/', at + root.size()) + 1 - at);
  }
  return message;
}

/// What load_config() says about `yaml`.
inline std::string config_error(const std::string& yaml, const Overrides& overrides = {}) {
  return error_of<ConfigError>([&] { config_of(yaml, overrides); });
}

/// What load_model() says about `yaml`, where the file is to blame.
inline std::string model_error(const std::string& yaml, const Overrides& overrides = {}) {
  return error_of<ModelError>([&] { model_of(yaml, overrides); });
}

}  // namespace vitsim::config
