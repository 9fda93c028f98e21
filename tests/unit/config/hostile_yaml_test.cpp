// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace vitsim::config {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

std::string repeat(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

std::string shipped(const std::string& file) {
  std::ifstream in(std::string(VITSIM_SOURCE_DIR) + "/" + file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(HostileYamlTest, NestingIsBounded) {
  const std::string message = "x.yaml line 1: got deeper nesting, expected at most 32 levels";
  EXPECT_EQ(config_error(repeat("[", 100000) + repeat("]", 100000)), message);
  EXPECT_EQ(config_error(repeat("{a: ", 100000) + repeat("}", 100000)), message);
  EXPECT_EQ(config_error(repeat("- ", 100000)), message);
  // Left open, they begin a key as well.
  for (const std::string text : {"[", "{a: ", "? ", "[{a: "}) {
    EXPECT_THAT(config_error(repeat(text, 100000)),
                MatchesRegex("x.yaml line 1: got a (list|map) as a key, .*"));
  }
  std::string indented;
  for (std::size_t level = 0; level < 1000; ++level) {
    indented += std::string(level, ' ') + "a:\n";
  }
  EXPECT_EQ(config_error(indented),
            "x.yaml line 33: got deeper nesting, expected at most 32 levels");
}

TEST(HostileYamlTest, ThirtyTwoLevelsAreAllowedAndNotOneMore) {
  const auto nested = [](int levels) { return repeat("[", levels) + repeat("]", levels); };
  EXPECT_EQ(config_error(nested(32)), "x.yaml line 1: got a list, expected a map of keys");
  EXPECT_EQ(config_error(nested(33)),
            "x.yaml line 1: got deeper nesting, expected at most 32 levels");
}

TEST(HostileYamlTest, AnchorsAndAliasesAreRefusedAndWithThemCycles) {
  const std::string message = ": got an anchor or an alias, expected values written out";
  EXPECT_EQ(config_error("&a {accelerator: *a}"), "x.yaml line 1" + message);
  EXPECT_EQ(config_error("accelerator: {}\nprecision: &p {}\n"), "x.yaml line 2" + message);
  EXPECT_EQ(config_error("attention: &a softmax"), "x.yaml line 1" + message);
  EXPECT_EQ(config_error("a: &a [x]\nb: &b [*a, *a]\n"), "x.yaml line 1" + message);
  EXPECT_EQ(config_error("attention: &a\n"), "x.yaml line 1" + message);
}

TEST(HostileYamlTest, AFileAboveOneMebibyteIsNotRead) {
  const std::string comment(std::size_t{1} << 20, '#');
  EXPECT_THAT(config_error("attention: softmax\n" + comment), HasSubstr("x.yaml"));
  EXPECT_NO_THROW(config_of("attention: softmax\n" + comment.substr(100)));
  EXPECT_EQ(error_of<ConfigError>([&] { parse_config(comment + "#", "x.yaml", {}); }),
            "x.yaml: got 1048577 bytes, expected at most 1048576");
}

TEST(HostileYamlTest, AMebibyteOfKeysOrItemsIsRefusedForWhatItSays) {
  EXPECT_THAT(config_error("attention: [" + repeat("1,", 500000) + "1]"),
              HasSubstr("attention: got a list"));
  std::string keys;
  for (int i = 0; i < 80000; ++i) {
    keys += "k" + std::to_string(i) + ": 1\n";
  }
  EXPECT_THAT(config_error(keys), HasSubstr("k0: unknown key"));
  EXPECT_THAT(config_error(std::string(500000, 'k') + ": 1\n"), HasSubstr("x.yaml line 1"));
}

TEST(HostileYamlTest, WhatIsNoTextIsRefused) {
  EXPECT_EQ(config_error(std::string("attention: softmax\n\0", 20)),
            "x.yaml line 2: got byte 0x00, expected UTF-8 text");
  EXPECT_EQ(config_error("attention: softmax\n\x04\nnonsense: 1\n"),
            "x.yaml line 2: got byte 0x04, expected UTF-8 text");
  EXPECT_EQ(config_error("\xff\xfe"), "x.yaml line 1: got byte 0xff, expected UTF-8 text");
  EXPECT_EQ(config_error("# \xc0\x80"), "x.yaml line 1: got byte 0xc0, expected UTF-8 text");
  EXPECT_EQ(config_error("# \xed\xa0\x80"), "x.yaml line 1: got byte 0xed, expected UTF-8 text");
  EXPECT_EQ(config_error("# \xe0\x80\x80"), "x.yaml line 1: got byte 0xe0, expected UTF-8 text");
  EXPECT_EQ(config_error("# \xf4\x90\x80\x80"),
            "x.yaml line 1: got byte 0xf4, expected UTF-8 text");
  EXPECT_EQ(config_error("# \xe2\x82"), "x.yaml line 1: got byte 0xe2, expected UTF-8 text");
}

TEST(HostileYamlTest, CharactersBeyondAsciiAreTextInComments) {
  EXPECT_NO_THROW(config_of("# caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\nattention: taylor\n"));
}

TEST(HostileYamlTest, WindowsLineEndsAreRead) {
  EXPECT_EQ(config_of("accelerator:\r\n  pe_array:\r\n    rows: 8\r\n").accelerator.pe_array.rows,
            8);
}

TEST(HostileYamlTest, AByteChangedAnywhereGivesAConfigurationOrAConfigError) {
  const std::string original = shipped("configs/softmax_64x64.yaml");
  ASSERT_FALSE(original.empty());
  std::mt19937 random(1);
  const std::string letters = "[]{}&*!|>'\"%@`?:-,# \n\t\\~09az\x80\xff";
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = original;
    for (int change = round % 3; change >= 0; --change) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text[at] = letters[random() % letters.size()];
          break;
        default:
          text.erase(at, 1 + random() % 8);
      }
    }
    try {
      parse_config(text, "x.yaml", {});  // thousands of files would wait for the disk
    } catch (const ConfigError&) {
      ++refused;
    } catch (const std::exception& error) {
      FAIL() << "round " << round << ": " << error.what() << "\n" << text;
    }
  }
  EXPECT_GT(refused, 300);
}

TEST(HostileYamlTest, RandomPunctuationIsAlwaysAnError) {
  std::mt19937 random(2);
  const std::string letters = "[]{}&*!|>'\"%@?:-,# \n\\~0a<=";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (auto length = random() % 24; length > 0; --length) {
      text += letters[random() % letters.size()];
    }
    try {
      parse_config(text, "x.yaml", {});  // thousands of files would wait for the disk
      EXPECT_EQ(text.find_first_not_of("{}[ ]\n#,!\"'"), text.npos) << text;
    } catch (const ConfigError&) {
    } catch (const std::exception& error) {
      FAIL() << "round " << round << ": " << error.what() << "\n" << text;
    }
  }
}

}  // namespace
}  // namespace vitsim::config
