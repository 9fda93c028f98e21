// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vitsim/trace/event.h"

/// Trace files (.vtrc): a header, events in compressed blocks, a checksum of everything.
/// docs/traces.md has the format.
namespace vitsim::trace {

/// Of the format. Files of a later version are refused.
inline constexpr std::uint32_t kFormatVersion = 1;

/// Writes a trace in constant memory.
class Writer {
 public:
  /// `header`: what the trace is of, as JSON; its meaning is the caller's. OutputError where the
  /// file cannot be written, here and below.
  Writer(const std::filesystem::path& path, std::string_view header);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  /// Events come by cycle.
  void add(const Event& event);
  /// The file takes its place; without this nothing is left behind.
  void finish();

 private:
  class File;
  std::unique_ptr<File> file_;
};

/// Reads a trace in constant memory. Files are taken as hostile.
class Reader {
 public:
  /// Passes over the whole file once and compares its checksum. ModelError, with file, what was
  /// found and what was expected, where it is none, truncated, corrupted or of a later version.
  explicit Reader(const std::filesystem::path& path);
  /// The same of a stream that can be read twice; `name` is what errors call it.
  Reader(std::unique_ptr<std::istream> stream, std::string name);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader();

  [[nodiscard]] const std::string& header() const;
  [[nodiscard]] std::int64_t event_count() const;
  /// None behind the last. ModelError where blocks hold anything else than events.
  std::optional<Event> next();

 private:
  class File;
  std::unique_ptr<File> file_;
};

}  // namespace vitsim::trace
