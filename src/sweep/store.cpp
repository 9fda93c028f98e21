// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/store.h"

#include <cerrno>
#include <cstring>
#include <type_traits>

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::sweep {
namespace {

using Json = nlohmann::ordered_json;

/// "vswp": told by `file`, and by us, from other SQLite files.
constexpr int kApplication = 0x76737770;

constexpr const char* kTables = R"(
CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE points (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  message TEXT NOT NULL,
  wall_seconds REAL NOT NULL,
  peak_rss_bytes INTEGER NOT NULL,
  parameters TEXT NOT NULL,
  totals TEXT NOT NULL
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

std::string json_of(const std::vector<Named>& named) {
  Json json = Json::object();
  for (const auto& [name, value] : named) {
    std::visit([&, &key = name](const auto& one) { json[key] = one; }, value);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Named> named_in(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  std::vector<Named> named;
  if (!json.is_object()) {
    return named;
  }
  for (const auto& [name, value] : json.items()) {
    if (value.is_boolean()) {
      named.emplace_back(name, value.get<bool>());
    } else if (value.is_number()) {
      named.emplace_back(name, value.get<double>());
    } else if (value.is_string()) {
      named.emplace_back(name, value.get<std::string>());
    }
  }
  return named;
}

/// Who writes to a store holds this lock on a file beside it; it ends with the process.
class WriteLock {
 public:
  explicit WriteLock(const std::filesystem::path& store) {
    const std::string name = store.string() + ".lock";
    file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) {
      throw OutputError(
          fmt::format("{}: cannot be made: {}", printable(name), std::strerror(errno)));
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
      ::close(file_);
      throw ConfigError(
          fmt::format("{}: another sweep writes to it; expected none, or another file with -o",
                      printable(store.string())));
    }
  }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;
  ~WriteLock() { ::close(file_); }

 private:
  int file_ = -1;
};

}  // namespace

class Store::Database {
 public:
  Database(const std::filesystem::path& path, Mode mode) : path_(path) {
    const bool writes = mode == Mode::kWrite;
    const bool is_there = std::filesystem::exists(path);
    if (!is_there && !writes) {
      throw ModelError(fmt::format("{}: cannot be opened: there is no such file", name()));
    }
    if (writes) {
      lock_.emplace(path);
    }
    try {
      database_.emplace(path.string(), writes ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE
                                              : SQLite::OPEN_READONLY);
      database_->setBusyTimeout(kBusyMilliseconds);
      is_there ? check() : make();
      if (writes) {
        database_->exec("PRAGMA journal_mode = WAL");
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
    if (reading || code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
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
  std::optional<WriteLock> lock_;
  std::optional<SQLite::Database> database_;
};

Store::Store(const std::filesystem::path& path, Mode mode)
    : database_(std::make_unique<Database>(path, mode)) {}
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

bool Store::is_done(const std::string& hash) const {
  return database_->run([&](SQLite::Database& database) {
    SQLite::Statement query(database, "SELECT 1 FROM points WHERE hash = ? AND status = 'done'");
    query.bind(1, hash);
    return query.executeStep();
  });
}

void Store::add(const PointResult& result) {
  database_->run([&](SQLite::Database& database) {
    SQLite::Transaction transaction(database);
    SQLite::Statement remove(database, "DELETE FROM points WHERE hash = ?");
    remove.bind(1, result.hash);
    remove.exec();
    SQLite::Statement point(database,
                            "INSERT INTO points (hash, status, message, wall_seconds, "
                            "peak_rss_bytes, parameters, totals) VALUES (?, ?, ?, ?, ?, ?, ?)");
    SQLite::bind(point, result.hash, result.done ? "done" : "failed", result.message,
                 result.wall_seconds, result.peak_rss_bytes, json_of(result.parameters),
                 json_of(result.totals));
    point.exec();
    const std::int64_t id = database.getLastInsertRowid();
    SQLite::Statement layer(database, "INSERT INTO layers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    std::int64_t position = 0;
    for (const LayerResult& one : result.layers) {
      SQLite::bind(layer, id, position++, one.name, one.cycles, one.exclusive_cycles, one.macs,
                   one.pe_utilization, one.dram_read_bytes, one.dram_write_bytes);
      layer.exec();
      layer.reset();
    }
    transaction.commit();
  });
}

std::int64_t Store::count() const {
  return database_->run([](SQLite::Database& database) -> std::int64_t {
    return database.execAndGet("SELECT count(*) FROM points").getInt64();
  });
}

std::vector<PointResult> Store::results() const {
  return database_->run([](SQLite::Database& database) {
    std::vector<PointResult> results;
    SQLite::Statement query(database,
                            "SELECT hash, status, message, wall_seconds, peak_rss_bytes, "
                            "parameters, totals FROM points ORDER BY id");
    while (query.executeStep()) {
      PointResult result;
      result.hash = query.getColumn(0).getString();
      result.done = query.getColumn(1).getString() == "done";
      result.message = query.getColumn(2).getString();
      result.wall_seconds = query.getColumn(3).getDouble();
      result.peak_rss_bytes = query.getColumn(4).getInt64();
      result.parameters = named_in(query.getColumn(5).getString());
      result.totals = named_in(query.getColumn(6).getString());
      results.push_back(std::move(result));
    }
    return results;
  });
}

std::vector<LayerResult> Store::layers_of(const std::string& hash) const {
  return database_->run([&](SQLite::Database& database) {
    std::vector<LayerResult> layers;
    SQLite::Statement query(
        database,
        "SELECT name, cycles, exclusive_cycles, layers.macs, layers.pe_utilization, "
        "layers.dram_read_bytes, layers.dram_write_bytes FROM layers JOIN points ON point = id "
        "WHERE hash = ? ORDER BY position");
    query.bind(1, hash);
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
