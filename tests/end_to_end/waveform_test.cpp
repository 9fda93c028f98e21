// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "vitsim/stats/activity.h"

#include "end_to_end/failure.h"
#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"
#include "support/vcd.h"

namespace vitsim::test {
namespace {

using testing::HasSubstr;

const Arguments kSmall =
    Arguments{"run", "--check", "none", "-w", "random:1", "--set", "model.depth=1"} + kMachine +
    kShapes;

class WaveformTest : public testing::Test {
 protected:
  std::string file() const { return (directory_.path() / "waves.vcd").string(); }
  Vcd waveform(const Arguments& how) {
    report_ = report_of(kSmall + how + Arguments{"--vcd", file()});
    return read_vcd(file());
  }
  static std::int64_t signed_value(std::int64_t value, int bits) {
    return value >= std::int64_t{1} << (bits - 1) ? value - (std::int64_t{1} << bits) : value;
  }

  TemporaryDirectory directory_;
  nlohmann::json report_;
};

/// Cycles in which a signal had each value.
std::map<std::int64_t, Cycles> cycles_by_value(const Vcd& vcd, const std::string& signal,
                                               Cycles cycles) {
  std::map<std::int64_t, Cycles> by_value;
  const auto& changes = vcd.changes.at(signal);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    // Values of time t are those of cycle t - 1.
    const Cycles until = i + 1 < changes.size() ? changes[i + 1].time : cycles + 1;
    by_value[changes[i].value] += std::max<Cycles>(0, until - changes[i].time);
  }
  return by_value;
}

TEST_F(WaveformTest, StatesOfUnitsLastAsLongAsTheReportSays) {
  const Vcd vcd = waveform({"--vcd-signals", "*.state"});
  EXPECT_EQ(vcd.timescale, "1 ps");
  const Cycles cycles = report_.at("totals").at("cycles");
  int compared = 0;
  for (const auto& [unit, figures] : report_.at("units").items()) {
    if (!vcd.bits.contains(unit + ".state")) {
      continue;
    }
    const auto by_value = cycles_by_value(vcd, unit + ".state", cycles);
    const auto lasted = [&](std::int64_t value) {
      const auto found = by_value.find(value);
      return found == by_value.end() ? 0 : found->second;
    };
    EXPECT_EQ(lasted(1), figures.at("busy_cycles").get<Cycles>()) << unit;
    for (std::size_t cause = 0; cause < stats::kStallCauseCount; ++cause) {
      const std::string name(stats::kStallCauseNames[cause]);
      EXPECT_EQ(lasted(2 + static_cast<std::int64_t>(cause)),
                figures.at("stall_cycles").value(name, Cycles{0}))
          << unit << " " << name;
    }
    ++compared;
  }
  EXPECT_GE(compared, 6);
}

TEST_F(WaveformTest, CountersEndAsInTheReport) {
  const Vcd vcd = waveform({"--vcd-signals", "pe_array.*", "--vcd-signals", "scratchpad.*_bytes"});
  EXPECT_EQ(vcd.changes.at("pe_array.macs").back().value, report_.at("totals").at("macs"));
  EXPECT_EQ(vcd.changes.at("scratchpad.read_bytes").back().value,
            report_.at("totals").at("scratchpad_read_bytes"));
  EXPECT_FALSE(vcd.bits.contains("clock.cycle"));
}

TEST_F(WaveformTest, ARangeShowsWhatTheWholeWaveformShowsThere) {
  const Vcd whole = waveform({});
  const Vcd part = waveform({"--vcd-range", "1000:1200"});
  EXPECT_EQ(part.begin, 1001);
  EXPECT_EQ(whole.bits, part.bits);
  EXPECT_GT(part.bits.size(), 60U);
  for (const auto& [signal, changes] : part.changes) {
    EXPECT_LE(changes.back().time, 1201);
    for (std::int64_t time = part.begin; time <= 1201; ++time) {
      ASSERT_EQ(part.at(signal, time), whole.at(signal, time)) << signal << " at " << time;
    }
  }
  for (std::int64_t time = part.begin; time <= 1201; ++time) {
    EXPECT_LE(part.at("clock.cycle", time), time - 1);
    EXPECT_EQ(part.at("clock.cycle", 0), -1) << "nothing is known before the range";
  }
}

TEST_F(WaveformTest, RegistersOfPesAreShownInTheRegisterFormAndShiftToTheRight) {
  const Vcd vcd = waveform({"--vcd-signals", "pe_array.*", "--vcd-range", "900:1300", "--set",
                            "accelerator.pe_array.rows=4", "--set", "accelerator.pe_array.cols=4",
                            "--set", "accelerator.pe_array.model=register"});
  EXPECT_EQ(vcd.bits.at("pe_array.pe_0_1.operand"), 16);
  EXPECT_EQ(vcd.bits.at("pe_array.pe_3_3.valid"), 1);
  int moved = 0;
  for (std::int64_t time = vcd.begin; time < vcd.end; ++time) {
    const bool still = vcd.at("pe_array.stands_still", time + 1) != 0;
    for (int row = 0; row < 4 && !still; ++row) {
      for (int col = 0; col < 3; ++col) {
        const auto pe = [row](int at) { return fmt::format("pe_array.pe_{}_{}", row, at); };
        if (vcd.at(pe(col) + ".valid", time) == 1 && vcd.at("pe_array.state", time + 1) == 1 &&
            vcd.at("pe_array.state", time) == 1) {
          EXPECT_EQ(vcd.at(pe(col + 1) + ".operand", time + 1), vcd.at(pe(col) + ".operand", time))
              << pe(col) << " at " << time;
          ++moved;
        }
      }
    }
  }
  EXPECT_GT(moved, 100);
}

TEST_F(WaveformTest, ValuesHaveTheirSign) {
  const Vcd vcd =
      waveform({"--vcd-signals", "pe_array.pe_*.stationary", "--vcd-range", "900:1300", "--set",
                "accelerator.pe_array.rows=4", "--set", "accelerator.pe_array.cols=4", "--set",
                "accelerator.pe_array.model=register"});
  bool negative = false;
  for (const auto& [signal, changes] : vcd.changes) {
    for (const Vcd::Change& change : changes) {
      const std::int64_t value = signed_value(change.value, 16);
      EXPECT_TRUE(value >= -128 && value <= 127) << value;
      negative |= value < 0;
    }
  }
  EXPECT_TRUE(negative);
}

TEST_F(WaveformTest, EveryKindOfArrayShowsItsRegisters) {
  const std::pair<Arguments, const char*> arrays[] = {
      {{"--set", "accelerator.pe_array.dataflow=output_stationary", "--set",
        "accelerator.pe_array.rows=4", "--set", "accelerator.pe_array.cols=4"},
       "pe_array.pe_3_3.sum"},
      {{"--set", "accelerator.pe_array.kind=row_wise", "--set", "accelerator.pe_array.rows=7"},
       "pe_array.pe_6_11.accumulator"},
  };
  for (const auto& [how, signal] : arrays) {
    const Vcd vcd = waveform(
        how + Arguments{"--set", "accelerator.pe_array.model=register", "--vcd-range", "900:1000"});
    EXPECT_TRUE(vcd.bits.contains(signal)) << signal;
  }
}

TEST_F(WaveformTest, TheRunIsTheSameWithAWaveform) {
  nlohmann::json without = report_of(kSmall);
  waveform({});
  without.erase("host");
  report_.erase("host");
  EXPECT_EQ(without, report_);
}

TEST_F(WaveformTest, WrongOptionsAreRefusedAndLeaveNoFile) {
  const std::tuple<Arguments, int, const char*> cases[] = {
      {{"--vcd", file(), "--vcd-signals", "pe_arry.*"}, 2, "did you mean 'pe_array.*'?"},
      {{"--vcd", file(), "--vcd-range", "10"}, 2, "expected FIRST:LAST"},
      {{"--vcd", file(), "--vcd-range", "20:10"}, 2, "expected FIRST:LAST"},
      {{"--vcd", file(), "--vcd-range", "-1:10"}, 2, "expected FIRST:LAST"},
      {{"--vcd", file(), "--vcd-range", "1:99999999999999999999"}, 2, "expected FIRST:LAST"},
      {{"--vcd-signals", "*"}, 2, "--vcd FILE is missing"},
      {{"--vcd", "/nowhere/waves.vcd"}, 5, "/nowhere/waves.vcd"},
      {{"--vcd", "/dev/null"}, 5, "no regular file"},
  };
  for (const auto& [how, code, message] : cases) {
    const ProgramResult result = run_vitsim(kSmall + how);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  }
}

TEST_F(WaveformTest, ARangeBehindTheLastCycleIsAnErrorThatNamesTheLast) {
  const ProgramResult result =
      run_vitsim(kSmall + Arguments{"--vcd", file(), "--vcd-range", "99999999:100000000"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, testing::ContainsRegex("from 99999999 on, expected at most [0-9]+"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace vitsim::test
