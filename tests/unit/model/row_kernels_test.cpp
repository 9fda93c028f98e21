// SPDX-License-Identifier: Apache-2.0
#include "vitsim/model/row_kernels.h"

#include <vector>

#include <gmock/gmock.h>

namespace vitsim::model {
namespace {

using testing::Contains;
using testing::Ge;

class MakeSoftmax : public testing::Test {
 protected:
  MakeSoftmax() {
    for (int i = 0; i < 40; ++i) {
      scores_.push_back(static_cast<std::int16_t>(3 * i));
    }
  }
  [[nodiscard]] std::vector<std::int16_t> weights(double threshold) const {
    std::vector<std::int16_t> out(scores_.size());
    make_softmax(unit_, 0.1, threshold)(scores_, out);
    return out;
  }

  config::SoftmaxUnit unit_;
  std::vector<std::int16_t> scores_;
};

TEST_F(MakeSoftmax, LeavesOutWeightsOfTheThresholdOrLess) {
  unit_.output_bits = 16;
  const auto plain = weights(0);
  const std::int16_t at = plain[30];  // some weight in the middle
  ASSERT_GT(at, 2);
  ASSERT_THAT(plain, Contains(Ge(at + 1)));
  // The threshold lies at this weight: it goes, and only what is above it stays.
  const auto masked = weights(at * softmax_output_scale(unit_));
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(masked[i], plain[i] <= at ? 0 : plain[i]) << plain[i];
  }
  // A little below it, the weight itself stays.
  const auto kept = weights((at - 0.25) * softmax_output_scale(unit_));
  EXPECT_EQ(kept[30], at);
}

TEST_F(MakeSoftmax, LeavesOutNothingWhereTheThresholdIsLessThanAStep) {
  unit_.output_bits = 8;
  EXPECT_EQ(weights(0.9 * softmax_output_scale(unit_)), weights(0));
}

}  // namespace
}  // namespace vitsim::model
