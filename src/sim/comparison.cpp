// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sim/comparison.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "vitsim/sim/layer_name.h"

namespace vitsim::sim {
namespace {

using Json = nlohmann::ordered_json;

/// The entry of that name, made where there is none.
template <class T>
T& entry_of(std::vector<T>& entries, std::string T::*name, const std::string& wanted) {
  const auto found = std::ranges::find(entries, wanted, name);
  if (found != entries.end()) {
    return *found;
  }
  entries.emplace_back().*name = wanted;
  return entries.back();
}

/// The cycles from a block's first attention layer to its last, added up over the blocks.
class AttentionSpans {
 public:
  void add(const std::string& block, Cycles start, Cycles end) {
    Span& span = blocks_.try_emplace(block, Span{start, end}).first->second;
    span.start = std::min(span.start, start);
    span.end = std::max(span.end, end);
  }

  [[nodiscard]] Cycles cycles() const {
    return std::accumulate(
        blocks_.begin(), blocks_.end(), Cycles{0},
        [](Cycles sum, const auto& block) { return sum + block.second.end - block.second.start; });
  }

 private:
  struct Span {
    Cycles start;
    Cycles end;
  };
  std::map<std::string, Span> blocks_;
};

void add_operations(const Json& layer, bool attention, std::vector<OperationCount>& operations) {
  if (!layer.contains("operations")) {
    return;
  }
  for (const auto& [kind, count] : layer.at("operations").items()) {
    OperationCount& sum = entry_of(operations, &OperationCount::kind, kind);
    sum.image += count.get<std::int64_t>();
    sum.attention += attention ? count.get<std::int64_t>() : 0;
  }
}

/// All PE-cycles of a run are its PEs x its cycles.
std::int64_t pe_count(const Json& totals) {
  const Json& uses = totals.at("pe_cycles");
  const auto pe_cycles = std::accumulate(
      uses.begin(), uses.end(), std::int64_t{0},
      [](std::int64_t sum, const Json& cycles) { return sum + cycles.get<std::int64_t>(); });
  return pe_cycles / totals.at("cycles").get<std::int64_t>();
}

void add_layers(const Json& report, Figures& figures) {
  AttentionSpans spans;
  std::int64_t attention_macs = 0;
  for (const Json& layer : report.at("layers")) {
    const std::string name = layer.at("name");
    entry_of(figures.operators, &OperatorCycles::name, kind_of(name)).exclusive_cycles +=
        layer.at("exclusive_cycles").get<Cycles>();
    add_operations(layer, is_attention(name), figures.operations);
    if (is_attention(name)) {
      spans.add(block_of(name), layer.at("start_cycle"), layer.at("end_cycle"));
      attention_macs += layer.at("macs").get<std::int64_t>();
      figures.attention_dram_bytes +=
          layer.at("dram_read_bytes").get<Bytes>() + layer.at("dram_write_bytes").get<Bytes>();
    }
  }
  figures.attention_cycles = spans.cycles();
  if (figures.attention_cycles > 0) {
    figures.attention_pe_utilization =
        static_cast<double>(attention_macs) /
        static_cast<double>(pe_count(report.at("totals")) * figures.attention_cycles);
  }
}

void add_totals(const Json& report, Figures& figures) {
  const Json& totals = report.at("totals");
  const auto images = report.at("images").get<std::int64_t>();
  const auto of_one_image = [&](const char* key) {
    return totals.at(key).get<std::int64_t>() / images;
  };
  figures.cycles = totals.at("cycles_per_image");
  figures.seconds = totals.at("seconds").get<double>() / static_cast<double>(images);
  figures.pe_utilization = totals.at("pe_utilization");
  figures.dram_read_bytes = of_one_image("dram_read_bytes");
  figures.dram_write_bytes = of_one_image("dram_write_bytes");
  figures.scratchpad_read_bytes = of_one_image("scratchpad_read_bytes");
  figures.scratchpad_write_bytes = of_one_image("scratchpad_write_bytes");
  if (totals.contains("top1")) {
    figures.top1 = totals.at("top1");
  }
}

void add_check(const Json& report, Figures& figures) {
  const Json& check = report.at("check");
  if (check.at("mode") != "exact") {
    return;
  }
  figures.integer_mismatches = check.at("integer_mismatches");
  if (const Json& layers = check.at("layers"); !layers.empty()) {
    const Json& sqnr_db = layers.back().at("sqnr_db");
    figures.sqnr_db =
        sqnr_db.is_null() ? std::numeric_limits<double>::infinity() : sqnr_db.get<double>();
  }
  for (const Json& prediction : report.at("predictions")) {
    const Json& float_top1 = prediction.at("float_top1");
    figures.float_images += !float_top1.is_null();
    figures.same_as_float += float_top1 == prediction.at("top5").front();
  }
}

}  // namespace

std::int64_t Comparison::integer_mismatches() const {
  return std::accumulate(
      runs.begin(), runs.end(), std::int64_t{0}, [](std::int64_t sum, const ComparedRun& run) {
        return sum + run.report.at("check").at("integer_mismatches").get<std::int64_t>();
      });
}

Figures figures_of(const Json& report) {
  Figures figures;
  add_layers(report, figures);
  add_totals(report, figures);
  add_check(report, figures);
  return figures;
}

std::vector<std::string> operators_of(std::span<const Figures> runs) {
  std::vector<std::string> names;
  for (const Figures& run : runs) {
    auto next = names.end();
    for (std::size_t i = run.operators.size(); i-- > 0;) {
      const std::string& name = run.operators[i].name;
      const auto known = std::ranges::find(names, name);
      next = known != names.end() ? known : names.insert(next, name);
    }
  }
  return names;
}

std::optional<double> times_less(std::optional<double> first, std::optional<double> second) {
  return first && second && *second > 0 ? std::optional(*first / *second) : std::nullopt;
}

}  // namespace vitsim::sim
