// SPDX-License-Identifier: Apache-2.0
#include "locate_value.h"

#include <algorithm>
#include <vector>

#include "vitsim/core/matrix.h"
#include "vitsim/hw/command_observer.h"
#include "vitsim/model/encoding.h"
#include "vitsim/model/integer_network.h"
#include "vitsim/trace/tile_hash.h"

namespace vitsim::sim {
namespace {

/// Keeps the values that are written into a tile, and ends the run when its command is done.
class TileValues : public hw::WriteObserver, public hw::CommandObserver {
 public:
  TileValues(const trace::Tile& tile, TracedRun& run)
      : tile_(tile), run_(run), values_(static_cast<std::int64_t>(tile.rows.size()), tile.cols) {}

  void on_write(Cycles /*cycle*/, const std::string& /*unit*/,
                const hw::MemoryRequest& request) override {
    if (request.tensor != tile_.tensor) {
      return;
    }
    const int width = run_.graph().tensors[static_cast<std::size_t>(request.tensor)].element_bytes;
    std::vector<std::int16_t> written(request.data.size() / static_cast<std::size_t>(width));
    model::decode(request.data, width, written);
    std::int64_t row = request.row - tile_.row;
    std::int64_t col = request.col / width - tile_.col;
    for (const std::int16_t value : written) {
      if (row >= 0 && row < values_.rows() && col >= 0 && col < values_.cols()) {
        values_(row, col) = value;
      }
      ++(request.strided() ? row : col);
    }
  }
  void on_released(Cycles /*cycle*/, std::size_t /*command*/) override {}
  void on_done(Cycles /*cycle*/, std::size_t command, stats::Activity* /*activity*/) override {
    if (static_cast<std::int64_t>(command) == tile_.command) {
      run_.machine().stop();
    }
  }

  [[nodiscard]] const IntMatrix& values() const { return values_; }

 private:
  const trace::Tile& tile_;
  TracedRun& run_;
  IntMatrix values_;
};

IntMatrix values_in_run(TracedRun& run, const trace::Tile& tile) {
  TileValues values(tile, run);
  run.machine().set_observer(&values);
  run.machine().set_command_observer(&values);
  run.machine().simulate(run.input());
  run.machine().set_observer(nullptr);
  run.machine().set_command_observer(nullptr);
  return values.values();
}

IntMatrix values_in_network(const TracedRun& run, const config::Precision& precision,
                            const trace::Tile& tile) {
  const auto network = model::run_integer_network(run.graph(), precision, run.input());
  const IntMatrix& tensor = network.tensors[static_cast<std::size_t>(tile.tensor)];
  IntMatrix values(static_cast<std::int64_t>(tile.rows.size()), tile.cols);
  for (std::int64_t row = 0; row < values.rows(); ++row) {
    for (std::int64_t col = 0; col < values.cols(); ++col) {
      values(row, col) = tensor(tile.row + row, tile.col + col);
    }
  }
  return values;
}

trace::TileHash hash_of(const IntMatrix& values) {
  trace::TileHash hash(values.rows());
  for (std::int64_t row = 0; row < values.rows(); ++row) {
    hash.add(row, 0, values.row(row));
  }
  return hash;
}

}  // namespace

ValueDifference locate_value(TracedRun& run, const config::Precision& precision,
                             const trace::Tile& golden) {
  const IntMatrix got = values_in_run(run, golden);
  const IntMatrix network = values_in_network(run, precision, golden);
  ValueDifference difference;
  difference.run_is_as_network = got == network;
  std::int64_t row = 0;
  std::int64_t col = 0;
  if (hash_of(network).value() == golden.hash) {
    while (got(row, col) == network(row, col)) {
      col = col + 1 < got.cols() ? col + 1 : 0;
      row += col == 0 ? 1 : 0;
    }
    difference.expected = network(row, col);
  } else {
    // Eight bits of each row are known, and that some row differs; where no bits do, it is any.
    const std::vector<std::uint8_t> rows = hash_of(got).rows();
    row = std::ranges::mismatch(rows, golden.rows).in1 - rows.begin();
    row = row < got.rows() ? row : 0;
  }
  difference.row = golden.row + row;
  difference.col = golden.col + col;
  difference.got = got(row, col);
  return difference;
}

}  // namespace vitsim::sim
