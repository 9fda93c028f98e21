// SPDX-License-Identifier: Apache-2.0
#include "gzip_file.h"

#include <array>
#include <new>

#include <zlib.h>

namespace vitsim::sim {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip's header and no time in it
constexpr int kMemoryLevel = 8;

}  // namespace

GzipFile::GzipFile(const std::filesystem::path& path)
    : file_(path), stream_(std::make_unique<z_stream>()) {
  if (deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

GzipFile::~GzipFile() { deflateEnd(stream_.get()); }

void GzipFile::append(std::string_view bytes) {
  pending_ += bytes;
  if (pending_.size() >= kPieceBytes) {
    deflate(Z_NO_FLUSH);
  }
}

void GzipFile::finish() {
  deflate(Z_FINISH);
  file_.commit();
}

void GzipFile::deflate(int flush) {
  std::array<char, kPieceBytes> out;
  stream_->next_in = reinterpret_cast<unsigned char*>(pending_.data());
  stream_->avail_in = static_cast<unsigned>(pending_.size());
  do {
    stream_->next_out = reinterpret_cast<unsigned char*>(out.data());
    stream_->avail_out = static_cast<unsigned>(out.size());
    ::deflate(stream_.get(), flush);
    file_.append({out.data(), out.size() - stream_->avail_out});
  } while (stream_->avail_out == 0);
  pending_.clear();
}

}  // namespace vitsim::sim
