// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/packing.h"

#include <algorithm>
#include <numeric>

namespace vitsim::mapping {
namespace {

/// Addresses in use during each operator.
class Shelf {
 public:
  Shelf(const std::vector<Block>& blocks, Bytes alignment) : alignment_(alignment) {
    int ops = 0;
    for (const Block& block : blocks) {
      ops = std::max({ops, block.last + 1, block.linger + 1});
    }
    used_.resize(static_cast<std::size_t>(ops));
  }

  /// The lowest address where `bytes` are free during operators [first, last].
  [[nodiscard]] Bytes lowest(int first, int last, Bytes bytes) {
    taken_.clear();
    for (int op = first; op <= last; ++op) {
      const auto& during = used_[static_cast<std::size_t>(op)];
      taken_.insert(taken_.end(), during.begin(), during.end());
    }
    std::ranges::sort(taken_, {}, &Stretch::begin);
    Bytes address = 0;
    for (const Stretch& stretch : taken_) {
      if (address + bytes <= stretch.begin) {
        break;
      }
      address = std::max(address, stretch.end);
    }
    return address;
  }

  void take(int first, int last, Bytes address, Bytes bytes) {
    for (int op = first; op <= last; ++op) {
      used_[static_cast<std::size_t>(op)].push_back(
          {address, round_up(address + bytes, alignment_)});
    }
  }

 private:
  struct Stretch {
    Bytes begin = 0;
    Bytes end = 0;
  };
  Bytes alignment_;
  std::vector<std::vector<Stretch>> used_;  ///< by operator
  std::vector<Stretch> taken_;
};

}  // namespace

Packing pack(const std::vector<Block>& blocks, Bytes alignment, Bytes limit) {
  Packing packing;
  packing.addresses.resize(blocks.size(), 0);
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const int length_a = blocks[a].last - blocks[a].first;
    const int length_b = blocks[b].last - blocks[b].first;
    return length_a != length_b ? length_a > length_b : blocks[a].bytes > blocks[b].bytes;
  });
  Shelf shelf(blocks, alignment);
  for (const std::size_t index : order) {
    const Block& block = blocks[index];
    if (block.bytes == 0) {
      continue;
    }
    int last = std::max(block.last, block.linger);
    Bytes address = shelf.lowest(block.first, last, block.bytes);
    if (address + block.bytes > limit) {
      last = block.last;
      address = shelf.lowest(block.first, last, block.bytes);
    }
    shelf.take(block.first, last, address, block.bytes);
    packing.addresses[index] = address;
    packing.height = std::max(packing.height, address + block.bytes);
  }
  return packing;
}

}  // namespace vitsim::mapping
