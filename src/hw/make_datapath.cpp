// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "vitsim/hw/array_datapath.h"

#include "register_output.h"
#include "register_row_wise.h"
#include "register_stationary.h"
#include "wavefront_datapaths.h"

namespace vitsim::hw {

std::unique_ptr<StationaryDatapath> make_stationary_datapath(const config::PeArray& array,
                                                             OperandBits bits) {
  if (array.model == config::ArrayModel::kWavefront) {
    return std::make_unique<WavefrontStationary>(array, bits);
  }
  const bool fits_32_bits =
      array.rows <= std::numeric_limits<std::int32_t>::max() >> (bits.lhs + bits.rhs - 2);
  if (fits_32_bits) {
    return std::make_unique<RegisterStationary<std::int32_t>>(array);
  }
  return std::make_unique<RegisterStationary<std::int64_t>>(array);
}

std::unique_ptr<OutputDatapath> make_output_datapath(const config::PeArray& array,
                                                     OperandBits bits) {
  if (array.model == config::ArrayModel::kWavefront) {
    return std::make_unique<WavefrontOutput>(array, bits);
  }
  return std::make_unique<RegisterOutput>(array);
}

std::unique_ptr<RowWiseDatapath> make_row_wise_datapath(const config::PeArray& array,
                                                        OperandBits bits) {
  if (array.model == config::ArrayModel::kWavefront) {
    return std::make_unique<WavefrontRowWise>(array, bits);
  }
  return std::make_unique<RegisterRowWise>(array);
}

}  // namespace vitsim::hw
