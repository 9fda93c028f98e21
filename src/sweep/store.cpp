// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/store.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file_lock.h"
#include "vitsim/core/text.h"

namespace vitsim::sweep {
namespace {

/// "vswp": told by `file`, and by us, from other SQLite files.
constexpr int kApplication = 0x76737770;

/// Of a table, as Debian's SQLite has it; and some for the columns that every point has.
constexpr std::size_t kMostColumns = 1900;

constexpr const char* kTables = R"(
CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE columns (
  position INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('parameter', 'figure'))
);
CREATE TABLE points (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  message TEXT NOT NULL,
  wall_seconds REAL NOT NULL,
  peak_rss_bytes INTEGER NOT NULL
);
CREATE TABLE layers (
  point INTEGER NOT NULL REFERENCES points (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  cycles INTEGER NOT NULL,
  exclusive_cycles INTEGER NOT NULL,
  macs INTEGER NOT NULL,
  pe_utilization REAL NOT NULL,
  dram_read_bytes INTEGER NOT NULL,
  dram_write_bytes INTEGER NOT NULL,
  PRIMARY KEY (point, position)
) WITHOUT ROWID;
)";

/// The columns of `points` that every store has.
constexpr std::string_view kFixedColumns =
    "id, hash, status, message, wall_seconds, peak_rss_bytes";
constexpr int kFixedColumnCount = 6;

std::string quoted(const std::string& name) {
  std::string quoted = "\"";
  for (const char letter : name) {
    quoted += letter;
    if (letter == '"') {
      quoted += '"';
    }
  }
  return quoted + '"';
}

/// Whole numbers are kept as such, so that what reads the table shows no ".0".
void bind(SQLite::Statement& statement, int place, const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    if (is_whole(*number)) {
      statement.bind(place, static_cast<std::int64_t>(*number));
    } else {
      statement.bind(place, *number);
    }
  } else {
    statement.bind(place, text_of(value));
  }
}

std::optional<Value> value_in(const SQLite::Column& column) {
  if (column.isNull()) {
    return std::nullopt;
  }
  if (column.isInteger() || column.isFloat()) {
    return column.getDouble();
  }
  return column.getString();
}

/// Makes the columns of these values where there are none yet.
void add_columns(SQLite::Database& database, std::vector<Column>& known,
                 const std::vector<Named>& named, Column::Kind kind) {
  for (const auto& [name, value] : named) {
    if (std::ranges::find(known, name, &Column::name) != known.end()) {
      continue;
    }
    if (known.size() >= kMostColumns) {
      throw OutputError(fmt::format("a table of points: got more than {} columns", kMostColumns));
    }
    database.exec(fmt::format("ALTER TABLE points ADD COLUMN {}", quoted(name)));
    SQLite::Statement insert(database, "INSERT INTO columns (name, kind) VALUES (?, ?)");
    insert.bind(1, name);
    insert.bind(2, kind == Column::Kind::kParameter ? "parameter" : "figure");
    insert.exec();
    known.push_back({name, kind});
  }
}

void insert_point(SQLite::Database& database, const PointResult& result) {
  SQLite::Statement remove(database, "DELETE FROM points WHERE hash = ?");
  remove.bind(1, result.hash);
  remove.exec();

  std::string names;
  std::string places;
  for (const auto* named : {&result.parameters, &result.figures}) {
    for (const auto& [name, value] : *named) {
      names += ", " + quoted(name);
      places += ", ?";
    }
  }
  SQLite::Statement point(database,
                          fmt::format("INSERT INTO points (hash, status, message, wall_seconds, "
                                      "peak_rss_bytes{}) VALUES (?, ?, ?, ?, ?{})",
                                      names, places));
  SQLite::bind(point, result.hash, result.done ? "done" : "failed", result.message,
               result.wall_seconds, result.peak_rss_bytes);
  int place = kFixedColumnCount;
  for (const auto* named : {&result.parameters, &result.figures}) {
    for (const auto& [name, value] : *named) {
      bind(point, place++, value);
    }
  }
  point.exec();
}

void insert_layers(SQLite::Database& database, std::int64_t point,
                   const std::vector<LayerResult>& layers) {
  SQLite::Statement insert(database, "INSERT INTO layers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  std::int64_t position = 0;
  for (const LayerResult& layer : layers) {
    SQLite::bind(insert, point, position++, layer.name, layer.cycles, layer.exclusive_cycles,
                 layer.macs, layer.pe_utilization, layer.dram_read_bytes, layer.dram_write_bytes);
    insert.exec();
    insert.reset();
  }
}

std::vector<Column> columns_of(SQLite::Database& database) {
  std::vector<Column> columns;
  SQLite::Statement query(database, "SELECT name, kind FROM columns ORDER BY position");
  while (query.executeStep()) {
    columns.push_back({query.getColumn(0).getString(), query.getColumn(1).getString() == "parameter"
                                                           ? Column::Kind::kParameter
                                                           : Column::Kind::kFigure});
  }
  return columns;
}

}  // namespace

class Store::Database {
 public:
  Database(const std::filesystem::path& path, Mode mode)
      : path_(path), reads_(mode == Mode::kRead) {
    const bool writes = mode != Mode::kRead;
    const bool is_there = std::filesystem::exists(path);
    if (!is_there && !writes) {
      throw ModelError(fmt::format("{}: cannot be opened: there is no such file", name()));
    }
    if (writes) {
      lock_.emplace(path);
      if (!lock_->is_held()) {
        throw ConfigError(fmt::format(
            "{}: another sweep writes to it; expected none, or another file with -o", name()));
      }
    }
    try {
      database_.emplace(path.string(), writes ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE
                                              : SQLite::OPEN_READONLY);
      database_->setBusyTimeout(kBusyMilliseconds);
      writes&& is_empty() ? make() : check();
      if (writes) {
        database_->exec(mode == Mode::kWrite ? "PRAGMA journal_mode = WAL"
                                             : "PRAGMA journal_mode = DELETE");
        database_->exec("PRAGMA foreign_keys = ON");
      }
    } catch (const SQLite::Exception& problem) {
      fail(problem, is_there);
    }
  }

  /// Runs `work` and turns what SQLite says into our errors.
  template <class Work>
  auto run(const Work& work) -> decltype(work(std::declval<SQLite::Database&>())) {
    try {
      return work(*database_);
    } catch (const SQLite::Exception& problem) {
      fail(problem, false);
    }
  }

 private:
  static constexpr int kBusyMilliseconds = 10'000;

  [[nodiscard]] std::string name() const { return printable(path_.string()); }

  [[noreturn]] void fail(const SQLite::Exception& problem, bool reading) const {
    const int code = problem.getErrorCode();
    if (reading || reads_ || code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
      throw ModelError(fmt::format("{}: got {}, expected the results of a sweep", name(),
                                   printable(problem.what())));
    }
    throw OutputError(fmt::format("{}: cannot be written: {}", name(), printable(problem.what())));
  }

  void make() {
    SQLite::Transaction transaction(*database_);
    database_->exec(kTables);
    database_->exec(fmt::format("PRAGMA application_id = {}", kApplication));
    database_->exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
    transaction.commit();
  }

  /// Nothing is in it yet: it was just made, perhaps by a process that was killed then.
  [[nodiscard]] bool is_empty() {
    return database_->execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0 &&
           database_->execAndGet("PRAGMA application_id").getInt() == 0;
  }

  void check() {
    const int application = database_->execAndGet("PRAGMA application_id").getInt();
    const int version = database_->execAndGet("PRAGMA user_version").getInt();
    if (application != kApplication) {
      throw ModelError(
          fmt::format("{}: got another SQLite file, expected the results of a sweep", name()));
    }
    if (version != kSchemaVersion) {
      throw ModelError(fmt::format("{}: got tables of version {}, expected {}", name(), version,
                                   kSchemaVersion));
    }
  }

  std::filesystem::path path_;
  bool reads_;
  std::optional<FileLock> lock_;
  std::optional<SQLite::Database> database_;
};

std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  std::ranges::transform(columns, std::back_inserter(names), &Column::name);
  return names;
}

Store::Store(const std::filesystem::path& path, Mode mode)
    : path_(path), database_(std::make_unique<Database>(path, mode)) {}
Store::~Store() = default;

void Store::set(const std::string& key, const std::string& value) {
  database_->run([&](SQLite::Database& database) {
    SQLite::Statement insert(database, "INSERT OR REPLACE INTO sweep VALUES (?, ?)");
    insert.bind(1, key);
    insert.bind(2, value);
    insert.exec();
  });
}

std::optional<std::string> Store::get(const std::string& key) const {
  return database_->run([&](SQLite::Database& database) -> std::optional<std::string> {
    SQLite::Statement query(database, "SELECT value FROM sweep WHERE key = ?");
    query.bind(1, key);
    return query.executeStep() ? std::optional(query.getColumn(0).getString()) : std::nullopt;
  });
}

bool Store::has(const std::string& hash) const {
  return database_->run([&](SQLite::Database& database) {
    SQLite::Statement query(database, "SELECT 1 FROM points WHERE hash = ?");
    query.bind(1, hash);
    return query.executeStep();
  });
}

bool Store::is_done(const std::string& hash) const {
  return database_->run([&](SQLite::Database& database) {
    SQLite::Statement query(database, "SELECT 1 FROM points WHERE hash = ? AND status = 'done'");
    query.bind(1, hash);
    return query.executeStep();
  });
}

void Store::add(std::span<const PointResult> results) {
  database_->run([&](SQLite::Database& database) {
    SQLite::Transaction transaction(database);
    std::vector<Column> known = columns_of(database);
    for (const PointResult& result : results) {
      add_columns(database, known, result.parameters, Column::Kind::kParameter);
      add_columns(database, known, result.figures, Column::Kind::kFigure);
      insert_point(database, result);
      insert_layers(database, database.getLastInsertRowid(), result.layers);
    }
    transaction.commit();
  });
}

std::int64_t Store::count() const {
  return database_->run([](SQLite::Database& database) -> std::int64_t {
    return database.execAndGet("SELECT count(*) FROM points").getInt64();
  });
}

std::vector<Column> Store::columns() const {
  return database_->run([](SQLite::Database& database) { return columns_of(database); });
}

void Store::each(const std::vector<std::string>& columns,
                 const std::function<void(const Row&)>& see) const {
  database_->run([&](SQLite::Database& database) {
    std::string names(kFixedColumns);
    for (const std::string& column : columns) {
      names += ", " + quoted(column);
    }
    SQLite::Statement query(database, fmt::format("SELECT {} FROM points ORDER BY id", names));
    Row row;
    row.values.resize(columns.size());
    while (query.executeStep()) {
      row.id = query.getColumn(0).getInt64();
      row.hash = query.getColumn(1).getString();
      row.done = query.getColumn(2).getString() == "done";
      row.message = query.getColumn(3).getString();
      row.wall_seconds = query.getColumn(4).getDouble();
      row.peak_rss_bytes = query.getColumn(5).getInt64();
      for (std::size_t i = 0; i < columns.size(); ++i) {
        row.values[i] = value_in(query.getColumn(kFixedColumnCount + static_cast<int>(i)));
      }
      see(row);
    }
  });
}

std::vector<LayerResult> Store::layers_of(std::int64_t id) const {
  return database_->run([&](SQLite::Database& database) {
    std::vector<LayerResult> layers;
    SQLite::Statement query(
        database,
        "SELECT name, cycles, exclusive_cycles, macs, pe_utilization, dram_read_bytes, "
        "dram_write_bytes FROM layers WHERE point = ? ORDER BY position");
    query.bind(1, id);
    while (query.executeStep()) {
      layers.push_back({query.getColumn(0).getString(), query.getColumn(1).getInt64(),
                        query.getColumn(2).getInt64(), query.getColumn(3).getInt64(),
                        query.getColumn(4).getDouble(), query.getColumn(5).getInt64(),
                        query.getColumn(6).getInt64()});
    }
    return layers;
  });
}

}  // namespace vitsim::sweep
