// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>
#include <nlohmann/json_fwd.hpp>

namespace vitsim::cli {

/// Writes to standard output. OutputError where it takes no more.
void print(std::string_view text);

/// OutputError where `file` cannot be created or replaced. Asked before long work, whose result
/// would be lost.
void check_can_write(const std::filesystem::path& file);

/// `--json`: a file, `-` for standard output, or empty for none.
class JsonOutput {
 public:
  /// OutputError where the file cannot be created or replaced. Before long work.
  explicit JsonOutput(std::string target);
  void write(const nlohmann::ordered_json& report) const;
  /// Whether standard output is taken: nothing else may be printed there.
  [[nodiscard]] bool is_standard_output() const { return target_ == "-"; }

 private:
  std::string target_;
};

/// The option that names its target.
void add_json_option(CLI::App& command, std::string& target);

/// The text of a report: indented, with what is no UTF-8 replaced.
std::string to_text(const nlohmann::ordered_json& report);

/// The directory of `-o`, made with its parents and known to be writable before the work begins.
/// OutputError. What it made goes away again, still empty, unless the work is kept.
class OutputDirectory {
 public:
  explicit OutputDirectory(const std::filesystem::path& path);
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;
  ~OutputDirectory();

  /// Writes a file in it, whole or not at all.
  void write(const std::string& name, std::string_view content);

 private:
  void remove_what_it_made();

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;  ///< innermost first
};

}  // namespace vitsim::cli
