// SPDX-License-Identifier: Apache-2.0
#include "report_json.h"

#include <cmath>
#include <iterator>
#include <ranges>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vitsim::sweep {
namespace {

/// Appends JSON to a text. nlohmann::json would hold a node for each of millions of numbers.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void text(const std::string& text) {
    for (const char letter :
         nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
      if (letter == '<') {
        out_ += "\\u003c";
      } else {
        out_ += letter;
      }
    }
  }
  template <class Integer>
  requires std::is_integral_v<Integer>
  void number(Integer number) { fmt::format_to(std::back_inserter(out_), "{}", number); }
  void number(double number) {
    if (!std::isfinite(number)) {
      out_ += "null";
    } else if (is_whole(number)) {
      this->number(static_cast<std::int64_t>(number));
    } else {
      fmt::format_to(std::back_inserter(out_), "{}", number);
    }
  }
  void value(const Value& value) {
    if (const auto* as_number = std::get_if<double>(&value)) {
      number(*as_number);
    } else {
      text(text_of(value));
    }
  }

  /// An array, each element of which `write` writes.
  template <class Range, class Write>
  void list(const Range& range, const Write& write) {
    out_ += '[';
    bool first = true;
    for (const auto& element : range) {
      out_ += first ? "" : ",";
      first = false;
      write(element);
    }
    out_ += ']';
  }
  template <class Range>
  void numbers(const Range& range) {
    list(range, [&](const auto& element) { number(element); });
  }
  /// An array of a few elements of different kinds.
  template <class First, class... Rest>
  void tuple(const First& first, const Rest&... rest) {
    out_ += '[';
    first();
    (((out_ += ','), rest()), ...);
    out_ += ']';
  }
  void key(const char* key) {
    out_ += out_.back() == '{' ? "" : ",\n";
    out_ += fmt::format("\"{}\":", key);
  }
  void open() { out_ += '{'; }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
};

void write_columns(Writer& json, const ReportData& data) {
  json.key("parameters");
  json.list(data.parameters, [&](const ParameterColumn& parameter) {
    json.open();
    json.key("key");
    json.text(parameter.key);
    json.key("values");
    json.list(parameter.levels.values, [&](const Value& value) { json.value(value); });
    json.key("codes");
    json.numbers(parameter.levels.of_points);
    json.close();
  });
  json.key("figures");
  json.list(data.figures, [&](const FigureColumn& figure) {
    json.open();
    json.key("key");
    json.text(figure.key);
    json.key("numbers");
    json.numbers(figure.numbers);
    json.close();
  });
}

void write_breakdowns(Writer& json, const ReportData& data) {
  json.key("operators");
  json.list(data.operators, [&](const std::string& name) { json.text(name); });
  json.key("breakdowns");
  json.list(data.breakdowns, [&](const Breakdown& breakdown) {
    json.tuple([&] { json.number(breakdown.place); },
               [&] {
                 json.list(breakdown.cycles, [&](const auto& part) {
                   json.tuple([&] { json.number(part.first); }, [&] { json.number(part.second); });
                 });
               });
  });
}

void write_effects(Writer& json, const ReportData& data) {
  json.key("effects");
  json.list(data.effects, [&](const auto& of_parameter) {
    json.list(of_parameter, [&](const std::vector<Effect>& effects) {
      json.list(effects, [&](const Effect& effect) {
        json.tuple([&] { json.number(effect.mean); }, [&] { json.number(effect.points); });
      });
    });
  });
  json.key("marginal");
  json.list(data.marginal, [&](const MarginalGroup& group) {
    json.open();
    json.key("of");
    json.text(group.of);
    json.key("unit");
    json.text(group.unit);
    json.key("steps");
    json.list(group.steps, [&](const MarginalCost& step) {
      json.tuple([&] { json.number(step.from); }, [&] { json.number(step.to); },
                 [&] { json.number(step.pairs); }, [&] { json.number(step.mean); },
                 [&] { json.number(step.least); }, [&] { json.number(step.largest); });
    });
    json.close();
  });
}

}  // namespace

std::string report_json(const ReportData& data, const ReportTexts& texts) {
  std::string out;
  Writer json(out);
  json.open();
  for (const auto& [key, text] :
       {std::pair("name", &texts.name), std::pair("file", &texts.file),
        std::pair("version", &texts.version), std::pair("spec", &texts.spec)}) {
    json.key(key);
    json.text(*text);
  }
  json.key("objectives");
  json.list(data.objectives, [&](const Objective& objective) {
    json.tuple([&] { json.text(objective.key); },
               [&] { out += objective.maximize ? "true" : "false"; });
  });
  json.key("ids");
  json.numbers(data.ids);
  json.key("failed");
  json.numbers(data.failed);
  json.key("messages");
  json.list(data.messages, [&](const auto& message) {
    json.tuple([&] { json.number(message.first); }, [&] { json.text(message.second); });
  });
  write_columns(json, data);
  json.key("front");
  json.numbers(data.front);
  write_breakdowns(json, data);
  write_effects(json, data);
  json.close();
  return out;
}

}  // namespace vitsim::sweep
