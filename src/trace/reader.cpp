// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zstd.h>

#include "vitsim/core/checksum.h"
#include "vitsim/core/error.h"
#include "vitsim/core/text.h"
#include "vitsim/trace/file.h"

#include "codec.h"
#include "layout.h"

namespace vitsim::trace {
namespace {

std::unique_ptr<std::istream> open(const std::filesystem::path& path) {
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw ModelError(
        fmt::format("{}: got {}, expected a trace", path.string(),
                    std::filesystem::is_directory(status) ? "a directory" : "a special file"));
  }
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) {
    throw ModelError(fmt::format("{}: cannot be opened: {}", path.string(),
                                 problem ? problem.message() : "is it readable?"));
  }
  return file;
}

}  // namespace

class Reader::File {
 public:
  File(std::unique_ptr<std::istream> stream, std::string name)
      : stream_(std::move(stream)), name_(std::move(name)), context_(ZSTD_createDCtx()) {
    const std::streamoff events_begin = read_header();
    check();
    stream_->clear();
    stream_->seekg(events_begin);
    if (!*stream_) {
      throw ModelError(fmt::format("{}: cannot be read a second time", name_));
    }
  }

  [[nodiscard]] const std::string& header() const { return header_; }
  [[nodiscard]] std::int64_t event_count() const { return static_cast<std::int64_t>(events_); }

  std::optional<Event> next() {
    if (decoder_.done() && !next_block()) {
      if (read_ != events_) {
        fail(fmt::format("{} events", read_), fmt::format("{}", events_));
      }
      return std::nullopt;
    }
    ++read_;
    try {
      return decoder_.next();
    } catch (const std::out_of_range& problem) {
      fail(fmt::format("something else in event {}", read_ - 1), problem.what());
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  [[noreturn]] void fail(std::string_view got, std::string_view expected) const {
    throw ModelError(fmt::format("{}: got {}, expected {}", name_, got, expected));
  }

  /// The next bytes, which count for the checksum.
  std::string_view take(std::size_t size) {
    buffer_.resize(size);
    stream_->read(buffer_.data(), static_cast<std::streamsize>(size));
    const auto got = static_cast<std::size_t>(stream_->gcount());
    if (got < size) {
      fail(fmt::format("its end after {} bytes", taken_ + got),
           "more: the trace is truncated or corrupted");
    }
    taken_ += size;
    checksum_.add({buffer_.data(), size});
    return {buffer_.data(), size};
  }
  std::uint64_t take_number(int bytes) {
    return from_little_endian(take(static_cast<std::size_t>(bytes)));
  }

  std::streamoff read_header() {
    buffer_.resize(kMagic.size());
    stream_->read(buffer_.data(), static_cast<std::streamsize>(kMagic.size()));
    const std::string_view begins(buffer_.data(), static_cast<std::size_t>(stream_->gcount()));
    if (begins != kMagic) {
      fail(begins.empty() ? "an empty file"
                          : fmt::format("a file that begins with '{}'", printable(begins)),
           "a trace of vitsim (.vtrc)");
    }
    checksum_.add(begins);
    taken_ = begins.size();
    const std::uint64_t version = take_number(kSizeBytes);
    if (version == 0 || version > kFormatVersion) {
      fail(fmt::format("format {}", version),
           fmt::format("at most {}: a newer vitsim has recorded this trace", kFormatVersion));
    }
    if (const auto sizes = take_sizes()) {
      take_block(*sizes);
      std::ranges::transform(block_, std::back_inserter(header_),
                             [](std::byte byte) { return static_cast<char>(byte); });
    }
    return static_cast<std::streamoff>(taken_);
  }

  /// Sizes of the next block; none where the blocks end.
  struct BlockSizes {
    std::size_t frame = 0;
    std::size_t bytes = 0;
  };
  std::optional<BlockSizes> take_sizes() {
    const std::uint64_t frame = take_number(kSizeBytes);
    if (frame == 0) {
      return std::nullopt;
    }
    const std::uint64_t bytes = take_number(kSizeBytes);
    if (bytes == 0 || bytes > kMostBlockBytes || frame > ZSTD_compressBound(kMostBlockBytes)) {
      fail(fmt::format("a block of {} bytes, compressed {}, before byte {}", bytes, frame, taken_),
           fmt::format("1 to {}: the trace is corrupted", kMostBlockBytes));
    }
    return BlockSizes{static_cast<std::size_t>(frame), static_cast<std::size_t>(bytes)};
  }

  /// The rest of the file, but for what is in its blocks.
  void check() {
    while (const auto sizes = take_sizes()) {
      take(sizes->frame);
    }
    events_ = take_number(kWordBytes);
    const std::uint64_t computed = checksum_.value();
    const std::uint64_t written = take_number(kWordBytes);
    if (computed != written) {
      fail(fmt::format("bytes whose checksum is {:016x}", computed),
           fmt::format("{:016x}: the trace is corrupted", written));
    }
    if (stream_->peek() != std::istream::traits_type::eof()) {
      fail("further bytes behind its checksum", "none: the trace is corrupted");
    }
  }

  bool next_block() {
    const auto sizes = ended_ ? std::nullopt : take_sizes();
    if (!sizes) {
      ended_ = true;
      return false;
    }
    take_block(*sizes);
    decoder_ = Decoder(block_);
    return true;
  }

  void take_block(const BlockSizes& sizes) {
    const std::string_view frame = take(sizes.frame);
    block_.resize(sizes.bytes);
    const std::size_t size = ZSTD_decompressDCtx(context_.get(), block_.data(), block_.size(),
                                                 frame.data(), frame.size());
    if (ZSTD_isError(size) != 0 || size != block_.size()) {
      fail("a block that cannot be decompressed", fmt::format("one of {} bytes", block_.size()));
    }
  }

  std::unique_ptr<std::istream> stream_;
  std::string name_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  Checksum checksum_;
  std::size_t taken_ = 0;  ///< bytes
  std::string header_;
  std::vector<char> buffer_;
  std::vector<std::byte> block_;
  Decoder decoder_{{}};
  bool ended_ = false;
  std::uint64_t events_ = 0;  ///< that the file says it has
  std::uint64_t read_ = 0;
};

Reader::Reader(const std::filesystem::path& path)
    : file_(std::make_unique<File>(open(path), path.string())) {}
Reader::Reader(std::unique_ptr<std::istream> stream, std::string name)
    : file_(std::make_unique<File>(std::move(stream), std::move(name))) {}
Reader::~Reader() = default;

const std::string& Reader::header() const { return file_->header(); }
std::int64_t Reader::event_count() const { return file_->event_count(); }
std::optional<Event> Reader::next() { return file_->next(); }

}  // namespace vitsim::trace
