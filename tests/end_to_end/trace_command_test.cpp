// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>

#include "vitsim/trace/file.h"

#include "end_to_end/failure.h"
#include "end_to_end/jobs.h"
#include "support/temporary_directory.h"

namespace vitsim::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using trace::Event;

const Arguments kNetwork = kMachine + kShapes + Arguments{"-i", kImages + ":0"};
const Arguments kSlowSoftmax{"--set", "accelerator.softmax_unit.latency_cycles=9"};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream bytes(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(bytes), {}};
}

class TraceCommandTest : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (directory_.path() / name).string(); }

  /// A trace of this run.
  std::string record(const std::string& name, const Arguments& how) const {
    const ProgramResult result = run_vitsim(Arguments{"trace", "record", "-o", file(name)} + how);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return file(name);
  }

  static ProgramResult check(const std::string& golden, const Arguments& how = {}) {
    return run_vitsim(Arguments{"trace", "check", golden} + how);
  }

  /// The same trace with its header and its events changed.
  std::string changed(const std::string& golden, const std::function<void(std::string&)>& header,
                      const std::function<void(Event&)>& event) const {
    trace::Reader reader{std::filesystem::path(golden)};
    std::string text = reader.header();
    header(text);
    trace::Writer writer(file("changed.vtrc"), text);
    while (auto one = reader.next()) {
      event(*one);
      writer.add(*one);
    }
    writer.finish();
    return file("changed.vtrc");
  }
  std::string changed(const std::string& golden, const std::function<void(Event&)>& event) const {
    return changed(
        golden, [](std::string&) {}, event);
  }

  /// `change` is made to the event of this kind in the middle of the trace.
  template <class Kind>
  std::string changed_once(const std::string& golden,
                           const std::function<void(Kind&)>& change) const {
    int seen = 0;
    return changed(golden, [&](Event& event) {
      auto* one = std::get_if<Kind>(&event);
      if (one != nullptr && ++seen == 50) {
        change(*one);
      }
    });
  }

  TemporaryDirectory directory_;
};

TEST_F(TraceCommandTest, ARunIsAsItWasRecordedAtEveryLevel) {
  for (const char* level : {"commands", "tiles", "beats"}) {
    const std::string golden = record("golden.vtrc", kNetwork + Arguments{"--level", level});
    const ProgramResult result = check(golden);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr("as recorded"));
  }
}

TEST_F(TraceCommandTest, RecordingTwiceGivesTheSameBytes) {
  const Arguments how = kNetwork + Arguments{"--level", "beats"};
  EXPECT_EQ(content_of(record("1.vtrc", how)), content_of(record("2.vtrc", how)));
}

TEST_F(TraceCommandTest, RecordingSaysWhatItWroteUnlessItIsToBeQuiet) {
  const Arguments how = Arguments{"trace", "record", "-o", file("a.vtrc")} + kNetwork;
  EXPECT_THAT(run_vitsim(how).out, AllOf(HasSubstr(" events of "), HasSubstr("every integer")));
  EXPECT_EQ(run_vitsim(how + Arguments{"--quiet"}).out, "");
}

TEST_F(TraceCommandTest, OneCycleIsNoticed) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::string other =
      changed_once<trace::Done>(golden, [](trace::Done& done) { ++done.cycle; });
  const ProgramResult result = check(other);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("differs from the trace in cycle"),
                                HasSubstr("\nexpected "), HasSubstr("\ngot      "),
                                HasSubstr("\ncommand  "), HasSubstr("the 10 events before:")));
}

TEST_F(TraceCommandTest, OneBitOfOneValueIsNoticed) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::string other = changed_once<trace::Tile>(golden, [](trace::Tile& tile) {
    tile.hash ^= 1;
    tile.rows.back() ^= 1;
  });
  const ProgramResult result = check(other);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\nvalues   "));
  EXPECT_THAT(result.out, HasSubstr("the run has what the integer network has"));
}

TEST_F(TraceCommandTest, AStallThatIsAnotherIsNoticedUnlessStallsAreIgnored) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::string other = changed_once<trace::Done>(golden, [](trace::Done& done) {
    done.stalls.push_back({stats::StallCause::kDram, 1});
  });
  EXPECT_EQ(check(other).exit_code, 1);
  EXPECT_EQ(check(other, {"--ignore", "values"}).exit_code, 1);
  EXPECT_EQ(check(other, {"--ignore", "stalls"}).exit_code, 0);
}

TEST_F(TraceCommandTest, ATransactionThatIsAnotherIsNoticedUnlessItsMemoryIsIgnored) {
  const std::string golden = record("golden.vtrc", kNetwork + Arguments{"--level", "beats"});
  for (const bool dram : {false, true}) {
    bool done = false;
    const std::string other = changed(golden, [&](Event& event) {
      auto* one = std::get_if<trace::Transaction>(&event);
      if (one != nullptr && (one->port == trace::Port::kDramRead) == dram && !done) {
        one->address += 8;
        done = true;
      }
    });
    EXPECT_EQ(check(other).exit_code, 1);
    EXPECT_EQ(check(other, {"--ignore", "dram"}).exit_code, dram ? 0 : 1);
    EXPECT_EQ(check(other, {"--ignore", "scratchpad"}).exit_code, dram ? 1 : 0);
    EXPECT_EQ(check(other, {"--ignore", "scratchpad", "--ignore", "dram"}).exit_code, 0);
  }
}

TEST_F(TraceCommandTest, AnotherMachineIsCheckedAndItsKeysAreRemarked) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const ProgramResult result = check(golden, kSlowSoftmax);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr("remark: accelerator.softmax_unit.latency_cycles: 8 in the trace, 9 now"));
  EXPECT_THAT(result.out, HasSubstr("blocks.0.attn.softmax"));
  EXPECT_EQ(check(golden, {"-c", "configs/softmax_64x64.yaml"}).exit_code, 0);
  EXPECT_EQ(check(golden, {"-c", "configs/edge_16x16.yaml"}).exit_code, 1);
}

TEST_F(TraceCommandTest, CyclesMayDifferByTheToleranceAndNoMore) {
  const std::string golden = record("golden.vtrc", kNetwork + Arguments{"--level", "beats"});
  EXPECT_EQ(check(golden, kSlowSoftmax + Arguments{"--cycles-within", "1%"}).exit_code, 0);
  const ProgramResult result = check(golden, kSlowSoftmax + Arguments{"--cycles-within", "0.1%"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("differs from the trace in cycle"));
}

TEST_F(TraceCommandTest, ValuesAreComparedWithinAToleranceInCycles) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::string other =
      changed_once<trace::Tile>(golden, [](trace::Tile& tile) { tile.hash ^= 1; });
  EXPECT_EQ(check(other, {"--cycles-within", "1%"}).exit_code, 1);
  EXPECT_EQ(check(other, {"--cycles-within", "1%", "--ignore", "values"}).exit_code, 0);
}

TEST_F(TraceCommandTest, ATraceOfAnotherVersionIsRemarkedAndChecked) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::string other = changed(
      golden,
      [](std::string& header) {
        header =
            std::regex_replace(header, std::regex(R"("version":"[^"]*")"), R"("version":"99.1")");
      },
      [](Event&) {});
  const ProgramResult result = check(other);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("remark: vitsim 99.1 recorded the trace"));
}

TEST_F(TraceCommandTest, FilesThatHaveMovedAreFoundWhereTheUserSays) {
  const std::string images = file("images.bin");
  std::filesystem::copy_file(std::filesystem::path(VITSIM_SOURCE_DIR) / kImages, images);
  const std::string golden =
      record("golden.vtrc", kMachine + kShapes + Arguments{"-i", images + ":7"});
  std::filesystem::remove(images);
  const ProgramResult gone = check(golden);
  EXPECT_EQ(gone.exit_code, 3);
  EXPECT_THAT(gone.err, HasSubstr(images));
  EXPECT_EQ(check(golden, {"-i", kImages + ":7"}).exit_code, 0);
}

TEST_F(TraceCommandTest, WhatHasChangedIsNamed) {
  const Arguments random = kMachine + kShapes + Arguments{"-w", "random:1"};
  const std::string golden = record("golden.vtrc", random);
  const std::pair<Arguments, const char*> changes[] = {
      {{"-w", "random:2"}, "the weights of 'random:2'"},
      {{"-i", "random:2"}, "the input values of 'random:2'"},
      {{"--set", "model.depth=2"}, "depth: 4 in the trace, 2 now"},
      {{"-m", "models/cifar10_vit.yaml"}, "'models/cifar10_vit.yaml'"},
  };
  for (const auto& [how, message] : changes) {
    const ProgramResult result = check(golden, how);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(HasSubstr("golden.vtrc: "), HasSubstr(message)));
  }
}

TEST_F(TraceCommandTest, OtherScalesAreNamed) {
  const std::string other = file("other.scales.json");
  std::string scales = content_of(std::filesystem::path(VITSIM_SOURCE_DIR) /
                                  "models/weights/shapes10_vit_softmax.scales.json");
  std::ofstream(other) << std::regex_replace(scales, std::regex(R"(("logits": )[0-9.]+)"), "$0125");
  const ProgramResult result =
      check(record("golden.vtrc", kNetwork), {"--set", "model.scales=" + other});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("the scales of '" + other + "'"));
}

TEST_F(TraceCommandTest, ResultsGoIntoJunitXml) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::string xml = file("result.xml");
  EXPECT_EQ(check(golden, {"--junit", xml}).exit_code, 0);
  EXPECT_THAT(content_of(xml), AllOf(HasSubstr("failures=\"0\""), HasSubstr("golden.vtrc"),
                                     testing::Not(HasSubstr("<failure"))));
  EXPECT_EQ(check(golden, kSlowSoftmax + Arguments{"--junit", xml, "--quiet"}).exit_code, 1);
  EXPECT_THAT(content_of(xml), AllOf(HasSubstr("failures=\"1\""),
                                     HasSubstr("<failure message=\"the run differs from the trace"),
                                     HasSubstr("-&gt; blocks.0.attn.weights")));
  const ProgramResult parsed =
      run_program("/usr/bin/python3", {"-c",
                                       "import sys, xml.etree.ElementTree as t; "
                                       "print(t.parse(sys.argv[1]).getroot().tag)",
                                       xml});
  EXPECT_EQ(parsed.out, "testsuites\n") << parsed.err;
}

TEST_F(TraceCommandTest, ATraceIsOfOneImage) {
  const ProgramResult result =
      run_vitsim(Arguments{"trace", "record", "-o", file("a.vtrc"), "-i", kImages + ":0-3"} +
                 kMachine + kShapes);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("got 4 images, expected one, such as " + kImages + ":0"));
  EXPECT_FALSE(std::filesystem::exists(file("a.vtrc")));
}

TEST_F(TraceCommandTest, FilesThatAreNoTracesAreRefusedWithTheReason) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::string bytes = content_of(golden);
  const auto damaged = [&](std::size_t at, char by) {
    std::string copy = bytes;
    copy[at] = static_cast<char>(copy[at] ^ by);
    return copy;
  };
  const std::pair<std::string, const char*> cases[] = {
      {"", "an empty file"},
      {"accelerator: {}\n", "expected a trace of vitsim"},
      {bytes.substr(0, bytes.size() / 2), "truncated"},
      {damaged(bytes.size() / 2, 4), "the trace is corrupted"},
      {damaged(8, 3), "a newer vitsim has recorded this trace"},
  };
  for (const auto& [content, message] : cases) {
    std::ofstream(file("bad.vtrc"), std::ios::binary) << content;
    for (const Arguments& how : {Arguments{"trace", "check", file("bad.vtrc")},
                                 Arguments{"trace", "diff", golden, file("bad.vtrc")}}) {
      const ProgramResult result = run_vitsim(how);
      EXPECT_EQ(result.exit_code, 3);
      EXPECT_THAT(result.err, AllOf(HasSubstr("bad.vtrc: "), HasSubstr(message)));
      EXPECT_EQ(result.out, "");
    }
  }
}

TEST_F(TraceCommandTest, HeadersThatAreNoneAreRefusedWithTheReason) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const auto with = [&](const std::function<void(nlohmann::json&)>& change) {
    return [change](std::string& header) {
      nlohmann::json json = nlohmann::json::parse(header);
      change(json);
      header = json.dump();
    };
  };
  using Json = nlohmann::json;
  const std::pair<std::function<void(std::string&)>, const char*> cases[] = {
      {[](std::string& header) { header = "{"; }, "expected JSON"},
      {[](std::string& header) { header = "[]"; }, "a header that is no object"},
      {[](std::string& header) { header = std::string(100'000, '['); }, "within each other"},
      {with([](Json& json) { json.erase("level"); }), "no 'level'"},
      {with([](Json& json) { json["level"] = "all"; }), "level 'all', expected commands, tiles"},
      {with([](Json& json) { json["schema"] = "vitsim.run/1"; }), "schema 'vitsim.run/1'"},
      {with([](Json& json) { json["units"] = 3; }), "'units' that is no list"},
      {with([](Json& json) { json["files"]["model"] = 3; }), "'model' that is no text"},
      {with([](Json& json) { json["config"]["accelerator"]["pe_arrray"] = 3; }), "pe_arrray"},
      {with([](Json& json) { json["config"]["accelerator"]["pe_array"]["rows"] = -1; }),
       "accelerator.pe_array.rows"},
  };
  for (const auto& [header, message] : cases) {
    const ProgramResult result = check(changed(golden, header, [](Event&) {}));
    EXPECT_EQ(result.exit_code, 3) << message;
    EXPECT_THAT(result.err, AllOf(HasSubstr("changed.vtrc"), HasSubstr(message)));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(TraceCommandTest, BadUsageIsSaidBeforeAnythingRuns) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::pair<Arguments, const char*> cases[] = {
      {{"trace"}, "expected one of record, check, diff"},
      {{"trace", "check"}, "GOLDEN is missing"},
      {{"trace", "diff", golden}, "B is missing"},
      {{"trace", "check", golden, "--cycles-within", "2"}, "expected a percentage"},
      {{"trace", "check", golden, "--cycles-within", "200%"}, "expected a percentage"},
      {{"trace", "check", golden, "--ignore", "drams"}, "--ignore"},
      {{"trace", "record", "-o", file("a.vtrc")}, "-c FILE is missing"},
      {Arguments{"trace", "record"} + kNetwork, "-o FILE is missing"},
      {Arguments{"trace", "record", "--level", "all", "-o", file("a.vtrc")} + kNetwork, "--level"},
  };
  for (const auto& [how, message] : cases) {
    const ProgramResult result = run_vitsim(how);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

TEST_F(TraceCommandTest, TracesOfTheSameRunDoNotDiffer) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const ProgramResult result = run_vitsim({"trace", "diff", golden, golden});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("0 of 261 commands at other cycles"));
  EXPECT_THAT(result.out, HasSubstr("0 of 145 tiles with other values"));
}

TEST_F(TraceCommandTest, LayersOfADiffAddUpToTheDifferenceInCycles) {
  const std::string before = record("before.vtrc", kNetwork);
  const std::string after = record("after.vtrc", kNetwork + kSlowSoftmax);
  const ProgramResult result = run_vitsim({"trace", "diff", before, after, "--layers"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("accelerator.softmax_unit.latency_cycles: 8 / 9"));
  const std::regex row(R"((\S+) +([\d,]+) +([\d,]+) +([+-]?[\d,]+))");
  const auto number = [](std::string text) {
    std::erase(text, ',');
    return std::stoll(text);
  };
  std::int64_t sum = 0;
  std::int64_t total = 0;
  const std::string layers = result.out.substr(0, result.out.find("unit, cycles"));
  for (std::sregex_iterator line(layers.begin(), layers.end(), row), end; line != end; ++line) {
    const std::int64_t gained = number((*line)[4]);
    EXPECT_EQ(gained, number((*line)[3]) - number((*line)[2]));
    ((*line)[1] == "total" ? total : sum) += gained;
  }
  EXPECT_GT(total, 0);
  EXPECT_EQ(sum, total);
}

TEST_F(TraceCommandTest, TheFirstOtherValueOfADiffIsNamed) {
  const std::string before = record("before.vtrc", kNetwork);
  const std::string after =
      record("after.vtrc", kMachine + kShapes + Arguments{"-i", kImages + ":1"});
  const ProgramResult result = run_vitsim({"trace", "diff", before, after});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("the inputs differ"));
  EXPECT_THAT(result.out, HasSubstr("0 of 261 commands at other cycles"));
  EXPECT_THAT(result.out, HasSubstr("the first: embedded row 1, columns 0 to 63, by command"));
}

TEST_F(TraceCommandTest, TracesOfOtherMachinesAreComparedByLayerAndUnit) {
  const std::string before = record("before.vtrc", kNetwork);
  const std::string after = record("after.vtrc", Arguments{"-c", "configs/edge_16x16.yaml"} +
                                                     kShapes + Arguments{"-i", kImages + ":0"});
  const ProgramResult result = run_vitsim({"trace", "diff", before, after});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("the programs differ"), HasSubstr("pe_array  "),
                                HasSubstr("accelerator.pe_array.rows: 64 / 16")));
}

TEST_F(TraceCommandTest, EventsOfADiffThatTheHeaderDoesNotKnowAreRefused) {
  const std::string golden = record("golden.vtrc", kNetwork);
  const std::function<void(Event&)> changes[] = {
      [](Event& event) {
        if (auto* one = std::get_if<trace::Released>(&event)) {
          one->layer = 1'000'000;
        }
      },
      [](Event& event) {
        if (auto* one = std::get_if<trace::Released>(&event)) {
          one->unit = 200;
        }
      },
      [](Event& event) {
        if (auto* one = std::get_if<trace::Done>(&event)) {
          one->command = 1'000'000;
        }
      },
      [](Event& event) {
        if (auto* one = std::get_if<trace::Tile>(&event)) {
          one->tensor = 1'000'000;
        }
      },
  };
  for (const auto& change : changes) {
    const std::string other = changed(golden, change);
    const ProgramResult result = run_vitsim({"trace", "diff", golden, other});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_THAT(result.err, HasSubstr("changed.vtrc: got an event of "));
    EXPECT_EQ(check(other).exit_code, 1);
  }
}

}  // namespace
}  // namespace vitsim::test
