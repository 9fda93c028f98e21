// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/operand_walk.h"
#include "vitsim/mapping/program.h"
#include "vitsim/timing/earliest_products.h"

namespace vitsim::mapping {

/// The array's pipeline, command by command: walks operands as the fetchers do.
class ProductSchedule {
 public:
  explicit ProductSchedule(const config::Accelerator& machine);

  /// The next command, released in cycle `released` or when the queues have room: the cycle in
  /// which its token is set.
  Cycles product(Cycles released, const MatmulTile& tile);
  /// When it was released.
  [[nodiscard]] Cycles released() const { return released_; }
  /// Beats of operands that it streams.
  [[nodiscard]] std::int64_t beats() const { return beats_; }
  /// Tokens of its operands, its rows of sums, and who took them (timing::EarliestProducts).
  timing::EarliestProducts& clock() { return clock_; }
  /// Words of banks that all commands read and write.
  [[nodiscard]] std::int64_t words() const { return words_; }

 private:
  timing::FetchBlock fetch_block(const OperandBlock& shape, const Operand& operand, bool gathers);
  void stream_one(const MatmulTile& tile);
  void stream_both(const MatmulTile& tile);
  [[nodiscard]] bool gathers(const MatmulTile& tile) const;
  timing::SumFinish finish_of(const MatmulTile& tile);

  const config::Accelerator& machine_;
  timing::EarliestProducts clock_;
  Cycles released_ = 0;
  std::int64_t beats_ = 0;
  std::int64_t words_ = 0;
};

}  // namespace vitsim::mapping
