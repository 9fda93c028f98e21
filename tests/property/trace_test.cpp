// SPDX-License-Identifier: Apache-2.0
// What a recorder makes of random machines' runs.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vitsim/sim/trace_names.h"
#include "vitsim/sim/trace_recorder.h"

#include "property/machine_bench.h"

namespace vitsim::test {
namespace {

using trace::Event;
using trace::Level;

constexpr int kCases = 30;
constexpr std::uint64_t kFirst = 9'000'000;

struct Recorded {
  sim::ImageTiming timing;
  std::vector<Event> events;
  std::vector<Cycles> released;  ///< by command, as the machine says
  std::vector<Cycles> done;
};

Recorded record(MachineBench& bench, const Case& drawn, const IntMatrix& input, Level level) {
  Recorded recorded;
  sim::Checker checker(drawn.graph);
  const auto expected = model::run_integer_network(drawn.graph, drawn.config.precision, input);
  checker.begin_image(expected);
  sim::TraceRecorder recorder(
      drawn.graph, bench.program(), level,
      [&](const Event& event) { recorded.events.push_back(event); }, &checker);
  bench.machine().set_observer(&recorder);
  bench.machine().set_command_observer(&recorder);
  bench.machine().set_access_observer(level == Level::kBeats ? &recorder : nullptr);
  recorded.timing = bench.machine().run(input);
  recorder.end_image();
  bench.expect(checker.mismatches() == 0 && checker.values_compared() > 0,
               "the observer behind the recorder is not shown what is written");
  const mapping::Schedule& schedule = bench.machine().schedule();
  recorded.released = schedule.released;
  for (const mapping::Command& command : bench.program().commands) {
    recorded.done.push_back(schedule.set[static_cast<std::size_t>(command.done)] - 1);
  }
  return recorded;
}

/// The values of a tile in the whole tensors.
trace::TileHash expected_hash(const model::IntegerResult& values, const model::View& tile) {
  trace::TileHash hash(tile.rows);
  const IntMatrix& tensor = values.tensors[static_cast<std::size_t>(tile.tensor)];
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    hash.add(row, 0,
             tensor.row(tile.row + row)
                 .subspan(static_cast<std::size_t>(tile.col), static_cast<std::size_t>(tile.cols)));
  }
  return hash;
}

const std::optional<mapping::Operand>& out_of(const mapping::Command& command) {
  static const std::optional<mapping::Operand> none;
  if (const auto* matmul = std::get_if<mapping::MatmulTile>(&command.work)) {
    return matmul->out;
  }
  const auto* rows = std::get_if<mapping::RowsTile>(&command.work);
  return rows != nullptr ? rows->out : none;
}

TEST(Traces, HaveEachCommandOnceAtItsCycles) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const Recorded recorded =
        record(bench, drawn, random_input(random, drawn.graph), Level::kCommands);
    std::map<std::int64_t, Cycles> released;
    std::map<std::int64_t, Cycles> done;
    Cycles before = 0;
    for (const Event& event : recorded.events) {
      const Cycles cycle = std::visit([](const auto& one) { return one.cycle; }, event);
      bench.expect(cycle >= before, fmt::format("an event of {} behind {}", cycle, before));
      before = cycle;
      if (const auto* one = std::get_if<trace::Released>(&event)) {
        bench.expect(released.emplace(one->command, one->cycle).second, "released twice");
      } else if (const auto* other = std::get_if<trace::Done>(&event)) {
        bench.expect(done.emplace(other->command, other->cycle).second, "done twice");
      } else {
        bench.expect(false, "an event that the level has not");
      }
    }
    const auto commands = static_cast<std::int64_t>(bench.program().commands.size());
    for (std::int64_t i = 0; i < commands; ++i) {
      const auto at = static_cast<std::size_t>(i);
      bench.expect(released.contains(i) && released[i] == recorded.released[at] &&
                       done.contains(i) && done[i] == recorded.done[at],
                   fmt::format("command {} at other cycles than the machine's", i));
    }
    return bench.failures();
  });
}

TEST(Traces, HaveTheHashOfEveryTileOfTheNetworksValues) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const IntMatrix input = random_input(random, drawn.graph);
    const auto values = model::run_integer_network(drawn.graph, drawn.config.precision, input);
    const Recorded recorded = record(bench, drawn, input, Level::kTiles);
    const auto writing = std::ranges::count_if(
        bench.program().commands,
        [](const mapping::Command& command) { return out_of(command).has_value(); });
    std::int64_t tiles = 0;
    for (const Event& event : recorded.events) {
      if (const auto* tile = std::get_if<trace::Tile>(&event)) {
        ++tiles;
        const auto command = static_cast<std::size_t>(tile->command);
        const auto expected =
            expected_hash(values, out_of(bench.program().commands[command])->tile);
        bench.expect(tile->hash == expected.value() && tile->rows == expected.rows() &&
                         tile->cycle == recorded.done[command],
                     fmt::format("the tile of command {} is another", command));
      }
    }
    bench.expect(tiles == writing && tiles > 0,
                 fmt::format("{} tiles, expected {}", tiles, writing));
    return bench.failures();
  });
}

/// Every stalled cycle of a layer that passes before the unit's last command for it is done.
TEST(Traces, HaveTheStallsThatTheReportAddsUp) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const Recorded recorded =
        record(bench, drawn, random_input(random, drawn.graph), Level::kCommands);
    const mapping::Program& program = bench.program();
    std::vector<stats::CycleCount> by_layer(program.layers.size());
    for (const Event& event : recorded.events) {
      if (const auto* done = std::get_if<trace::Done>(&event)) {
        const auto& command = program.commands[static_cast<std::size_t>(done->command)];
        const auto layer =
            static_cast<std::size_t>(program.layer_of_op[static_cast<std::size_t>(command.op)]);
        for (const trace::Stall& stall : done->stalls) {
          if (command.unit == program.layers[layer].unit) {
            by_layer[layer].stalls[static_cast<std::size_t>(stall.cause)] += stall.cycles;
          }
        }
      }
    }
    for (std::size_t layer = 0; layer < by_layer.size(); ++layer) {
      bench.expect(by_layer[layer].stalls == recorded.timing.layers[layer].unit.stalls,
                   fmt::format("{}: other stalls", program.layers[layer].name));
    }
    return bench.failures();
  });
}

TEST(Traces, SayWhichUnitAndLayerACommandIsOfAndWhatItWrites) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const Recorded recorded =
        record(bench, drawn, random_input(random, drawn.graph), Level::kTiles);
    const mapping::Program& program = bench.program();
    const sim::TraceNames names = sim::trace_names(drawn.graph, program, bench.machine());
    for (const Event& event : recorded.events) {
      if (const auto* released = std::get_if<trace::Released>(&event)) {
        const auto& command = program.commands[static_cast<std::size_t>(released->command)];
        bench.expect(
            names.units.at(released->unit) == mapping::name_of(command.unit, command.channel) &&
                names.layers.at(static_cast<std::size_t>(released->layer)) ==
                    program
                        .layers[static_cast<std::size_t>(
                            program.layer_of_op[static_cast<std::size_t>(command.op)])]
                        .name,
            fmt::format("command {} of another unit or layer", released->command));
      } else if (const auto* tile = std::get_if<trace::Tile>(&event)) {
        const auto& command = program.commands[static_cast<std::size_t>(tile->command)];
        const model::View& expected = out_of(command)->tile;
        bench.expect(tile->tensor == expected.tensor && tile->row == expected.row &&
                         tile->col == expected.col && tile->cols == expected.cols &&
                         static_cast<std::int64_t>(tile->rows.size()) == expected.rows,
                     fmt::format("command {} writes another tile", tile->command));
      }
    }
    return bench.failures();
  });
}

TEST(Traces, HaveEveryByteThatCrossesAPort) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const Recorded recorded =
        record(bench, drawn, random_input(random, drawn.graph), Level::kBeats);
    std::map<trace::Port, Bytes> bytes;
    std::map<std::string, Bytes> by_requester;
    const auto names = bench.machine().scratchpad_requesters();
    Cycles before = 0;
    for (const Event& event : recorded.events) {
      const Cycles cycle = std::visit([](const auto& one) { return one.cycle; }, event);
      bench.expect(cycle >= before, fmt::format("an event of {} behind {}", cycle, before));
      before = cycle;
      if (const auto* one = std::get_if<trace::Transaction>(&event)) {
        bytes[one->port] += one->bytes;
        const bool scratchpad =
            one->port == trace::Port::kScratchpadRead || one->port == trace::Port::kScratchpadWrite;
        by_requester[names.at(one->requester)] += scratchpad ? one->bytes : 0;
      }
    }
    const sim::ImageTiming& timing = recorded.timing;
    bench.expect(
        bytes[trace::Port::kScratchpadRead] == timing.counter("scratchpad", "read_bytes") &&
            bytes[trace::Port::kScratchpadWrite] == timing.counter("scratchpad", "write_bytes") &&
            bytes[trace::Port::kDramRead] == timing.counter("dram", "read_bytes") &&
            bytes[trace::Port::kDramWrite] == timing.counter("dram", "write_bytes"),
        "other bytes than the memories count");
    for (const auto& requester : timing.requesters) {
      bench.expect(by_requester[requester.name] == requester.read_bytes + requester.write_bytes,
                   fmt::format("other bytes of {}", requester.name));
    }
    return bench.failures();
  });
}

TEST(Traces, OfARunAfterOneThatWasStoppedAreThoseOfTheFirst) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const IntMatrix input = random_input(random, drawn.graph);
    const Recorded whole = record(bench, drawn, input, Level::kBeats);
    std::size_t events = 0;
    const std::size_t stop_at = whole.events.size() * static_cast<std::size_t>(drawn.seed % 7) / 7;
    sim::TraceRecorder recorder(drawn.graph, bench.program(), Level::kBeats,
                                [&](const Event& event) {
                                  bench.expect(event == whole.events[events], "another event");
                                  if (++events > stop_at) {
                                    bench.machine().stop();
                                  }
                                });
    bench.machine().set_observer(&recorder);
    bench.machine().set_command_observer(&recorder);
    bench.machine().set_access_observer(&recorder);
    bench.machine().simulate(input);
    bench.expect(events > stop_at && (events < whole.events.size() || stop_at + 99 > events),
                 "the machine did not stop");
    bench.expect(record(bench, drawn, input, Level::kBeats).events == whole.events,
                 "another trace after a run that was stopped");
    return bench.failures();
  });
}

TEST(Traces, AreTheSameInWhateverOrderModulesWake) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    const IntMatrix input = random_input(random, drawn.graph);
    const Recorded forwards = record(bench, drawn, input, Level::kBeats);
    bench.machine().set_reverse_order(true);
    const Recorded backwards = record(bench, drawn, input, Level::kBeats);
    bench.expect(forwards.events == backwards.events, "another trace in reverse order");
    return bench.failures();
  });
}

TEST(Traces, OfAnotherInputDifferInTilesAlone) {
  for_random_cases(kFirst, kCases, [](const Case& drawn) {
    MachineBench bench(drawn);
    Random random(drawn.seed);
    IntMatrix input = random_input(random, drawn.graph);
    const Recorded before = record(bench, drawn, input, Level::kTiles);
    input(0, 0) = static_cast<std::int16_t>(input(0, 0) ^ 1);
    const Recorded after = record(bench, drawn, input, Level::kTiles);
    bench.expect(before.events.size() == after.events.size(), "another number of events");
    for (std::size_t i = 0; i < std::min(before.events.size(), after.events.size()); ++i) {
      bench.expect(std::holds_alternative<trace::Tile>(before.events[i]) ||
                       before.events[i] == after.events[i],
                   fmt::format("event {} depends on values", i));
    }
    return bench.failures();
  });
}

}  // namespace
}  // namespace vitsim::test
