// SPDX-License-Identifier: Apache-2.0
#include "support/random_case.h"

#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "vitsim/config/load.h"

/// What random tests rest on: that everything is drawn, and now and then together.
namespace vitsim::test {
namespace {

using config::ArrayKind;
using config::ArrayModel;
using config::Dataflow;
using config::Drain;
using config::PeArray;

int times_drawn(const std::function<bool(const config::Config&)>& wanted) {
  int times = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    times += wanted(random_config(random)) ? 1 : 0;
  }
  return times;
}

int arrays_drawn(const std::function<bool(const PeArray&)>& wanted) {
  return times_drawn(
      [&](const config::Config& config) { return wanted(config.accelerator.pe_array); });
}

TEST(RandomConfig, IsOfEachKindDataflowAndFormWithAndWithoutOverlap) {
  for (const ArrayModel model : {ArrayModel::kWavefront, ArrayModel::kRegister}) {
    for (const bool overlap : {false, true}) {
      for (const Drain drain : {Drain::kHidden, Drain::kExposed}) {
        const auto is = [&](const PeArray& array, ArrayKind kind) {
          return array.kind == kind && array.model == model && array.overlap_folds == overlap &&
                 array.drain == drain;
        };
        EXPECT_GT(arrays_drawn([&](const PeArray& a) { return is(a, ArrayKind::kRowWise); }), 5);
        for (const Dataflow dataflow : {Dataflow::kWeightStationary, Dataflow::kInputStationary,
                                        Dataflow::kOutputStationary}) {
          EXPECT_GT(arrays_drawn([&](const PeArray& a) {
                      return is(a, ArrayKind::kSystolic) && a.dataflow == dataflow;
                    }),
                    5);
        }
      }
    }
  }
}

TEST(RandomConfig, IsOfEachShapeOfARowWiseArray) {
  const auto row_wise = [](const PeArray& array) { return array.kind == ArrayKind::kRowWise; };
  const auto piece = [](const PeArray& array) { return array.blocks * array.macs_per_block; };
  EXPECT_GT(arrays_drawn(
                [&](const PeArray& a) { return row_wise(a) && a.row_buffer_elements < piece(a); }),
            20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) {
              return row_wise(a) && a.row_buffer_elements > 2 * piece(a);
            }),
            20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return row_wise(a) && a.blocks == 1; }), 5);
}

TEST(RandomConfig, LoadsOneRowSomeAndAllOfThePesInACycle) {
  const auto rows = [](const PeArray& array) { return array.weight_rows_per_cycle; };
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return rows(a) == 1; }), 20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return rows(a) > 1 && rows(a) < a.rows; }), 20);
  EXPECT_GT(arrays_drawn([&](const PeArray& a) { return rows(a) > a.rows; }), 20);
}

TEST(RandomConfig, HasAccumulatorsThatHoldAProductAndLittleMore) {
  EXPECT_GT(times_drawn([](const config::Config& config) {
              config::Config narrower = config;
              --narrower.precision.accumulator_bits;
              try {
                config::check(narrower);
                config::check_attention(narrower, narrower.attention);
              } catch (const std::exception&) {
                return true;
              }
              return false;
            }),
            20);
}

TEST(RandomConfig, ComputesEachAttentionOnEachArray) {
  for (const config::Attention attention : {config::Attention::kSoftmax, config::Attention::kTaylor,
                                            config::Attention::kTaylorReleased}) {
    const auto is = [&](const config::Config& config, ArrayKind kind) {
      return config.attention == attention && config.accelerator.pe_array.kind == kind;
    };
    EXPECT_GT(times_drawn([&](const config::Config& c) { return is(c, ArrayKind::kRowWise); }), 10);
    for (const Dataflow dataflow :
         {Dataflow::kWeightStationary, Dataflow::kInputStationary, Dataflow::kOutputStationary}) {
      EXPECT_GT(times_drawn([&](const config::Config& c) {
                  return is(c, ArrayKind::kSystolic) && c.accelerator.pe_array.dataflow == dataflow;
                }),
                10);
    }
  }
}

TEST(RandomConfig, HasEveryInterleavingWithEveryKindOfPortAndNumberOfChannels) {
  for (const auto& interleaving : config::kInterleavingNames) {
    for (const auto& kind : config::kPortKindNames) {
      for (int channels = 1; channels <= 4; ++channels) {
        EXPECT_GT(times_drawn([&](const config::Config& config) {
                    const auto& machine = config.accelerator;
                    return machine.scratchpad.interleaving == interleaving.value &&
                           machine.scratchpad.port_kind == kind.value &&
                           machine.dma.channels == channels;
                  }),
                  5);
      }
    }
  }
}

int pipelines_drawn(const std::function<bool(const config::TaylorPipeline&)>& wanted) {
  return times_drawn(
      [&](const config::Config& config) { return wanted(*config.accelerator.taylor_pipeline); });
}

TEST(RandomConfig, HasAllVariantsOfATaylorPipelineWithOneAnother) {
  using Pipeline = config::TaylorPipeline;
  for (const auto& overlap : config::kOverlapNames) {
    for (const auto& denominator : config::kDenominatorNames) {
      for (const auto& centering : config::kCenteringNames) {
        EXPECT_GT(pipelines_drawn([&](const Pipeline& p) {
                    return p.overlap == overlap.value && p.denominator == denominator.value &&
                           p.centering == centering.value;
                  }),
                  20);
      }
    }
  }
  for (const auto& layout : config::kKHatLayoutNames) {
    for (const auto& reads : config::kFeatureReadsNames) {
      EXPECT_GT(pipelines_drawn([&](const Pipeline& p) {
                  return p.k_hat_layout == layout.value && p.feature_reads == reads.value;
                }),
                20);
    }
  }
  for (const auto& kind : config::kDividerKindNames) {
    EXPECT_GT(pipelines_drawn([&](const Pipeline& p) {
                return p.divider_array.kind == kind.value && p.divider_array.quotient_bits < 8;
              }),
              20);
  }
}

TEST(RandomConfig, HasTheNarrowestAndTheWidestVectorsOfATaylorPipeline) {
  using Pipeline = config::TaylorPipeline;
  const auto expect_drawn = [](const std::function<bool(const Pipeline&)>& wanted) {
    EXPECT_GT(pipelines_drawn(wanted), 20);
  };
  expect_drawn([](const Pipeline& p) { return p.k_hat_bits == 4; });
  expect_drawn([](const Pipeline& p) { return p.k_hat_bits == 16; });
  expect_drawn([](const Pipeline& p) { return p.g_bits == 4; });
  expect_drawn([](const Pipeline& p) { return p.g_bits == 16; });
  expect_drawn([](const Pipeline& p) { return p.mean_fraction_bits == 0; });
  expect_drawn([](const Pipeline& p) { return p.k_hat_fraction_bits < p.mean_fraction_bits; });
  expect_drawn([](const Pipeline& p) {
    return p.k_hat_fraction_bits == p.mean_fraction_bits && p.mean_fraction_bits > 3;
  });
  expect_drawn([](const Pipeline& p) { return p.sa_diag.divisor_queue == 1; });
  expect_drawn([](const Pipeline& p) { return p.accumulator_array.lanes == 0; });
  expect_drawn([](const Pipeline& p) { return p.divider_array.initiation_interval > 1; });
}

TEST(RandomCase, HasPartitionsNowAndThen) {
  std::map<config::Interleaving, int> drawn;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const auto& pad = random_case(seed).config.accelerator.scratchpad;
    drawn[pad.interleaving] += pad.partitions ? 1 : 0;
  }
  for (const auto& interleaving : config::kInterleavingNames) {
    EXPECT_GT(drawn[interleaving.value], 0) << interleaving.name;
  }
}

TEST(RandomCase, IsOfTheAttentionThatIsAskedFor) {
  for (const auto& [name, attention] : config::kAttentionNames) {
    const Case drawn = random_case(3, attention);
    EXPECT_EQ(drawn.config.attention, attention) << name;
  }
}

}  // namespace
}  // namespace vitsim::test
