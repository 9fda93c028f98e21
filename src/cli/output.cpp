// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"

namespace vitsim::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const fs::path& path, const std::string& why) {
  throw OutputError(fmt::format("{}: cannot be written: {}", path.string(), why));
}

/// Permissions alone do not tell: the superuser has them all, on read-only file systems, too.
void try_to_write(const fs::path& directory, const fs::path& wanted) {
  const fs::path probe = directory / fmt::format(".vitsim-{}.probe", ::getpid());
  const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    cannot_write(wanted, std::strerror(errno));
  }
  ::close(file);
  ::unlink(probe.c_str());
}

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    cannot_write("standard output", std::strerror(errno));
  }
}

void check_can_write(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (fs::is_directory(status)) {
    cannot_write(file, "it is a directory");
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return;  // a device or a pipe
  }
  const fs::path target = fs::exists(status) ? fs::canonical(file, error) : file;
  const fs::path parent = target.parent_path();
  try_to_write(parent.empty() ? "." : parent, file);
}

JsonOutput::JsonOutput(std::string target) : target_(std::move(target)) {
  if (!target_.empty() && !is_standard_output()) {
    check_can_write(target_);
  }
}

void JsonOutput::write(const nlohmann::ordered_json& report) const {
  if (is_standard_output()) {
    print(to_text(report));
  } else if (!target_.empty()) {
    write_file_atomically(target_, to_text(report));
  }
}

void add_json_option(CLI::App& command, std::string& target) {
  command.add_option("--json", target, "writes the JSON report alone; - means standard output")
      ->type_name("FILE");
}

std::string to_text(const nlohmann::ordered_json& report) {
  return report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

OutputDirectory::OutputDirectory(const fs::path& path) : path_(path) {
  std::error_code error;
  for (fs::path missing = path; !missing.empty() && !fs::exists(missing, error);
       missing = missing.parent_path()) {
    made_.push_back(missing);
  }
  fs::create_directories(path, error);
  try {
    if (error) {
      cannot_write(path, error.message());
    }
    if (!fs::is_directory(path, error)) {
      cannot_write(path, "it is no directory");
    }
    try_to_write(path, path);
  } catch (const OutputError&) {
    remove_what_it_made();
    throw;
  }
}

OutputDirectory::~OutputDirectory() { remove_what_it_made(); }

void OutputDirectory::remove_what_it_made() {
  for (const fs::path& directory : made_) {
    ::rmdir(directory.c_str());  // fails where it is not empty, as it should
  }
}

void OutputDirectory::write(const std::string& name, std::string_view content) {
  write_file_atomically(path_ / name, content);
}

}  // namespace vitsim::cli
