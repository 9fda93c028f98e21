// SPDX-License-Identifier: Apache-2.0
#include "vitsim/timing/taylor.h"

#include <algorithm>
#include <array>
#include <vector>

#include "vitsim/timing/array.h"
#include "vitsim/timing/units.h"

#include "array_clock.h"
#include "row_unit_clock.h"

namespace vitsim::timing {
namespace {

/// A token is seen in the cycle after it was set.
constexpr Cycles kSeen = 1;

/// Rows of a tile as the mapper cuts them: equal parts that fit `limit`.
std::int64_t tile_rows(std::int64_t rows, std::int64_t limit) {
  return ceil_div(rows, ceil_div(rows, std::min(rows, limit)));
}

enum UnitIndex : std::size_t { kArray, kAccumulator, kDivider, kAdder, kDiag, kUnits };

/// The commands of a unit are released in order, one a cycle.
class Releases {
 public:
  /// The cycle in which a command of `unit` goes out that waits for a token set in `token`.
  Cycles operator()(UnitIndex unit, Cycles token) {
    last_[unit] = std::max(last_[unit] + 1, token + kSeen);
    return last_[unit];
  }

 private:
  std::array<Cycles, kUnits> last_{-1, -1, -1, -1, -1};
};

/// One head's tokens: when each was set.
struct Head {
  Cycles k_sum = kNever;
  Cycles k_mean = kNever;
  std::vector<Cycles> k_hat;  ///< of each fold of tokens
  Cycles v_sum = kNever;
  Cycles k_hat_sum = kNever;
  Cycles g = kNever;
};

class Schedule {
 public:
  Schedule(const model::AttentionShape& shape, const config::Accelerator& machine)
      : shape_(shape),
        machine_(machine),
        pipeline_(*machine.taylor_pipeline),
        deferred_(pipeline_.centering == config::Centering::kDeferred),
        constant_(pipeline_.denominator == config::Denominator::kConstant),
        accumulator_(accumulator_array(pipeline_), machine.scratchpad.read_latency_cycles),
        divider_(divider_array(pipeline_), machine.scratchpad.read_latency_cycles),
        adder_(adder_array(pipeline_), machine.scratchpad.read_latency_cycles),
        array_(machine),
        heads_(static_cast<std::size_t>(shape.heads)) {}

  Cycles run() {
    if (pipeline_.overlap == config::Overlap::kAcrossHeads) {
      for (int head = -2; head < shape_.heads; ++head) {
        if (head + 2 < shape_.heads) {
          center(head + 2);
        }
        if (head >= -1 && head + 1 < shape_.heads) {
          multiply_keys(head + 1);
          sum_up(head + 1);
        }
        if (head >= 0) {
          context(head);
        }
      }
    } else {
      for (int head = 0; head < shape_.heads; ++head) {
        fence_ = last_token_;
        center(head);
        step();
        multiply_keys(head);
        step();
        sum_up(head);
        step();
        context(head);
      }
    }
    return last_token_ + kSeen;
  }

 private:
  Head& at(int head) { return heads_[static_cast<std::size_t>(head)]; }
  void step() {
    if (pipeline_.overlap == config::Overlap::kNone) {
      fence_ = last_token_;
    }
  }
  Cycles release(UnitIndex unit, Cycles token) { return releases_(unit, std::max(token, fence_)); }
  Cycles noted(Cycles token) {
    last_token_ = std::max(last_token_, token);
    return token;
  }
  [[nodiscard]] std::int64_t folds() const {
    return ceil_div<std::int64_t>(shape_.tokens, machine_.pe_array.rows);
  }
  [[nodiscard]] std::int64_t tokens_of(std::int64_t fold) const {
    return std::min<std::int64_t>(machine_.pe_array.rows,
                                  shape_.tokens - fold * machine_.pe_array.rows);
  }

  Cycles token_sum(Cycles token) {
    return noted(accumulator_.sum(release(kAccumulator, token), shape_.tokens, shape_.head_dim));
  }

  void center(int head) {
    Head& now = at(head);
    now.k_sum = token_sum(kNever);
    step();
    now.k_mean = noted(divider_.rows(release(kDivider, now.k_sum), 1, shape_.head_dim, 0));
    if (deferred_) {
      now.v_sum = token_sum(kNever);
      return;
    }
    step();
    for (std::int64_t fold = 0; fold < folds(); ++fold) {
      now.k_hat.push_back(
          noted(adder_.rows(release(kAdder, now.k_mean), tokens_of(fold), shape_.head_dim, 1)));
    }
  }

  void multiply_keys(int head) {
    Head& now = at(head);
    const std::int64_t last = folds() - 1;
    for (std::int64_t fold = 0; fold < last; ++fold) {
      noted(array_.turned_fold(release_fold(now, fold), shape_.head_dim, tokens_of(fold), {}));
    }
    const Cycles released = release_fold(now, last);
    if (!deferred_) {
      // The post-processor takes a row in the cycle after the accumulator buffer passed it on.
      const Cycles out = noted(
          array_.turned_fold(released, shape_.head_dim, tokens_of(last), {.post_processor = true}));
      now.g = noted(out + 1 + machine_.post_processor.latency_cycles + kWriteToToken);
      return;
    }
    adder_.begin_sums(release(kAdder, std::max(now.k_mean, now.v_sum)), shape_.head_dim, 2);
    noted(array_.turned_fold(released, shape_.head_dim, tokens_of(last),
                             {.room = [&] { return room_in(products_taken_); },
                              .row =
                                  [&](Cycles row) {
                                    push(products_taken_, adder_.take_row(row), kSlots);
                                    adder_.leave();
                                    return products_taken_.back();
                                  }}));
    now.g = noted(adder_.end_sums_to_memory());
  }

  Cycles release_product(Cycles token) {
    return release(kArray, std::max(token, array_.queue_room() - kSeen));
  }

  Cycles release_fold(const Head& head, std::int64_t fold) {
    return release_product(deferred_ ? kNever : head.k_hat[static_cast<std::size_t>(fold)]);
  }

  /// When a stream has room whose reader took the last rows at these times.
  static Cycles room_in(const Times& taken) {
    return taken.size() < kSlots ? kNever : taken.front() + 1;
  }

  void sum_up(int head) {
    Head& now = at(head);
    if (!deferred_) {
      now.v_sum = token_sum(kNever);
    }
    if (constant_) {
      return;
    }
    now.k_hat_sum = deferred_ ? noted(adder_.rows(release(kAdder, std::max(now.k_sum, now.k_mean)),
                                                  1, shape_.head_dim, 0, 2))
                              : token_sum(now.k_hat.back());
  }

  void context(int head) {
    Head& now = at(head);
    const std::int64_t tile = tile_rows(shape_.tokens, machine_.accumulator_buffer.rows);
    for (std::int64_t first = 0; first < shape_.tokens; first += tile) {
      const std::int64_t rows = std::min(tile, shape_.tokens - first);
      context_tile(now, rows);
    }
  }

  void context_tile(Head& now, std::int64_t rows) {
    const Cycles products = release_product(now.g);
    const Cycles diag = constant_ ? kNever : release(kDiag, now.k_hat_sum);
    adder_.begin_sums(release(kAdder, now.v_sum), shape_.head_dim, 1);
    divider_.begin_sums(release(kDivider, kNever), shape_.head_dim, 0);
    noted(array_.context_tile(products, diag, rows, shape_.head_dim,
                              {[&] { return room_in(products_taken_); },
                               [&](Cycles come) {
                                 push(products_taken_, adder_.take_row(come), kSlots);
                                 const Cycles written = adder_.leave(room_in(numerators_taken_));
                                 push(numerators_taken_,
                                      divider_.take_row(written, array_.divisor()), kSlots);
                                 divider_.leave();
                                 return numerators_taken_.back();
                               }}));
    noted(adder_.end_sums_to_unit());
    noted(divider_.end_sums_to_memory());
  }

  const model::AttentionShape& shape_;
  const config::Accelerator& machine_;
  const config::TaylorPipeline& pipeline_;
  bool deferred_;
  bool constant_;
  Releases releases_;
  RowUnitClock accumulator_;
  RowUnitClock divider_;
  RowUnitClock adder_;
  ArrayClock array_;
  std::vector<Head> heads_;
  Times products_taken_;    ///< by the adder array, from its stream
  Times numerators_taken_;  ///< by the divider array
  Cycles fence_ = kNever;
  Cycles last_token_ = kNever;
};

bool described(const model::AttentionShape& shape, const config::Accelerator& machine) {
  if (!machine.taylor_pipeline || !may_have_sa_diag(machine.pe_array)) {
    return false;
  }
  const config::TaylorPipeline& pipeline = *machine.taylor_pipeline;
  const config::PeArray& array = machine.pe_array;
  const auto one_group = [&](const RowUnit& unit) {
    return unit.lanes >= shape.head_dim && unit.initiation_interval == 1;
  };
  const bool one_row_across_heads =
      array.rows == 1 && pipeline.overlap == config::Overlap::kAcrossHeads;
  return !one_row_across_heads && array.overlap_folds && array.weight_rows_per_cycle == 1 &&
         shape.head_dim <= std::min(array.rows, array.cols) &&
         shape.head_dim <=
             std::min(machine.post_processor.lanes, machine.accumulator_buffer.rows) &&
         machine.sequencer.queue_depth > 1 && one_group(adder_array(pipeline)) &&
         one_group(divider_array(pipeline)) &&
         accumulator_array(pipeline).lanes >= shape.head_dim &&
         pipeline.feature_reads == config::FeatureReads::kTransposeBuffer &&
         pipeline.k_hat_layout != config::KHatLayout::kFeatureMajor;
}

}  // namespace

Cycles taylor_array_beats(const model::AttentionShape& shape, const config::PeArray& array) {
  const auto folds = ceil_div<std::int64_t>(shape.tokens, array.rows);
  return shape.heads * (folds * shape.head_dim + shape.tokens);
}

std::optional<Cycles> taylor_attention_cycles(const model::AttentionShape& shape,
                                              const config::Accelerator& machine) {
  if (!described(shape, machine)) {
    return std::nullopt;
  }
  return Schedule(shape, machine).run();
}

}  // namespace vitsim::timing
