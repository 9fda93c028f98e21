// SPDX-License-Identifier: Apache-2.0
#include "planner.h"

#include <algorithm>

#include "vitsim/mapping/residency.h"

namespace vitsim::mapping {
namespace {

/// States that are kept before an operator.
constexpr std::size_t kMostNodes = 512;

constexpr std::uint64_t put(Where where, std::size_t position) {
  return static_cast<std::uint64_t>(where) << (2 * position);
}
constexpr Where where_of(std::uint64_t state, int position) {
  return static_cast<Where>(state >> (2 * position) & 3U);
}

}  // namespace

Planner::Planner(const Sequence& sequence, const config::Accelerator& machine, Pace pace,
                 double bytes_per_cycle)
    : sequence_(sequence),
      catalogue_(sequence, machine, pace, bytes_per_cycle),
      stretches_(sequence, machine, catalogue_) {}

std::optional<Plan> Planner::plan(const Room& room, Aim aim) {
  room_ = room;
  aim_ = aim;
  const auto ops = static_cast<std::size_t>(sequence_.size());
  nodes_.assign(ops + 1, {});
  index_.assign(ops + 1, {});
  nodes_.front().emplace_back();
  for (std::size_t op = 0; op < ops; ++op) {
    keep_the_cheapest(static_cast<int>(op));
    for (std::size_t node = 0; node < nodes_[op].size(); ++node) {
      for (const Stretch& stretch : stretches_.from(static_cast<int>(op))) {
        begin(node, stretch);
      }
    }
  }
  if (nodes_.back().empty()) {
    return std::nullopt;
  }
  // Behind the last operator nothing is alive: there is one node.
  return Plan{trace(0), nodes_.back().front().traffic};
}

void Planner::keep_the_cheapest(int boundary) {
  auto& nodes = nodes_[static_cast<std::size_t>(boundary)];
  if (nodes.size() > kMostNodes) {
    std::ranges::nth_element(nodes, nodes.begin() + kMostNodes, {}, &Node::cost);
    nodes.resize(kMostNodes);
  }
}

void Planner::begin(std::size_t before, const Stretch& stretch) {
  decide({&stretch, before, 0, {}, stretch.pinned}, 0);
}

/// Where the stretch's items are meanwhile, from the one at `position` on.
void Planner::decide(const Draft& draft, std::size_t position) {
  if (!draft.used.fits(room_)) {
    return;
  }
  const Stretch& stretch = *draft.stretch;
  if (position == stretch.uses.size()) {
    finish(draft);
    return;
  }
  const Stretch::Use& use = stretch.uses[position];
  const Item& item = stretches_.item(use.item);
  const auto go = [&](Where where, Bytes loaded) {
    Draft next = draft;
    next.during |= put(where, position);
    next.used += where == Where::kDram ? Room() : item.room;
    next.paid.traffic += loaded + (where == Where::kBoth ? use.written_bytes : 0);
    next.paid.cycles += catalogue_.pricing().dram_cycles(loaded);
    decide(next, position + 1);
  };
  const bool needed_later = item.last_read > stretch.chain.last();
  if (use.before < 0 && !item.window) {
    go(Where::kDram, 0);
    go(Where::kScratchpad, 0);
    if (needed_later) {
      go(Where::kBoth, 0);
    }
    return;
  }
  const State state = nodes_[static_cast<std::size_t>(stretch.chain.first)][draft.before].state;
  const Where now = use.before < 0 ? Where::kDram : where_of(state, use.before);
  go(now, 0);
  if (now == Where::kDram && use.read && needed_later) {
    go(Where::kBoth, item.size);
  }
}

void Planner::finish(const Draft& draft) {
  const Stretch& stretch = *draft.stretch;
  std::uint64_t resident = stretch.always;
  std::uint64_t elsewhere = 0;
  for (std::size_t i = 0; i < stretch.uses.size(); ++i) {
    const bool on_chip = where_of(draft.during, static_cast<int>(i)) != Where::kDram;
    (on_chip ? resident : elsewhere) |= stretch.uses[i].views;
  }
  // All copies of a chain are cut alike, so their operands must lie alike.
  if (stretch.chain.copies > 1 && (resident & elsewhere) != 0) {
    return;
  }
  const Steps& steps = stretch.chain.stages == 1 ? catalogue_.of_op(stretch.chain.first, resident)
                                                 : catalogue_.of_chain(stretch.chain, resident);
  const Step* step = steps.best(aim_, room_ - draft.used);
  if (step == nullptr) {
    return;
  }
  Price price = step->price;
  price.traffic += draft.paid.traffic;
  price.cycles =
      std::max(price.cycles, catalogue_.pricing().dram_cycles(price.traffic)) + draft.paid.cycles;
  const Node& before = nodes_[static_cast<std::size_t>(stretch.chain.first)][draft.before];
  Node node;
  node.cost = before.cost + cost_of(price, aim_, catalogue_.pricing());
  node.traffic = before.traffic + price.traffic;
  node.stretch = &stretch;
  node.during = draft.during;
  node.step = step;
  node.before = draft.before;
  arrive(node, 0);
}

/// What is kept behind the stretch, of the items from `position` on; then the node is known.
void Planner::arrive(const Node& node, std::size_t position) {
  const Stretch& stretch = *node.stretch;
  if (position < stretch.uses.size()) {
    const Stretch::Use& use = stretch.uses[position];
    if (use.behind < 0) {
      arrive(node, position + 1);
      return;
    }
    const Where during = where_of(node.during, static_cast<int>(position));
    Node next = node;
    next.state |= put(during, static_cast<std::size_t>(use.behind));
    arrive(next, position + 1);
    if (during == Where::kBoth && stretches_.item(use.item).last_write <= stretch.chain.last()) {
      arrive(node, position + 1);  // given up: it is in DRAM
    }
    return;
  }
  const auto end = static_cast<std::size_t>(stretch.chain.last()) + 1;
  const auto [known, added] = index_[end].try_emplace(node.state, nodes_[end].size());
  if (added) {
    nodes_[end].push_back(node);
  } else if (node.cost < nodes_[end][known->second].cost) {
    nodes_[end][known->second] = node;
  }
}

Mapping Planner::trace(std::size_t node) const {
  std::vector<const Node*> way;
  for (auto op = static_cast<std::size_t>(sequence_.size()); op > 0;) {
    way.push_back(&nodes_[op][node]);
    op = static_cast<std::size_t>(way.back()->stretch->chain.first);
    node = way.back()->before;
  }
  std::ranges::reverse(way);

  Mapping mapping;
  mapping.ops.resize(static_cast<std::size_t>(sequence_.size()));
  const auto lives = lifetimes(sequence_);
  for (std::size_t id = 0; id < sequence_.graph().tensors.size(); ++id) {
    if (sequence_.graph().tensors[id].on_chip && lives[id].first >= 0) {
      mapping.stays.push_back({static_cast<model::TensorId>(id), 0,
                               sequence_.graph().tensors[id].cols, lives[id].first,
                               lives[id].last});
    }
  }
  std::unordered_map<int, std::size_t> open;  // stays that the stretch before had, by item
  for (const Node* at : way) {
    const Stretch& stretch = *at->stretch;
    const Chain& chain = stretch.chain;
    for (int op = chain.first; op <= chain.last(); ++op) {
      mapping.ops[static_cast<std::size_t>(op)].tiling =
          at->step->tilings[static_cast<std::size_t>((op - chain.first) % chain.stages)];
    }
    if (chain.stages > 1) {
      Group group{chain.first, chain.last(), chain.stages, at->step->rows, at->step->skewed, {}};
      for (std::size_t stage = 0; stage < at->step->ring_slots.size(); ++stage) {
        group.rings.push_back({static_cast<int>(stage), at->step->ring_slots[stage]});
      }
      mapping.groups.push_back(std::move(group));
    }
    std::unordered_map<int, std::size_t> going_on;
    for (std::size_t i = 0; i < stretch.uses.size(); ++i) {
      if (where_of(at->during, static_cast<int>(i)) == Where::kDram) {
        continue;
      }
      const Item& item = stretches_.item(stretch.uses[i].item);
      const int last = std::min(item.last_read, chain.last());
      const auto before = open.find(stretch.uses[i].item);
      if (before != open.end()) {
        mapping.stays[before->second].last = last;
        going_on.insert(*before);
      } else {
        const bool written = !item.window && stretch.uses[i].before < 0;
        going_on[stretch.uses[i].item] = mapping.stays.size();
        mapping.stays.push_back(
            {item.tensor, item.col, item.cols, written ? item.first : chain.first, last});
      }
    }
    open = std::move(going_on);
  }
  return mapping;
}

}  // namespace vitsim::mapping
