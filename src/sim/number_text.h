// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

/// Numbers as the report for people shows them.
namespace vitsim::sim {

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t number);
/// Bytes as "812 B", "1.2 KiB", "34.5 MiB".
std::string bytes_text(std::int64_t bytes);
/// part / whole as "12.3 %"; "-" where there is no whole.
std::string percent(double part, double whole);
/// Seconds as "812 ns", "52.3 us", "1.234 ms", "2.50 s".
std::string seconds_text(double seconds);

}  // namespace vitsim::sim
