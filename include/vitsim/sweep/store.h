// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitsim/sweep/value.h"

namespace vitsim::sweep {

/// A number or word of a result under its name: a parameter's key, or a key of the report's totals.
using Named = std::pair<std::string, Value>;

/// A layer of a point's image.
struct LayerResult {
  std::string name;
  std::int64_t cycles = 0;
  std::int64_t exclusive_cycles = 0;
  std::int64_t macs = 0;
  double pe_utilization = 0;
  std::int64_t dram_read_bytes = 0;
  std::int64_t dram_write_bytes = 0;
};

/// What became of a point.
struct PointResult {
  std::string hash;  ///< of configuration, model, weights, input and version
  bool done = false;
  std::string message;  ///< why it failed
  std::vector<Named> parameters;
  std::vector<Named> totals;  ///< numbers
  std::vector<LayerResult> layers;
  double wall_seconds = 0;
  std::int64_t peak_rss_bytes = 0;
};

/// The results of a sweep: an SQLite file, with write-ahead log, so that what was added stays
/// whatever happens to the process. docs/sweeps.md has its tables.
class Store {
 public:
  /// Of the tables; other versions are refused.
  static constexpr int kSchemaVersion = 1;

  enum class Mode { kRead, kWrite };
  /// Opens a store, and for writing makes one where there is none. ModelError where the file is no
  /// store, or of another version, ConfigError where another process writes to it, OutputError
  /// where it cannot be made.
  Store(const std::filesystem::path& path, Mode mode);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  /// About the sweep as a whole: its name, its file, the version.
  void set(const std::string& key, const std::string& value);
  [[nodiscard]] std::optional<std::string> get(const std::string& key) const;

  /// Whether a point is done.
  [[nodiscard]] bool is_done(const std::string& hash) const;
  /// Adds a result, or puts it in the place of the one that the point had: all of it or nothing.
  /// OutputError, such as of a full disk.
  void add(const PointResult& result);
  [[nodiscard]] std::int64_t count() const;
  /// In the order in which they were added; without their layers.
  [[nodiscard]] std::vector<PointResult> results() const;
  [[nodiscard]] std::vector<LayerResult> layers_of(const std::string& hash) const;

 private:
  class Database;
  std::unique_ptr<Database> database_;
};

}  // namespace vitsim::sweep
