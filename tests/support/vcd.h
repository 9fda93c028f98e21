// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vitsim::test {

/// A waveform (IEEE 1364, value change dump), as a viewer reads it.
struct Vcd {
  struct Change {
    std::int64_t time;
    std::int64_t value;  ///< of its bits, without a sign; -1: not known
  };
  std::string timescale;
  std::map<std::string, int> bits;                     ///< by "module.signal"
  std::map<std::string, std::vector<Change>> changes;  ///< the first is the initial value
  std::int64_t begin = -1;                             ///< the first time at which a value is known
  std::int64_t end = -1;

  /// The signal's value at a time.
  [[nodiscard]] std::int64_t at(const std::string& signal, std::int64_t time) const {
    std::int64_t value = 0;
    for (const Change& change : changes.at(signal)) {
      if (change.time > time) {
        break;
      }
      value = change.value;
    }
    return value;
  }
};

/// Throws std::runtime_error where the file is no waveform.
inline Vcd read_vcd(const std::filesystem::path& path) {
  std::ifstream file(path);
  Vcd vcd;
  std::vector<std::string> scopes;
  std::map<std::string, std::string> name_of;
  std::int64_t time = 0;
  std::string word;
  const auto skip_to_end = [&] {
    while (file >> word && word != "$end") {
    }
  };
  const auto add = [&](const std::string& code, const std::string& digits) {
    if (vcd.begin < 0 && digits.find_first_not_of("01") == std::string::npos) {
      vcd.begin = time;
    }
    const bool known = digits.find_first_not_of("01") == std::string::npos;
    vcd.changes[name_of.at(code)].push_back(
        {time, known ? static_cast<std::int64_t>(std::stoull(digits, nullptr, 2)) : -1});
  };
  while (file >> word) {
    if (word == "$scope") {
      file >> word >> word;
      scopes.push_back(word);
      skip_to_end();
    } else if (word == "$upscope") {
      scopes.pop_back();
      skip_to_end();
    } else if (word == "$timescale") {
      std::string unit;
      file >> vcd.timescale >> unit;
      vcd.timescale += " " + unit;
      skip_to_end();
    } else if (word == "$var") {
      std::string kind;
      std::string code;
      std::string name;
      int bits = 0;
      file >> kind >> bits >> code >> name;
      for (std::size_t i = scopes.size(); i > 1; --i) {
        name = scopes[i - 1] + "." + name;
      }
      vcd.bits[name] = bits;
      name_of[code] = name;
      skip_to_end();
    } else if (word == "$comment") {
      // SystemC says the time of the initial values here.
      while (file >> word && word != "$end") {
        if (word == "=") {
          file >> time;
        }
      }
    } else if (word == "$dumpvars" || word == "$end") {
      continue;
    } else if (word[0] == '$') {
      skip_to_end();
    } else if (word[0] == '#') {
      time = std::stoll(word.substr(1));
      vcd.end = time;
    } else if (word[0] == 'b') {
      const std::string digits = word.substr(1);
      file >> word;
      add(word, digits);
    } else if (std::string_view("01xX").find(word[0]) != std::string_view::npos) {
      add(word.substr(1), word.substr(0, 1));
    } else {
      throw std::runtime_error("no value change: " + word);
    }
  }
  return vcd;
}

}  // namespace vitsim::test
