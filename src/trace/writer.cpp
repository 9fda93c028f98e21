// SPDX-License-Identifier: Apache-2.0
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zstd.h>

#include "vitsim/core/checksum.h"
#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/trace/file.h"

#include "codec.h"
#include "layout.h"

namespace vitsim::trace {
namespace {

/// Fast, and within some percent of what higher levels reach on differences.
constexpr int kCompressionLevel = 3;

}  // namespace

class Writer::File {
 public:
  File(const std::filesystem::path& path, std::string_view header)
      : path_(path), file_(path), context_(ZSTD_createCCtx()) {
    append(kMagic);
    append(little_endian(kFormatVersion, kSizeBytes));
    append_block("a header", std::as_bytes(std::span(header)));
  }

  void add(const Event& event) {
    encoder_.add(event);
    ++events_;
    if (encoder_.bytes().size() >= kBlockBytes) {
      end_block();
    }
  }

  void finish() {
    end_block();
    append(little_endian(0, kSizeBytes));
    append(little_endian(static_cast<std::uint64_t>(events_), kWordBytes));
    file_.append(little_endian(checksum_.value(), kWordBytes));
    file_.commit();
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  void append(std::string_view bytes) {
    checksum_.add(bytes);
    file_.append(bytes);
  }

  void end_block() {
    if (!encoder_.bytes().empty()) {
      append_block("events", encoder_.bytes());
      encoder_.clear();
    }
  }

  void append_block(std::string_view what, std::span<const std::byte> bytes) {
    if (bytes.size() > kMostBlockBytes) {
      throw OutputError(fmt::format("{}: got {} of {} bytes, expected at most {}", path_.string(),
                                    what, bytes.size(), kMostBlockBytes));
    }
    frame_.resize(ZSTD_compressBound(bytes.size()));
    const std::size_t size = ZSTD_compressCCtx(context_.get(), frame_.data(), frame_.size(),
                                               bytes.data(), bytes.size(), kCompressionLevel);
    if (ZSTD_isError(size) != 0) {
      throw OutputError(
          fmt::format("{}: cannot be compressed: {}", path_.string(), ZSTD_getErrorName(size)));
    }
    append(little_endian(size, kSizeBytes));
    append(little_endian(bytes.size(), kSizeBytes));
    append({frame_.data(), size});
  }

  std::filesystem::path path_;
  AtomicFile file_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  Checksum checksum_;
  Encoder encoder_;
  std::vector<char> frame_;
  std::int64_t events_ = 0;
};

Writer::Writer(const std::filesystem::path& path, std::string_view header)
    : file_(std::make_unique<File>(path, header)) {}
Writer::~Writer() = default;

void Writer::add(const Event& event) { file_->add(event); }
void Writer::finish() { file_->finish(); }

}  // namespace vitsim::trace
