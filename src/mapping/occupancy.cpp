// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/occupancy.h"

#include <algorithm>
#include <utility>

namespace vitsim::mapping {
namespace {

/// A tile in the scratchpad, from its writing to its last reading so far.
struct Live {
  model::View tile;
  Bytes origin = 0;  ///< address that element (0, 0) of the tensor would have
  Bytes pitch = 0;
  Occupation occupation;
};

Bytes origin_of(const Operand& operand) {
  return operand.region.address - operand.tile.row * operand.region.pitch -
         operand.tile.col * operand.element_bytes;
}

/// Elements that both windows show.
std::int64_t overlap(const model::View& a, const model::View& b) {
  const auto common = [](std::int64_t first_a, std::int64_t count_a, std::int64_t first_b,
                         std::int64_t count_b) {
    return std::max<std::int64_t>(
        0, std::min(first_a + count_a, first_b + count_b) - std::max(first_a, first_b));
  };
  return common(a.row, a.rows, b.row, b.rows) * common(a.col, a.cols, b.col, b.cols);
}

/// Follows the program, in which every command reads what those before it have written.
class Follower {
 public:
  Follower(std::size_t tensors, const Schedule& schedule) : live_(tensors), schedule_(schedule) {}

  void host_writes(const Operand& operand) { begin(operand, {0, 0, 0}); }

  void run(const Command& command, Cycles released) {
    const Cycles done = set(command.done);
    if (const auto* transfer = std::get_if<Transfer>(&command.work)) {
      if (command.unit == Unit::kDmaLoad) {
        begin(transfer->scratchpad, {released, done, 0});
      } else {
        read(transfer->scratchpad, done);
      }
    } else if (const auto* product = std::get_if<MatmulTile>(&command.work)) {
      read(product->lhs, set(product->lhs_read));
      read(product->rhs, set(product->rhs_read));
      read(product->params, done);
      read(product->residual, done);
      write(product->out, {released, done, 0});
    } else if (const auto* rows = std::get_if<RowsTile>(&command.work)) {
      read(rows->in, done);
      read(rows->second, done);
      for (const Operand& table : rows->tables) {
        read(table, done);
      }
      write(rows->out, {released, done, 0});
    } else {
      read(std::get<DiagTile>(command.work).k_hat_sum, done);
    }
  }

  std::vector<Occupation> finish() && {
    for (const auto& tiles : live_) {
      for (const Live& tile : tiles) {
        over_.push_back(tile.occupation);
      }
    }
    return std::move(over_);
  }

 private:
  [[nodiscard]] Cycles set(Token token) const {
    return schedule_.set[static_cast<std::size_t>(token)];
  }
  void write(const std::optional<Operand>& operand, Occupation occupation) {
    if (operand) {
      begin(*operand, occupation);
    }
  }
  void read(const std::optional<Operand>& operand, Cycles end) {
    if (operand) {
      read(*operand, end);
    }
  }

  /// What lay there is read no more. Of this tensor it is put aside, which keeps the list short; of
  /// others it may stay, as none of their tiles can be taken for this one.
  void begin(const Operand& operand, Occupation occupation) {
    auto& tiles = live_[static_cast<std::size_t>(operand.tile.tensor)];
    const Bytes origin = origin_of(operand);
    std::erase_if(tiles, [&](const Live& tile) {
      const bool over = tile.origin == origin && tile.pitch == operand.region.pitch &&
                        overlap(tile.tile, operand.tile) > 0;
      if (over) {
        over_.push_back(tile.occupation);
      }
      return over;
    });
    occupation.bytes = operand.region.rows * operand.region.row_bytes;
    tiles.push_back({operand.tile, origin, operand.region.pitch, occupation});
  }

  void read(const Operand& operand, Cycles end) {
    auto& tiles = live_[static_cast<std::size_t>(operand.tile.tensor)];
    const Bytes origin = origin_of(operand);
    std::int64_t left = operand.tile.rows * operand.tile.cols;
    for (auto tile = tiles.rbegin(); tile != tiles.rend() && left > 0; ++tile) {
      if (tile->origin == origin && tile->pitch == operand.region.pitch) {
        const std::int64_t common = overlap(tile->tile, operand.tile);
        left -= common;
        if (common > 0) {
          tile->occupation.end = std::max(tile->occupation.end, end);
        }
      }
    }
  }

  std::vector<std::vector<Live>> live_;  ///< by tensor
  const Schedule& schedule_;
  std::vector<Occupation> over_;
};

}  // namespace

std::vector<Occupation> occupations(const model::Graph& graph, const Program& program,
                                    const Schedule& schedule) {
  Follower follower(graph.tensors.size(), schedule);
  const Placement& input = program.placements[static_cast<std::size_t>(graph.input)];
  if (input.resident) {
    const model::Tensor& tensor = graph.tensors[static_cast<std::size_t>(graph.input)];
    follower.host_writes(
        {input.scratchpad, {graph.input, 0, 0, tensor.rows, tensor.cols}, tensor.element_bytes});
  }
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    follower.run(program.commands[i], schedule.released[i]);
  }
  return std::move(follower).finish();
}

std::vector<double> mean_occupied(const std::vector<Occupation>& occupations, Cycles window,
                                  Cycles cycles) {
  // Byte-cycles of the windows in which an occupation begins or ends; of those between, how many
  // bytes come and go.
  const auto windows = static_cast<std::size_t>(ceil_div(cycles, window));
  std::vector<std::int64_t> area(windows + 1);
  std::vector<std::int64_t> change(windows + 2);
  for (const Occupation& occupation : occupations) {
    const auto first = static_cast<std::size_t>(occupation.begin / window);
    const auto last = static_cast<std::size_t>(occupation.end / window);
    if (first == last) {
      area[first] += occupation.bytes * (occupation.end - occupation.begin);
      continue;
    }
    area[first] +=
        occupation.bytes * ((static_cast<Cycles>(first) + 1) * window - occupation.begin);
    area[last] += occupation.bytes * (occupation.end - static_cast<Cycles>(last) * window);
    change[first + 1] += occupation.bytes;
    change[last] -= occupation.bytes;
  }
  std::vector<double> means(windows);
  Bytes whole = 0;
  for (std::size_t i = 0; i < windows; ++i) {
    whole += change[i];
    const Cycles length = std::min(window, cycles - static_cast<Cycles>(i) * window);
    means[i] =
        static_cast<double>(whole) + static_cast<double>(area[i]) / static_cast<double>(length);
  }
  return means;
}

Bytes most_occupied(const std::vector<Occupation>& occupations) {
  std::vector<std::pair<Cycles, Bytes>> changes;
  for (const Occupation& occupation : occupations) {
    changes.emplace_back(occupation.begin, occupation.bytes);
    changes.emplace_back(occupation.end, -occupation.bytes);
  }
  std::ranges::sort(changes);  // in a cycle, what goes before what comes
  Bytes now = 0;
  Bytes most = 0;
  for (const auto& [cycle, bytes] : changes) {
    now += bytes;
    most = std::max(most, now);
  }
  return most;
}

}  // namespace vitsim::mapping
