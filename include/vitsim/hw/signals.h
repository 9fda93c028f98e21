// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "vitsim/core/matrix.h"

namespace vitsim::hw {

/// Values of a machine that a waveform may show, read when they are asked for.
class Signals {
 public:
  struct Signal {
    std::string name;  ///< "module.signal", with further dots for what is inside
    int bits;          ///< of two's complement
    std::function<std::int64_t()> read;
  };

  /// What `read` refers to must outlive this.
  void add(std::string name, int bits, std::function<std::int64_t()> read) {
    all_.push_back({std::move(name), bits, std::move(read)});
  }
  /// A register of each element, `prefix`.pe_ROW_COL.`name`.
  template <class T>
  void add_registers(const std::string& prefix, const std::string& name, const Matrix<T>& values) {
    for (std::int64_t row = 0; row < values.rows(); ++row) {
      for (std::int64_t col = 0; col < values.cols(); ++col) {
        add(register_name(prefix, row, col, name), static_cast<int>(8 * sizeof(T)),
            [&values, row, col] { return static_cast<std::int64_t>(values(row, col)); });
      }
    }
  }
  static std::string register_name(const std::string& prefix, std::int64_t row, std::int64_t col,
                                   const std::string& name) {
    return prefix + ".pe_" + std::to_string(row) + "_" + std::to_string(col) + "." + name;
  }

  [[nodiscard]] const std::vector<Signal>& all() const { return all_; }

 private:
  std::vector<Signal> all_;
};

}  // namespace vitsim::hw
