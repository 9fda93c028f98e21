// SPDX-License-Identifier: Apache-2.0
#include "catalogue.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "vitsim/mapping/tiling.h"

namespace vitsim::mapping {
namespace {

/// What an operator reads, then what it writes.
std::vector<model::View> views_of(const model::Op& op) {
  std::vector<model::View> views = inputs_of(op);
  views.push_back(op.out);
  return views;
}

/// What decides on an operator's steps, as numbers.
std::vector<std::int64_t> shape_of(const Sequence& sequence, int at) {
  const model::Op& op = sequence.op(at);
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(op.work.index())};
  if (const model::Matmul* product = product_of(op)) {
    shape.insert(shape.end(), {static_cast<std::int64_t>(product->lhs_transposed),
                               static_cast<std::int64_t>(product->rhs_transposed),
                               static_cast<std::int64_t>(product->params.has_value()),
                               static_cast<std::int64_t>(product->residual.has_value())});
  }
  if (const auto* sum = std::get_if<model::TokenSum>(&op.work)) {
    shape.push_back(static_cast<std::int64_t>(sum->by_feature));
  }
  if (const auto* center = std::get_if<model::Center>(&op.work)) {
    shape.push_back(static_cast<std::int64_t>(center->by_feature));
  }
  for (const model::View& view : views_of(op)) {
    shape.insert(shape.end(), {view.rows, view.cols, sequence.tensor(view).element_bytes});
  }
  return shape;
}

/// Steps no dearer in anything than others leave these out.
std::vector<Choice> worth_a_look(const std::vector<Choice>& all) {
  std::vector<const Choice*> by_room;
  by_room.reserve(all.size());
  for (const Choice& choice : all) {
    by_room.push_back(&choice);
  }
  std::ranges::stable_sort(by_room, {},
                           [](const Choice* choice) { return choice->price.room.total(); });
  std::vector<const Choice*> kept;
  for (const Choice* choice : by_room) {
    const Price& price = choice->price;
    const bool beaten = std::ranges::any_of(kept, [&](const Choice* other) {
      return other->price.cycles <= price.cycles && other->price.traffic <= price.traffic &&
             other->price.compute <= price.compute && other->price.room.fits(price.room);
    });
    if (!beaten) {
      kept.push_back(choice);
    }
  }
  std::vector<Choice> result;
  result.reserve(kept.size());
  for (const Choice* choice : kept) {
    result.push_back(*choice);
  }
  return result;
}

/// Row tiles that a chain is cut into, at the most.
constexpr std::int64_t kMostTiles = 16;

/// Those that are best for some aim in some number of bytes: powers of two, which no scratchpad
/// decides on. `all` comes by its bytes.
std::vector<Choice> best_of(const std::vector<Choice>& all, const Pricing& pricing) {
  std::vector<bool> taken(all.size());
  for (const Aim aim : {Aim::kCycles, Aim::kTraffic, Aim::kWork}) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t best = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double cost = cost_of(all[i].price, aim, pricing);
      if (cost < least) {
        least = cost;
        best = i;
      }
      const auto bytes = [&](std::size_t at) {
        return std::bit_width(static_cast<std::uint64_t>(all[at].price.room.total()));
      };
      if (i + 1 == all.size() || bytes(i + 1) > bytes(i)) {
        taken[best] = true;
      }
    }
  }
  std::vector<Choice> best;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (taken[i]) {
      best.push_back(all[i]);
    }
  }
  return best;
}

/// Combines the choices of a chain's stages for one height of row tiles.
class ChainSteps {
 public:
  ChainSteps(const Sequence& sequence, const config::Accelerator& machine, const Chain& chain,
             std::int64_t rows, bool skewed, const Pricing& pricing)
      : sequence_(sequence), chain_(chain), pricing_(pricing) {
    step_.rows = rows;
    step_.skewed = skewed;
    for (int stage = 0; stage + 1 < chain.stages; ++stage) {
      const model::Tensor& out = sequence.tensor(op(stage).out);
      const int slots = skewed ? last_reader(sequence, chain, stage) - stage + 1 : 1;
      step_.ring_slots.push_back(slots);
      rings_ += Room(slots * rows * resident_pitch(out, out.cols, machine.scratchpad),
                     partition_of(machine.scratchpad, out.kind()));
    }
  }

  void combine(const std::vector<const std::vector<Choice>*>& of_stage, std::vector<Step>& steps) {
    chosen_.clear();
    add_stage(of_stage, steps);
  }

 private:
  [[nodiscard]] const model::Op& op(int stage) const { return sequence_.op(chain_.first + stage); }

  void add_stage(const std::vector<const std::vector<Choice>*>& of_stage,
                 std::vector<Step>& steps) {
    if (chosen_.size() == of_stage.size()) {
      finish(steps);
      return;
    }
    for (const Choice& choice : *of_stage[chosen_.size()]) {
      chosen_.push_back(&choice);
      add_stage(of_stage, steps);
      chosen_.pop_back();
    }
  }

  void finish(std::vector<Step>& steps) {
    Step step = step_;
    step.price.room = rings_;
    std::vector<Cycles> units(std::variant_size_v<decltype(model::Op::work)>);
    Cycles one_by_one = 0;
    const std::int64_t tiles = ceil_div(op(0).out.rows, step.rows);
    for (std::size_t stage = 0; stage < chosen_.size(); ++stage) {
      const Price& price = chosen_[stage]->price;
      step.tilings.push_back(chosen_[stage]->tiling);
      step.price.room += price.room;
      step.price.traffic += chain_.copies * price.traffic;
      step.price.compute += chain_.copies * price.compute;
      units[op(static_cast<int>(stage)).work.index()] += chain_.copies * price.compute;
      one_by_one += price.cycles;
    }
    if (step.skewed) {
      // The busiest unit sets the pace; a first tile passes the others before and behind it.
      step.price.cycles =
          std::max(*std::ranges::max_element(units), pricing_.dram_cycles(step.price.traffic)) +
          one_by_one / tiles;
    } else {
      step.price.cycles = chain_.copies * one_by_one;
    }
    steps.push_back(std::move(step));
  }

  const Sequence& sequence_;
  const Chain& chain_;
  const Pricing& pricing_;
  Step step_;
  Room rings_;
  std::vector<const Choice*> chosen_;
};

}  // namespace

double cost_of(const Price& price, Aim aim, const Pricing& pricing) {
  switch (aim) {
    case Aim::kCycles:
      return static_cast<double>(price.cycles);
    case Aim::kTraffic:
      // Cycles decide between equals.
      return static_cast<double>(price.traffic) + 1e-6 * static_cast<double>(price.cycles);
    case Aim::kWork:
      break;
  }
  return static_cast<double>(price.compute) +
         static_cast<double>(price.traffic) / pricing.bytes_per_cycle() +
         1e-3 * static_cast<double>(price.cycles);
}

Steps::Steps(std::vector<Step> steps, const config::Scratchpad& scratchpad, const Pricing& pricing)
    : partitions_(scratchpad.partitions.has_value()),
      pricing_(pricing),
      steps_(std::move(steps)),
      best_(kAims) {
  std::ranges::stable_sort(steps_, {}, [](const Step& step) { return step.price.room.total(); });
  for (int aim = 0; aim < kAims; ++aim) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t best = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const double cost = cost_of(steps_[i].price, static_cast<Aim>(aim), pricing_);
      if (cost < least) {
        least = cost;
        best = i;
      }
      best_[static_cast<std::size_t>(aim)].push_back(best);
    }
  }
}

const Step* Steps::best(Aim aim, const Room& available) const {
  if (partitions_) {
    return best_by_partition(aim, available);
  }
  const auto end = std::ranges::upper_bound(
      steps_, available.total(), {}, [](const Step& step) { return step.price.room.total(); });
  if (end == steps_.begin()) {
    return nullptr;
  }
  const auto last = static_cast<std::size_t>(end - steps_.begin()) - 1;
  return &steps_[best_[static_cast<std::size_t>(aim)][last]];
}

const Step* Steps::best_by_partition(Aim aim, const Room& available) const {
  const Step* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const Step& step : steps_) {
    const double cost = cost_of(step.price, aim, pricing_);
    if (cost < least && step.price.room.fits(available)) {
      least = cost;
      best = &step;
    }
  }
  return best;
}

std::vector<std::uint64_t> shape_classes(const Sequence& sequence) {
  std::map<std::vector<std::int64_t>, std::uint64_t> numbers;
  std::vector<std::uint64_t> classes;
  for (int at = 0; at < sequence.size(); ++at) {
    const std::vector<std::int64_t> shape = shape_of(sequence, at);
    classes.push_back(numbers.try_emplace(shape, numbers.size()).first->second);
  }
  return classes;
}

Catalogue::Catalogue(const Sequence& sequence, const config::Accelerator& machine, Pace pace,
                     double bytes_per_cycle)
    : sequence_(sequence),
      machine_(machine),
      class_of_op_(shape_classes(sequence)),
      pricing_(machine, pace, bytes_per_cycle) {
  for (int at = 0; at < sequence.size(); ++at) {
    views_.push_back(views_of(sequence.op(at)));
  }
}

Needs Catalogue::needs(int op, std::uint64_t resident) const {
  const auto& mine = views(op);
  return needs_of(sequence_.op(op), sequence_.graph(), machine_, [&](const model::View& view) {
    for (std::size_t i = 0; i < mine.size(); ++i) {
      const model::View& one = mine[i];
      if (one.tensor == view.tensor && one.row == view.row && one.col == view.col &&
          one.cols == view.cols) {
        return (resident >> i & 1U) != 0;
      }
    }
    return false;
  });
}

const Steps& Catalogue::of_op(int op, std::uint64_t resident) {
  const Key key{class_of_op_[static_cast<std::size_t>(op)], resident};
  const auto known = known_.find(key);
  if (known != known_.end()) {
    return known->second;
  }
  const Needs wanted = needs(op, resident);
  std::vector<Step> steps;
  for (const Choice& choice :
       worth_a_look(choices(sequence_.op(op), wanted, machine_, rows_of(wanted), pricing_))) {
    steps.push_back({.tilings = {choice.tiling}, .ring_slots = {}, .price = choice.price});
  }
  return known_.emplace(key, Steps(std::move(steps), machine_.scratchpad, pricing_)).first->second;
}

const Steps& Catalogue::of_chain(const Chain& chain, std::uint64_t resident) {
  Key key{~std::uint64_t{0}, static_cast<std::uint64_t>(chain.copies), resident};
  for (int stage = 0; stage < chain.stages; ++stage) {
    const int op = chain.first + stage;
    key.push_back(class_of_op_[static_cast<std::size_t>(op)]);
  }
  const auto known = known_.find(key);
  if (known != known_.end()) {
    return known->second;
  }
  return known_.emplace(key, Steps(chain_steps(chain, resident), machine_.scratchpad, pricing_))
      .first->second;
}

const std::vector<Choice>& Catalogue::stage_choices(int op, std::uint64_t resident,
                                                    std::int64_t rows) {
  resident &= (std::uint64_t{1} << views(op).size()) - 1;
  const Key key{class_of_op_[static_cast<std::size_t>(op)], resident,
                static_cast<std::uint64_t>(rows)};
  const auto known = of_stage_.find(key);
  if (known != of_stage_.end()) {
    return known->second;
  }
  return of_stage_
      .emplace(key, best_of(worth_a_look(choices(sequence_.op(op), needs(op, resident), machine_,
                                                 rows, pricing_)),
                            pricing_))
      .first->second;
}

std::vector<Step> Catalogue::chain_steps(const Chain& chain, std::uint64_t resident) {
  const std::int64_t all_rows = sequence_.op(chain.first).out.rows;
  std::vector<Step> steps;
  for (const std::int64_t rows : equal_parts(all_rows, all_rows)) {
    if (ceil_div(all_rows, rows) > kMostTiles) {
      break;
    }
    std::vector<const std::vector<Choice>*> of_stage;
    std::uint64_t bits = resident;
    for (int stage = 0; stage < chain.stages; ++stage) {
      const int op = chain.first + stage;
      of_stage.push_back(&stage_choices(op, bits, rows));
      bits >>= views(op).size();
    }
    for (const bool skewed : {false, true}) {
      ChainSteps(sequence_, machine_, chain, rows, skewed, pricing_).combine(of_stage, steps);
    }
  }
  return steps;
}

}  // namespace vitsim::mapping
