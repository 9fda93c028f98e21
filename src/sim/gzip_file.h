// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "vitsim/core/file.h"

struct z_stream_s;

namespace vitsim::sim {

/// A file that is compressed as it is written and takes its place at the end. The same bytes make
/// the same file.
class GzipFile {
 public:
  /// OutputError, here and below.
  explicit GzipFile(const std::filesystem::path& path);
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;
  ~GzipFile();

  void append(std::string_view bytes);
  void finish();

 private:
  void deflate(int flush);

  AtomicFile file_;
  std::unique_ptr<z_stream_s> stream_;
  std::string pending_;
};

}  // namespace vitsim::sim
