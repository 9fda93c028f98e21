// SPDX-License-Identifier: Apache-2.0
#include "stretches.h"

#include <algorithm>
#include <map>
#include <utility>

#include "vitsim/mapping/residency.h"
#include "vitsim/mapping/tiling.h"

namespace vitsim::mapping {
namespace {

/// A state has two bits an item.
constexpr std::size_t kMostAlive = 30;

bool covers(const Item& item, const model::View& view) {
  return item.tensor == view.tensor && item.col <= view.col &&
         view.col + view.cols <= item.col + item.cols;
}

}  // namespace

Stretches::Stretches(const Sequence& sequence, const config::Accelerator& machine,
                     const Catalogue& catalogue)
    : sequence_(sequence),
      machine_(machine),
      catalogue_(catalogue),
      pinned_(room_on_chip(sequence, machine.scratchpad)),
      by_first_(static_cast<std::size_t>(sequence.size())) {
  find_tensors();
  find_alive();
  const std::size_t tensors = items_.size();
  find_windows();
  find_alive();
  if (std::ranges::any_of(alive_, [](const auto& at) { return at.size() > kMostAlive; })) {
    items_.resize(tensors);
    find_alive();
  }
  for (int op = 0; op < sequence.size(); ++op) {
    by_first_[static_cast<std::size_t>(op)].push_back(describe({op, 1, 1}));
  }
  for (const Chain& chain : chains_of(sequence)) {
    by_first_[static_cast<std::size_t>(chain.first)].push_back(describe(chain));
  }
}

void Stretches::find_tensors() {
  std::vector<Item> of_tensor(sequence_.graph().tensors.size());
  for (int op = 0; op < sequence_.size(); ++op) {
    const auto& views = catalogue_.views(op);
    for (std::size_t i = 0; i + 1 < views.size(); ++i) {
      of_tensor[static_cast<std::size_t>(views[i].tensor)].last_read = op;
    }
    Item& written = of_tensor[static_cast<std::size_t>(views.back().tensor)];
    if (written.last_write < 0) {
      written.first = op;
    }
    written.last_write = op;
  }
  for (std::size_t id = 0; id < of_tensor.size(); ++id) {
    const model::Tensor& tensor = sequence_.graph().tensors[id];
    Item& item = of_tensor[id];
    if (tensor.role != model::Role::kActivation || tensor.on_chip || item.last_read < 0 ||
        static_cast<model::TensorId>(id) == sequence_.graph().logits) {
      continue;
    }
    item.tensor = static_cast<model::TensorId>(id);
    item.cols = tensor.cols;
    item.room = resident_room(tensor, machine_.scratchpad);
    item.size = tensor.size_bytes();
    items_.push_back(item);
  }
}

/// Columns of a tensor that two operators and more read, all rows of it.
void Stretches::find_windows() {
  std::map<std::pair<model::TensorId, std::int64_t>, Item> windows;
  std::map<std::pair<model::TensorId, std::int64_t>, int> times;
  for (int op = 0; op < sequence_.size(); ++op) {
    const auto& views = catalogue_.views(op);
    for (std::size_t i = 0; i + 1 < views.size(); ++i) {
      const model::View& view = views[i];
      const model::Tensor& tensor = sequence_.tensor(view);
      if (tensor.role != model::Role::kActivation || tensor.on_chip || view.cols == tensor.cols ||
          view.rows != tensor.rows) {
        continue;
      }
      Item& item = windows[{view.tensor, view.col}];
      if (item.tensor < 0) {
        item.tensor = view.tensor;
        item.col = view.col;
        item.cols = view.cols;
        item.window = true;
        item.first = op;
        item.room = Room(tensor.rows * resident_pitch(tensor, view.cols, machine_.scratchpad),
                         partition_of(machine_.scratchpad, tensor.kind()));
        item.size = tensor.rows * view.cols * tensor.element_bytes;
      }
      item.last_read = op;
      ++times[{view.tensor, view.col}];
    }
  }
  for (const auto& [key, item] : windows) {
    if (times[key] > 1 && item.last_read > item.first) {
      items_.push_back(item);
    }
  }
}

void Stretches::find_alive() {
  alive_.assign(static_cast<std::size_t>(sequence_.size()) + 1, {});
  for (std::size_t i = 0; i < items_.size(); ++i) {
    for (int op = items_[i].first + 1; op <= items_[i].last_read; ++op) {
      alive_[static_cast<std::size_t>(op)].push_back(static_cast<int>(i));
    }
  }
}

Stretch Stretches::describe(const Chain& chain) const {
  Stretch stretch;
  stretch.chain = chain;
  for (int op = chain.first; op <= chain.last(); ++op) {
    const Room& room = pinned_[static_cast<std::size_t>(op)];
    for (std::size_t i = 0; i < room.bytes.size(); ++i) {
      stretch.pinned.bytes[i] = std::max(stretch.pinned.bytes[i], room.bytes[i]);
    }
  }
  // What stages hand on within the chain lies in rings.
  std::vector<bool> ring(sequence_.graph().tensors.size(), false);
  for (int op = chain.first; op <= chain.last(); ++op) {
    if ((op - chain.first) % chain.stages != chain.stages - 1) {
      ring[static_cast<std::size_t>(catalogue_.views(op).back().tensor)] = true;
    }
  }
  const auto& before = alive_[static_cast<std::size_t>(chain.first)];
  const auto& behind = alive_[static_cast<std::size_t>(chain.last()) + 1];
  const auto position = [](const std::vector<int>& list, int item) {
    const auto at = std::ranges::find(list, item);
    return at == list.end() ? -1 : static_cast<int>(at - list.begin());
  };
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    if (item.first > chain.last() || item.last_read < chain.first ||
        ring[static_cast<std::size_t>(item.tensor)]) {
      continue;
    }
    Stretch::Use use;
    use.item = static_cast<int>(i);
    use.before = position(before, use.item);
    use.behind = position(behind, use.item);
    for (int op = chain.first; op <= chain.last(); ++op) {
      const auto& views = catalogue_.views(op);
      for (std::size_t v = 0; v + 1 < views.size(); ++v) {
        use.read |= covers(item, views[v]);
      }
      if (!item.window && views.back().tensor == item.tensor) {
        use.written_bytes +=
            views.back().rows * views.back().cols * sequence_.tensor(views.back()).element_bytes;
      }
    }
    stretch.uses.push_back(use);
  }
  note_views(stretch, ring);
  return stretch;
}

void Stretches::note_views(Stretch& stretch, const std::vector<bool>& ring) const {
  const Chain& chain = stretch.chain;
  for (int copy = 0; copy < chain.copies; ++copy) {
    std::uint64_t bit = 1;
    for (int stage = 0; stage < chain.stages; ++stage) {
      for (const model::View& view : catalogue_.views(chain.first + copy * chain.stages + stage)) {
        if (sequence_.tensor(view).on_chip || ring[static_cast<std::size_t>(view.tensor)]) {
          stretch.always |= bit;
        }
        for (Stretch::Use& use : stretch.uses) {
          // The copies of a chain read different windows; tensors may be the same.
          const Item& of_use = item(use.item);
          const bool helps = !of_use.window || chain.copies == 1;
          use.views |= helps && covers(of_use, view) ? bit : 0;
        }
        bit <<= 1U;
      }
    }
  }
}

}  // namespace vitsim::mapping
