// SPDX-License-Identifier: Apache-2.0
#include "vitsim/trace/tile_hash.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "vitsim/core/random.h"

namespace vitsim::trace {
namespace {

constexpr std::int64_t kRows = 5;
constexpr std::int64_t kCols = 7;

struct Place {
  std::int64_t row;
  std::int64_t col;
};

std::vector<Place> all_places() {
  std::vector<Place> places;
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::int64_t col = 0; col < kCols; ++col) {
      places.push_back({row, col});
    }
  }
  return places;
}

std::vector<std::int16_t> some_values() {
  Random random(1);
  std::vector<std::int16_t> values;
  for (std::int64_t i = 0; i < kRows * kCols; ++i) {
    values.push_back(static_cast<std::int16_t>(random.integer(-32768, 32767)));
  }
  return values;
}

TileHash hash_of(const std::vector<std::int16_t>& values) {
  TileHash hash(kRows);
  for (const auto& [row, col] : all_places()) {
    hash.add(row, col, values[static_cast<std::size_t>(row * kCols + col)]);
  }
  return hash;
}

TEST(TileHash, IsTheSameInWhateverOrderValuesCome) {
  const auto values = some_values();
  const TileHash expected = hash_of(values);
  auto places = all_places();
  Random random(2);
  for (std::size_t i = places.size() - 1; i > 0; --i) {
    std::swap(places[i],
              places[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i)))]);
  }
  TileHash hash(kRows);
  for (const auto& [row, col] : places) {
    hash.add(row, col, values[static_cast<std::size_t>(row * kCols + col)]);
  }
  EXPECT_EQ(hash.value(), expected.value());
  EXPECT_EQ(hash.rows(), expected.rows());
}

TEST(TileHash, IsTheSameHoweverManyValuesComeAtOnce) {
  const auto values = some_values();
  const std::span all(values);
  TileHash hash(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    hash.add(static_cast<std::int64_t>(row), 0, all.subspan(row * kCols, 3));
    hash.add(static_cast<std::int64_t>(row), 3, all.subspan(row * kCols + 3, kCols - 3));
  }
  EXPECT_EQ(hash.value(), hash_of(values).value());
}

TEST(TileHash, NoBitMayChange) {
  const auto values = some_values();
  std::set<std::uint64_t> hashes{hash_of(values).value()};
  for (std::size_t at = 0; at < values.size(); ++at) {
    for (unsigned bit = 0; bit < 16; ++bit) {
      auto changed = values;
      changed[at] = static_cast<std::int16_t>(changed[at] ^ (1 << bit));
      hashes.insert(hash_of(changed).value());
    }
  }
  EXPECT_EQ(hashes.size(), values.size() * 16 + 1);
}

TEST(TileHash, ValuesMayNotChangePlaces) {
  const auto values = some_values();
  for (std::size_t at = 0; at + 1 < values.size(); ++at) {
    auto changed = values;
    std::swap(changed[at], changed[at + 1]);
    EXPECT_NE(hash_of(changed).value(), hash_of(values).value()) << at;
  }
}

TEST(TileHash, ARowThatIsNotAsItWasIsTold) {
  auto values = some_values();
  const auto before = hash_of(values).rows();
  values[2 * kCols] ^= 1;
  const auto rows = hash_of(values).rows();
  for (std::size_t row = 0; row < kRows; ++row) {
    EXPECT_EQ(rows[row] == before[row], row != 2) << row;
  }
}

/// A file that others keep must mean the same tomorrow.
TEST(TileHash, IsTheHashThatFilesHold) {
  TileHash hash(2);
  hash.add(0, 0, 1);
  hash.add(1, 3, -1);
  EXPECT_EQ(hash.value(), 12351146782327249313U);
}

}  // namespace
}  // namespace vitsim::trace
