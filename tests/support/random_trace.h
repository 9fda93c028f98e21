// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "vitsim/core/random.h"
#include "vitsim/trace/event.h"

namespace vitsim::test {

/// Events of all kinds, by cycle.
inline std::vector<trace::Event> random_events(std::uint64_t seed, int count) {
  Random random(seed);
  std::vector<trace::Event> events;
  Cycles cycle = 0;
  for (int i = 0; i < count; ++i) {
    cycle += random.integer(0, 3) == 0 ? random.integer(0, 100'000) : random.integer(0, 3);
    const std::int64_t command = random.integer(0, 5000);
    switch (random.integer(0, 3)) {
      case 0:
        events.emplace_back(trace::Released{cycle, command,
                                            static_cast<std::uint8_t>(random.integer(0, 255)),
                                            random.integer(0, 200)});
        break;
      case 1: {
        trace::Done done{cycle, command, {}};
        for (std::int64_t stalls = random.integer(0, 3); stalls > 0; --stalls) {
          done.stalls.push_back({static_cast<stats::StallCause>(random.integer(
                                     0, static_cast<std::int64_t>(stats::kStallCauseCount) - 1)),
                                 random.integer(0, 1'000'000)});
        }
        events.emplace_back(std::move(done));
        break;
      }
      case 2: {
        trace::Tile tile{cycle,
                         command,
                         random.integer(0, 300),
                         random.integer(0, 200),
                         random.integer(0, 1000),
                         random.integer(1, 64),
                         static_cast<std::uint64_t>(random.integer(0, 1 << 30)),
                         {}};
        tile.hash = tile.hash << 34U | tile.hash;
        for (std::int64_t rows = random.integer(0, 40); rows > 0; --rows) {
          tile.rows.push_back(static_cast<std::uint8_t>(random.integer(0, 255)));
        }
        events.emplace_back(std::move(tile));
        break;
      }
      default:
        events.emplace_back(trace::Transaction{
            cycle, static_cast<trace::Port>(random.integer(0, trace::kPorts - 1)),
            static_cast<std::uint8_t>(random.integer(0, 255)), random.integer(0, 1 << 30),
            random.integer(0, 64), static_cast<std::uint32_t>(random.integer(0, 1 << 30))});
    }
  }
  return events;
}

}  // namespace vitsim::test
