// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/runner.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/core/text.h"
#include "vitsim/sweep/pareto_search.h"

namespace vitsim::sweep {
namespace {

constexpr const char* kMismatches = "check.integer_mismatches";

/// What a point costs; none where a number is missing.
std::optional<Costs> costs_in(const std::vector<Objective>& objectives,
                              const std::vector<Named>& parameters,
                              const std::vector<Named>& numbers) {
  std::vector<double> values;
  for (const Objective& objective : objectives) {
    auto value = find(parameters, objective.key);
    value = value ? value : find(numbers, objective.key);
    if (!value) {
      return std::nullopt;
    }
    values.push_back(*value);
  }
  return costs_of(objectives, values);
}

class Runner {
 public:
  Runner(std::size_t count, const std::function<Job(std::size_t)>& job_of, Store& store,
         const RunnerOptions& options)
      : job_of_(job_of), store_(store), options_(options), search_({}) {
    tally_.points = count;
    read_known();
  }

  Tally run() {
    std::vector<std::size_t> order = options_.prune ? promising_first() : all();
    ChildPool pool(options_.jobs, options_.limits);
    std::size_t next = 0;
    while (next < order.size() || !pool.empty()) {
      while (next < order.size() && !pool.full() && !interrupted()) {
        start(pool, order[next++]);
        show();
      }
      if (pool.empty()) {
        check_interrupt();
        continue;
      }
      end(pool.wait([&] { show(); }));
    }
    check_interrupt();
    return tally_;
  }

 private:
  /// A point of the store, or one that was started.
  struct Known {
    bool done = false;
    std::optional<Costs> costs;
  };

  void show() const {
    if (options_.show) {
      options_.show(tally_);
    }
  }

  [[nodiscard]] std::vector<std::size_t> all() const {
    std::vector<std::size_t> points(tally_.points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      points[i] = i;
    }
    return points;
  }

  void read_known() {
    std::vector<Column> columns = store_.columns();
    std::erase_if(columns, [&](const Column& column) {
      return column.kind != Column::Kind::kParameter &&
             std::ranges::find(options_.objectives, column.name, &Objective::key) ==
                 options_.objectives.end();
    });
    store_.each(names_of(columns), [&](const Row& row) {
      std::vector<Named> parameters;
      std::vector<Named> numbers;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (row.values[i]) {
          (columns[i].kind == Column::Kind::kParameter ? parameters : numbers)
              .emplace_back(columns[i].name, *row.values[i]);
        }
      }
      Known known{row.done, std::nullopt};
      if (row.done) {
        known.costs = costs_in(options_.objectives, parameters, numbers);
        consider(known.costs, parameters);
      }
      known_[row.hash] = std::move(known);
    });
  }

  [[nodiscard]] bool is_known(const std::string& hash) const {
    const auto found = known_.find(hash);
    return found != known_.end() && (found->second.done || !options_.retry_failed);
  }

  /// Estimates every point, and orders them by what that says.
  std::vector<std::size_t> promising_first() {
    std::vector<std::optional<Costs>> bounds(tally_.points);
    std::map<std::size_t, std::vector<Named>> parameters;
    ChildPool pool(options_.jobs, options_.limits);
    std::size_t next = 0;
    std::size_t over = 0;
    while (over < bounds.size()) {
      check_interrupt();
      while (next < bounds.size() && !pool.full()) {
        Job job = job_of_(next);
        if (job.problem.empty()) {
          parameters[next] = std::move(job.parameters);
          pool.start(next, [&] { return to_text(job.estimate()); });
        } else {
          ++over;
        }
        ++next;
      }
      if (options_.show_estimates) {
        options_.show_estimates(over, bounds.size());
      }
      if (pool.empty()) {
        continue;
      }
      const ChildOutcome outcome = pool.wait();
      ++over;
      if (outcome.code == ExitCode::kDone) {  // what went wrong, the simulation says again
        bounds[outcome.number] = bounds_of(options_.objectives, parameters[outcome.number],
                                           figures_in(outcome.text).numbers);
      }
      parameters.erase(outcome.number);
    }
    search_ = ParetoSearch(std::move(bounds));
    for (const auto& [hash, known] : known_) {
      if (known.costs) {
        search_.add(*known.costs);
      }
    }
    return search_.order();
  }

  void start(ChildPool& pool, std::size_t point) {
    Job job = job_of_(point);
    if (is_known(job.hash) || !started_.insert(job.hash).second) {
      ++tally_.known;
    } else if (!job.problem.empty()) {
      PointResult result;
      result.hash = job.hash;
      result.message = job.problem;
      result.parameters = std::move(job.parameters);
      add(result);
    } else if (options_.prune && !search_.can_reach_front(point)) {
      ++tally_.pruned;
    } else {
      under_way_[point] = {job.hash, job.parameters};
      pool.start(point, [&] { return to_text(job.simulate()); });
    }
  }

  void end(const ChildOutcome& outcome) {
    const auto found = under_way_.find(outcome.number);
    PointResult result;
    std::tie(result.hash, result.parameters) = std::move(found->second);
    under_way_.erase(found);
    if (outcome.code == ExitCode::kInterrupted) {
      return;
    }
    result.wall_seconds = outcome.seconds;
    result.peak_rss_bytes = outcome.peak_rss_bytes;
    result.done = outcome.code == ExitCode::kDone;
    if (result.done) {
      Figures figures = figures_in(outcome.text);
      // A model's key may be a parameter and stand in the report, too.
      std::erase_if(figures.numbers, [&](const Named& number) {
        return std::ranges::find(result.parameters, number.first, &Named::first) !=
               result.parameters.end();
      });
      result.figures = std::move(figures.numbers);
      result.layers = std::move(figures.layers);
    } else {
      result.message = outcome.text;
    }
    add(result);
    if (result.done) {
      note(result);
    }
  }

  void add(const PointResult& result) {
    store_.add(result);
    ++(result.done ? tally_.done : tally_.failed);
    if (!result.done && tally_.first_failure.empty()) {
      tally_.first_failure = result.message;
    }
  }

  /// What a point that is in the store means for the others.
  void note(const PointResult& result) {
    tally_.mismatches += static_cast<std::int64_t>(find(result.figures, kMismatches).value_or(0));
    if (tally_.done == 1) {
      check_objectives(result);
    }
    const auto costs = costs_in(options_.objectives, result.parameters, result.figures);
    consider(costs, result.parameters);
    if (costs) {
      search_.add(*costs);
    }
  }

  void consider(const std::optional<Costs>& costs, const std::vector<Named>& parameters) {
    if (!costs || costs->empty()) {
      return;
    }
    const double sign = options_.objectives.front().maximize ? -1.0 : 1.0;
    if (!tally_.best || costs->front() < sign * tally_.best->value) {
      tally_.best = Best{sign * costs->front(), parameters};
    }
  }

  void check_objectives(const PointResult& result) const {
    std::vector<std::string> names;
    for (const auto* named : {&result.parameters, &result.figures}) {
      for (const auto& [name, value] : *named) {
        names.push_back(name);
      }
    }
    for (const Objective& objective : options_.objectives) {
      if (std::ranges::find(names, objective.key) == names.end()) {
        const std::string meant = nearest(objective.key, names);
        throw ConfigError(fmt::format(
            "objectives: got '{}', expected a number of the report{}", printable(objective.key),
            meant.empty() ? ", such as 'totals.cycles'" : fmt::format(", such as '{}'", meant)));
      }
    }
  }

  const std::function<Job(std::size_t)>& job_of_;
  Store& store_;
  const RunnerOptions& options_;
  ParetoSearch search_;
  Tally tally_;
  std::unordered_map<std::string, Known> known_;  ///< by hash
  std::set<std::string> started_;                 ///< hashes
  /// Hash and parameters.
  std::map<std::size_t, std::pair<std::string, std::vector<Named>>> under_way_;
};

}  // namespace

Tally run_points(std::size_t count, const std::function<Job(std::size_t)>& job_of, Store& store,
                 const RunnerOptions& options) {
  return Runner(count, job_of, store, options).run();
}

}  // namespace vitsim::sweep
