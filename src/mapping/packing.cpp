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

  /// The lowest address where the block is free of others; `lingering`: of what lingers, too.
  [[nodiscard]] Bytes lowest(const Block& block, bool lingering) {
    taken_.clear();
    const int last = lingering ? std::max(block.last, block.linger) : block.last;
    for (int op = block.first; op <= last; ++op) {
      for (const Stretch& stretch : used_[static_cast<std::size_t>(op)]) {
        const bool here = !stretch.lingers && op <= block.last;
        if (here || lingering) {
          taken_.push_back(stretch);
        }
      }
    }
    std::ranges::sort(taken_, {}, &Stretch::begin);
    Bytes address = 0;
    for (const Stretch& stretch : taken_) {
      if (address + block.bytes <= stretch.begin) {
        break;
      }
      address = std::max(address, stretch.end);
    }
    return address;
  }

  void take(const Block& block, Bytes address) {
    const Bytes end = round_up(address + block.bytes, alignment_);
    for (int op = block.first; op <= std::max(block.last, block.linger); ++op) {
      used_[static_cast<std::size_t>(op)].push_back({address, end, op > block.last});
    }
  }

 private:
  struct Stretch {
    Bytes begin = 0;
    Bytes end = 0;
    bool lingers = false;
  };
  Bytes alignment_;
  std::vector<std::vector<Stretch>> used_;  ///< by operator
  std::vector<Stretch> taken_;
};

Packing pack(const std::vector<Block>& blocks, const std::vector<std::size_t>& order,
             Bytes alignment, Bytes limit, bool lingering) {
  Packing packing;
  packing.addresses.resize(blocks.size(), 0);
  Shelf shelf(blocks, alignment);
  for (const std::size_t index : order) {
    const Block& block = blocks[index];
    if (block.bytes == 0) {
      continue;
    }
    Bytes address = shelf.lowest(block, lingering);
    if (lingering && address + block.bytes > limit) {
      address = shelf.lowest(block, false);
    }
    shelf.take(block, address);
    packing.addresses[index] = address;
    packing.height = std::max(packing.height, address + block.bytes);
  }
  return packing;
}

/// Long blocks first, then large ones.
std::vector<std::size_t> first_order(const std::vector<Block>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const int length_a = blocks[a].last - blocks[a].first;
    const int length_b = blocks[b].last - blocks[b].first;
    return length_a != length_b ? length_a > length_b : blocks[a].bytes > blocks[b].bytes;
  });
  return order;
}

/// Packs again and again; blocks that found no room below the limit go first the next time.
Packing pack(const std::vector<Block>& blocks, Bytes alignment, Bytes limit, bool lingering) {
  constexpr int kTries = 24;
  std::vector<std::size_t> order = first_order(blocks);
  Packing best;
  for (int i = 0; i < kTries; ++i) {
    Packing packing = pack(blocks, order, alignment, limit, lingering);
    const bool fits = packing.height <= limit;
    const auto too_high = [&](std::size_t index) {
      return packing.addresses[index] + blocks[index].bytes > limit;
    };
    std::stable_partition(order.begin(), order.end(), too_high);
    if (i == 0 || packing.height < best.height) {
      best = std::move(packing);
    }
    if (fits) {
      break;
    }
  }
  return best;
}

}  // namespace

Packing pack(const std::vector<Block>& blocks, Bytes alignment, Bytes limit) {
  Packing packing = pack(blocks, alignment, limit, true);
  return packing.height <= limit ? packing : pack(blocks, alignment, limit, false);
}

}  // namespace vitsim::mapping
