// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vitsim/sweep/value.h"

namespace vitsim::sweep {

/// A number or word under its name: a parameter's key, or a key of the report.
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
  friend bool operator==(const LayerResult&, const LayerResult&) = default;
};

/// What became of a point.
struct PointResult {
  std::string hash;  ///< of configuration, model, weights, input and version
  bool done = false;
  std::string message;  ///< why it failed
  std::vector<Named> parameters;
  std::vector<Named> figures;  ///< the numbers of the report
  std::vector<LayerResult> layers;
  double wall_seconds = 0;
  std::int64_t peak_rss_bytes = 0;
};

/// A column of the table of points.
struct Column {
  enum class Kind { kParameter, kFigure };
  std::string name;
  Kind kind = Kind::kParameter;
};

std::vector<std::string> names_of(const std::vector<Column>& columns);

/// A point as it is read back, with the values of the columns that were asked for.
struct Row {
  std::int64_t id = 0;
  std::string hash;
  bool done = false;
  std::string message;
  double wall_seconds = 0;
  std::int64_t peak_rss_bytes = 0;
  std::vector<std::optional<Value>> values;
};

/// The results of a sweep: an SQLite file. What was added stays, whatever happens to the process.
/// docs/sweeps.md has its tables.
class Store {
 public:
  /// Of the tables; other versions are refused.
  static constexpr int kSchemaVersion = 1;

  enum class Mode {
    kRead,
    kWrite,       ///< with a write-ahead log: others may read meanwhile
    kWriteShard,  ///< with a rollback journal, as network file systems need it
  };
  /// Opens a store, and for writing makes one where there is none. ModelError where the file is no
  /// store, or of another version, ConfigError where another process writes to it, OutputError
  /// where it cannot be made.
  Store(const std::filesystem::path& path, Mode mode);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// About the sweep as a whole: its name, its file, the version.
  void set(const std::string& key, const std::string& value);
  [[nodiscard]] std::optional<std::string> get(const std::string& key) const;

  /// Whether a point has ended, and how.
  [[nodiscard]] bool has(const std::string& hash) const;
  [[nodiscard]] bool is_done(const std::string& hash) const;
  /// Adds results, each in the place of the one that the point had: all of them or nothing.
  /// OutputError, such as of a full disk.
  void add(std::span<const PointResult> results);
  void add(const PointResult& result) { add(std::span(&result, 1)); }

  [[nodiscard]] std::int64_t count() const;
  /// In the order in which they came.
  [[nodiscard]] std::vector<Column> columns() const;
  /// Shows each point, in the order in which they were added, with the values of these columns. The
  /// row is used again for the next.
  void each(const std::vector<std::string>& columns,
            const std::function<void(const Row&)>& see) const;
  [[nodiscard]] std::vector<LayerResult> layers_of(std::int64_t id) const;

 private:
  class Database;
  std::filesystem::path path_;
  std::unique_ptr<Database> database_;
};

}  // namespace vitsim::sweep
