// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/waveform.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <set>
#include <system_error>
#include <systemc>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <unistd.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::sim {
namespace {

namespace fs = std::filesystem;

using Signal = hw::Signals::Signal;

bool fits(const Signal& signal, const std::string& pattern) {
  return ::fnmatch(pattern.c_str(), signal.name.c_str(), 0) == 0;
}

std::vector<std::string> modules_of(const hw::Signals& signals) {
  std::set<std::string> modules;
  for (const Signal& signal : signals.all()) {
    modules.insert(signal.name.substr(0, signal.name.find('.')));
  }
  return {modules.begin(), modules.end()};
}

/// The lowest bits of the value, word by word: SystemC's own assignment shifts a word by 32 where
/// the width is a multiple of it, which C++ does not define.
void show(std::int64_t value, sc_dt::sc_lv_base& vector) {
  constexpr int kWordBits = std::numeric_limits<sc_dt::sc_digit>::digits;
  auto rest = static_cast<std::uint64_t>(value);
  for (int bit = 0; bit < vector.length(); bit += kWordBits) {
    const int used = std::min(kWordBits, vector.length() - bit);
    vector.set_word(bit / kWordBits,
                    static_cast<sc_dt::sc_digit>(rest & (~std::uint64_t{0} >> (64 - used))));
    vector.set_cword(bit / kWordBits, 0);  // neither X nor Z
    rest >>= kWordBits;
  }
}

/// The signals that fit any of the patterns.
std::vector<Signal> chosen(const hw::Signals& signals, const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (std::ranges::none_of(signals.all(),
                             [&](const Signal& signal) { return fits(signal, pattern); })) {
      const std::vector<std::string> modules = modules_of(signals);
      const std::string meant = nearest(pattern.substr(0, pattern.find('.')), modules);
      throw ConfigError(fmt::format(
          "--vcd-signals: got '{}', which fits no signal{}, expected a pattern such as "
          "'pe_array.*' "
          "of {}",
          printable(pattern), meant.empty() ? "" : fmt::format(" (did you mean '{}.*'?)", meant),
          fmt::join(modules, ", ")));
    }
  }
  std::vector<Signal> found;
  std::ranges::copy_if(signals.all(), std::back_inserter(found), [&](const Signal& signal) {
    return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
             return fits(signal, pattern);
           });
  });
  return found;
}

}  // namespace

class Waveform::Follower {
 public:
  Follower(Machine& machine, const WaveformOptions& options)
      : machine_(machine),
        options_(options),
        target_(fs::weakly_canonical(options.file)),
        // SystemC adds the extension itself.
        temporary_(target_.parent_path() /
                   fmt::format(".{}.{}", target_.filename().string(), ::getpid())),
        signals_(chosen(machine.signals(), options.signals)),
        values_(signals_.size()) {
    begin();
    machine.set_tracer([this](Cycles now) { sample(now); });
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  ~Follower() {
    close();
    std::error_code ignored;
    fs::remove(written(), ignored);
  }

  void finish() {
    if (last_ < options_.first) {
      throw ConfigError(
          fmt::format("--vcd-range: got cycles from {} on, expected at most {}, the "
                      "last in which something happens",
                      options_.first, last_));
    }
    close();
    std::error_code problem;
    fs::rename(written(), target_, problem);
    if (problem) {
      throw OutputError(
          fmt::format("{}: cannot be written: {}", options_.file.string(), problem.message()));
    }
  }

 private:
  [[nodiscard]] fs::path written() const { return temporary_.string() + ".vcd"; }

  /// SystemC takes the values of variables when the cycle is over.
  void sample(Cycles now) {
    last_ = now;
    if (now > options_.last) {
      return close();  // the file ends here
    }
    if (now < options_.first) {
      return;
    }
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      const std::int64_t value = signals_[i].read();
      if (values_[i] != value) {
        values_[i] = value;
        show(value, shown_[i]);
      }
    }
  }

  /// Nothing is known of the signals before the range: they are X.
  void begin() {
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
    file_ = sc_core::sc_create_vcd_trace_file(temporary_.c_str());
    file_->set_time_unit(1, sc_core::SC_PS);
    for (const Signal& signal : signals_) {
      shown_.emplace_back(signal.bits);
      sc_core::sc_trace(file_, shown_.back(), signal.name);
    }
  }

  void close() {
    machine_.set_tracer({});
    if (file_ != nullptr) {
      sc_core::sc_close_vcd_trace_file(file_);
      file_ = nullptr;
    }
  }

  Machine& machine_;
  WaveformOptions options_;
  fs::path target_;
  fs::path temporary_;
  std::vector<Signal> signals_;
  std::vector<std::optional<std::int64_t>> values_;  ///< of the last cycle
  std::deque<sc_dt::sc_lv_base> shown_;              ///< the same, for SystemC
  Cycles last_ = -1;
  sc_core::sc_trace_file* file_ = nullptr;
};

Waveform::Waveform(Machine& machine, const WaveformOptions& options)
    : follower_(std::make_unique<Follower>(machine, options)) {}
Waveform::~Waveform() = default;

void Waveform::finish() { follower_->finish(); }

}  // namespace vitsim::sim
