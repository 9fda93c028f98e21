// SPDX-License-Identifier: Apache-2.0
#include "vitsim/mapping/hazards.h"

#include <bitset>
#include <numeric>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::mapping {
namespace {

std::vector<int> orders(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Rect kWhole{0, 4, 0, 8};

class HazardsTest : public testing::Test {
 protected:
  std::vector<Token> read(Hazards::BufferId id, Token token, const Rect& rect = kWhole) {
    std::vector<Token> waits;
    hazards_.read(id, rect, token, waits);
    return waits;
  }
  std::vector<Token> write(Hazards::BufferId id, Token token, const Rect& rect = kWhole) {
    std::vector<Token> waits;
    hazards_.write(id, rect, token, waits);
    return waits;
  }

  /// Each token is of an order of its own.
  std::vector<int> orders_ = orders(1000);
  Hazards hazards_{orders_};
};

TEST_F(HazardsTest, AReadWaitsForTheWrite) {
  const auto buffer = hazards_.add(0, 32);
  EXPECT_THAT(write(buffer, 1), IsEmpty());
  EXPECT_THAT(read(buffer, 2), ElementsAre(1));
}

TEST_F(HazardsTest, AWriteWaitsForTheReadsAndTheWrite) {
  const auto buffer = hazards_.add(0, 32);
  write(buffer, 1);
  read(buffer, 2);
  read(buffer, 3);
  EXPECT_THAT(write(buffer, 4), UnorderedElementsAre(1, 2, 3));
}

TEST_F(HazardsTest, AWriteWaitsForTheWriteBefore) {
  const auto buffer = hazards_.add(0, 32);
  write(buffer, 1);
  EXPECT_THAT(write(buffer, 2), ElementsAre(1));
}

TEST_F(HazardsTest, ReadsDoNotWaitForReads) {
  const auto buffer = hazards_.add(0, 32);
  write(buffer, 1);
  read(buffer, 2);
  EXPECT_THAT(read(buffer, 3), ElementsAre(1));
}

TEST_F(HazardsTest, RectanglesSideBySideDoNotWait) {
  const auto buffer = hazards_.add(0, 32);
  write(buffer, 1, {0, 2, 0, 8});
  EXPECT_THAT(write(buffer, 2, {2, 2, 0, 8}), IsEmpty());  // the rows below
  EXPECT_THAT(read(buffer, 3, {2, 2, 0, 8}), ElementsAre(2));
  EXPECT_THAT(read(buffer, 4, {0, 2, 0, 4}), ElementsAre(1));
  EXPECT_THAT(write(buffer, 5, {0, 2, 4, 4}), ElementsAre(1));  // the columns beside the read
  EXPECT_THAT(read(buffer, 6, {0, 2, 0, 4}), ElementsAre(1));   // and those before the write
}

TEST_F(HazardsTest, ASingleCommonByteIsEnough) {
  const auto buffer = hazards_.add(0, 32);
  write(buffer, 1, {0, 3, 0, 5});
  EXPECT_THAT(read(buffer, 2, {2, 2, 4, 4}), ElementsAre(1));
  EXPECT_THAT(read(buffer, 3, {3, 1, 4, 4}), IsEmpty());
  EXPECT_THAT(read(buffer, 4, {2, 2, 5, 3}), IsEmpty());
}

TEST_F(HazardsTest, AChainNeedsNoMoreThanItsLastLink) {
  const auto buffer = hazards_.add(0, 32);
  write(buffer, 1);
  read(buffer, 2);
  write(buffer, 3);
  EXPECT_THAT(read(buffer, 4), ElementsAre(3));
  EXPECT_THAT(write(buffer, 5), UnorderedElementsAre(3, 4));
}

TEST_F(HazardsTest, AWriteOfAPartForgetsNothingOfTheRest) {
  const auto buffer = hazards_.add(0, 32);
  write(buffer, 1);
  write(buffer, 2, {0, 2, 0, 8});
  EXPECT_THAT(read(buffer, 3, {3, 1, 0, 8}), ElementsAre(1));
  EXPECT_THAT(read(buffer, 4, {1, 2, 0, 8}), UnorderedElementsAre(1, 2));
}

TEST_F(HazardsTest, BuffersDoNotWaitForEachOther) {
  const auto a = hazards_.add(0, 32);
  const auto b = hazards_.add(32, 32);
  write(a, 1);
  EXPECT_THAT(write(b, 2), IsEmpty());
}

TEST_F(HazardsTest, EachWriteOfANewBufferWaitsForWhatIsUnderWayAtItsAddresses) {
  const auto old = hazards_.add(0, 32);
  write(old, 1);
  read(old, 2);
  hazards_.retire(old);
  const auto taken_over = hazards_.add(16, 32);
  EXPECT_THAT(write(taken_over, 3, {0, 1, 0, 8}), UnorderedElementsAre(1, 2));
  EXPECT_THAT(write(taken_over, 4, {1, 1, 0, 8}), UnorderedElementsAre(1, 2));
  EXPECT_THAT(read(taken_over, 5, {0, 1, 0, 8}), ElementsAre(3));
}

TEST_F(HazardsTest, ANewBufferBesideARetiredOneInheritsNothing) {
  const auto old = hazards_.add(0, 32);
  write(old, 1);
  hazards_.retire(old);
  EXPECT_THAT(write(hazards_.add(32, 32), 2), IsEmpty());
}

TEST_F(HazardsTest, WhatANewBufferLeavesFreeIsInheritedByTheNext) {
  const auto old = hazards_.add(0, 64);
  write(old, 1);
  hazards_.retire(old);
  const auto half = hazards_.add(0, 32);
  EXPECT_THAT(write(half, 2), ElementsAre(1));
  EXPECT_THAT(write(hazards_.add(32, 32), 3), ElementsAre(1));
}

TEST_F(HazardsTest, ABufferThatWasNeverWrittenHandsOnWhatItInherited) {
  const auto old = hazards_.add(0, 32);
  write(old, 1);
  hazards_.retire(old);
  const auto unused = hazards_.add(0, 32);
  hazards_.retire(unused);
  EXPECT_THAT(write(hazards_.add(0, 32), 2), ElementsAre(1));
}

TEST_F(HazardsTest, ThroughGenerationsOnlyTheLastMustBeWaitedFor) {
  for (Token token = 1; token <= 5; ++token) {
    const auto buffer = hazards_.add(0, 32);
    EXPECT_EQ(write(buffer, token),
              token == 1 ? std::vector<Token>{} : std::vector<Token>{token - 1});
    hazards_.retire(buffer);
  }
}

/// A memory of a few bytes in which buffers come and go, with every access remembered byte by byte.
class Oracle {
 public:
  static constexpr std::size_t kAccesses = 120;
  static constexpr Bytes kMemory = 24;

  explicit Oracle(std::uint64_t seed) : random_(seed) {}

  /// The first pair of accesses that conflict and are not ordered, or an empty string.
  std::string run() {
    while (accesses_.size() < kAccesses) {
      switch (random_.integer(0, 5)) {
        case 0:
          add();
          break;
        case 1:
          retire();
          break;
        default:
          access();
      }
    }
    return first_unordered();
  }

 private:
  struct Live {
    Hazards::BufferId id;
    Bytes address;
    Bytes pitch;
    std::int64_t rows;
    std::vector<Rect> written;
  };
  struct Access {
    bool is_write;
    std::bitset<kMemory> bytes;
    std::bitset<kAccesses> before;  ///< accesses that it waits for, and those that they wait for
  };

  void add() {
    const Bytes pitch = random_.integer(1, 4);
    const std::int64_t rows = random_.integer(1, 4);
    const Bytes address = random_.integer(0, kMemory - rows * pitch);
    for (const Live& other : live_) {
      if (address < other.address + other.rows * other.pitch &&
          other.address < address + rows * pitch) {
        return;
      }
    }
    live_.push_back({hazards_.add(address, rows * pitch), address, pitch, rows, {}});
  }

  void retire() {
    if (!live_.empty()) {
      const auto victim = live_.begin() + random_.integer(0, std::ssize(live_) - 1);
      hazards_.retire(victim->id);
      live_.erase(victim);
    }
  }

  Rect inside(const Rect& outer) {
    Rect rect;
    rect.row = random_.integer(outer.row, outer.row + outer.rows - 1);
    rect.rows = random_.integer(1, outer.row + outer.rows - rect.row);
    rect.col = random_.integer(outer.col, outer.col + outer.cols - 1);
    rect.cols = random_.integer(1, outer.col + outer.cols - rect.col);
    return rect;
  }

  void access() {
    if (live_.empty()) {
      return;
    }
    Live& buffer = live_[static_cast<std::size_t>(random_.integer(0, std::ssize(live_) - 1))];
    // Nobody reads what was not written: that is what the contract rests on.
    const bool is_write = buffer.written.empty() || random_.integer(0, 1) == 0;
    const Rect rect = is_write ? inside({0, buffer.rows, 0, buffer.pitch})
                               : inside(buffer.written[static_cast<std::size_t>(
                                     random_.integer(0, std::ssize(buffer.written) - 1))]);
    const auto token = static_cast<Token>(accesses_.size());
    std::vector<Token> waits;
    if (is_write) {
      hazards_.write(buffer.id, rect, token, waits);
      buffer.written.push_back(rect);
    } else {
      hazards_.read(buffer.id, rect, token, waits);
    }
    Access noted{is_write, {}, {}};
    for (std::int64_t row = rect.row; row < rect.row + rect.rows; ++row) {
      for (Bytes col = rect.col; col < rect.col + rect.cols; ++col) {
        noted.bytes.set(static_cast<std::size_t>(buffer.address + row * buffer.pitch + col));
      }
    }
    for (const Token wait : waits) {
      noted.before.set(static_cast<std::size_t>(wait));
      noted.before |= accesses_[static_cast<std::size_t>(wait)].before;
    }
    accesses_.push_back(noted);
  }

  [[nodiscard]] std::string first_unordered() const {
    for (std::size_t later = 0; later < accesses_.size(); ++later) {
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        const Access& a = accesses_[earlier];
        const Access& b = accesses_[later];
        if ((a.is_write || b.is_write) && (a.bytes & b.bytes).any() && !b.before[earlier]) {
          return "access " + std::to_string(later) + " does not wait for " +
                 std::to_string(earlier);
        }
      }
    }
    return {};
  }

  Random random_;
  /// Each token is of an order of its own.
  std::vector<int> orders_ = orders(1000);
  Hazards hazards_{orders_};
  std::vector<Live> live_;
  std::vector<Access> accesses_;
};

TEST(HazardsProperty, EveryConflictingPairIsOrderedHoweverBuffersComeAndGo) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    ASSERT_EQ(Oracle(seed).run(), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace vitsim::mapping
