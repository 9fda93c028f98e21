// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/collect.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "vitsim/core/error.h"
#include "vitsim/core/interrupt.h"
#include "vitsim/core/text.h"
#include "vitsim/sweep/store.h"

namespace vitsim::sweep {
namespace {

namespace fs = std::filesystem;

/// Of one transaction.
constexpr std::size_t kBatch = 1000;
/// What a store says about its sweep, the same in all shards; the last tells whose it is.
constexpr const char* kKeys[] = {"name", "version", "program", "objectives", "spec"};

std::string name_of(const fs::path& path) { return printable(path.string()); }

/// A copy of a store whose writer was killed within a transaction: before anything is read, SQLite
/// undoes what the journal beside it says, which in the original it must not.
class RolledBackCopy {
 public:
  explicit RolledBackCopy(const fs::path& path) {
    std::string directory = fs::temp_directory_path() / "vitsim-collect-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) {
      throw OutputError(fmt::format("{}: cannot be made", printable(directory)));
    }
    directory_ = directory;
    std::error_code problem;
    fs::copy_file(path, this->path(), problem);
    if (!problem) {
      fs::copy_file(path.string() + "-journal", this->path().string() + "-journal", problem);
    }
    if (problem) {
      remove();
      throw ModelError(fmt::format("{}: cannot be read: {}", name_of(path), problem.message()));
    }
  }
  RolledBackCopy(const RolledBackCopy&) = delete;
  RolledBackCopy& operator=(const RolledBackCopy&) = delete;
  ~RolledBackCopy() { remove(); }

  [[nodiscard]] fs::path path() const { return directory_ / "shard.sqlite"; }

 private:
  void remove() {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  fs::path directory_;
};

/// A shard that is open for reading.
class ReadShard {
 public:
  /// ModelError where nothing can be read.
  explicit ReadShard(const fs::path& path) {
    if (!is_sound(path, SQLite::OPEN_READONLY)) {
      copy_ = std::make_unique<RolledBackCopy>(path);
      is_sound(copy_->path(), SQLite::OPEN_READWRITE);
    }
    store_.emplace(copy_ ? copy_->path() : path, Store::Mode::kRead);
  }
  [[nodiscard]] const Store& store() const { return *store_; }

 private:
  /// False where a transaction has to be undone first. ModelError where it is damaged.
  static bool is_sound(const fs::path& path, int mode) {
    constexpr int kBusyMilliseconds = 10'000;
    try {
      SQLite::Database database(path.string(), mode, kBusyMilliseconds);
      const std::string verdict = database.execAndGet("PRAGMA integrity_check(1)").getString();
      if (verdict != "ok") {
        throw ModelError(printable(verdict));
      }
      return true;
    } catch (const SQLite::Exception& problem) {
      if (problem.getExtendedErrorCode() == SQLITE_READONLY_ROLLBACK) {
        return false;
      }
      throw ModelError(printable(problem.what()));
    }
  }

  std::unique_ptr<RolledBackCopy> copy_;
  std::optional<Store> store_;
};

/// Empty where all is there.
std::string what_is_missing(const fs::path& path, const Store& store, std::int64_t points) {
  if (path.extension() == ".part") {
    return "its task did not end";
  }
  if (store.get("complete") != "true") {
    return "it is not marked as complete";
  }
  const std::string expected = store.get("points").value_or("");
  if (expected.empty() || expected.find_first_not_of("0123456789") != std::string::npos) {
    return "it does not say how many points it is to hold";
  }
  if (expected != std::to_string(points)) {
    return fmt::format("it is to hold {}", expected);
  }
  return "";
}

/// The point of a row whose values are those of all columns.
PointResult result_of(const Store& store, const std::vector<Column>& columns, const Row& row) {
  PointResult result;
  result.hash = row.hash;
  result.done = row.done;
  result.message = row.message;
  result.wall_seconds = row.wall_seconds;
  result.peak_rss_bytes = row.peak_rss_bytes;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (row.values[i]) {
      auto& named =
          columns[i].kind == Column::Kind::kParameter ? result.parameters : result.figures;
      named.emplace_back(columns[i].name, *row.values[i]);
    }
  }
  result.layers = store.layers_of(row.id);
  return result;
}

/// Adds points to a store, many at once.
class Collector {
 public:
  Collector(Store& store, Collected& collected) : store_(store), collected_(collected) {}

  void add_all_of(const Store& shard) {
    const std::vector<Column> columns = shard.columns();
    shard.each(names_of(columns), [&](const Row& row) {
      if (row.done ? store_.is_done(row.hash) : store_.has(row.hash)) {
        ++collected_.known;
        return;
      }
      batch_.push_back(result_of(shard, columns, row));
      if (batch_.size() >= kBatch) {
        flush();
      }
    });
    flush();
  }

 private:
  void flush() {
    check_interrupt();
    store_.add(batch_);
    collected_.added += std::ssize(batch_);
    collected_.failed += std::ranges::count(batch_, false, &PointResult::done);
    batch_.clear();
  }

  Store& store_;
  Collected& collected_;
  std::vector<PointResult> batch_;
};

/// ModelError where points of the two do not belong together.
void check_same(const Shard& shard, const Shard& other) {
  if (shard.version != other.version || shard.program != other.program) {
    throw ModelError(fmt::format(
        "{}: got results of another build of vitsim (version '{}'), expected the one of {} "
        "(version '{}'); nothing was collected",
        name_of(shard.path), printable(shard.version), name_of(other.path),
        printable(other.version)));
  }
  if (shard.spec != other.spec) {
    throw ModelError(
        fmt::format("{}: got results of another sweep, expected the one of {} (what their sweeps' "
                    "files said differs); nothing was collected",
                    name_of(shard.path), name_of(other.path)));
  }
}

void read_origin(Shard& shard, const Store& store) {
  shard.spec = store.get("spec").value_or("");
  shard.version = store.get("version").value_or("");
  shard.program = store.get("program").value_or("");
}

/// The shards whose points are to be added. ModelError where they do not go together.
std::vector<Shard> chosen(const std::vector<Shard>& shards, bool partial) {
  std::vector<Shard> chosen;
  for (const Shard& shard : shards) {
    if (shard.complete || (partial && shard.points > 0)) {
      chosen.push_back(shard);
      check_same(shard, chosen.front());
    }
  }
  return chosen;
}

/// ModelError where the store is of something else; one that is new becomes of this sweep.
void claim(Store& store, const fs::path& path, const Shard& first) {
  if (store.get("spec")) {
    Shard there;
    there.path = path;
    read_origin(there, store);
    check_same(first, there);
    return;
  }
  const ReadShard shard(first.path);
  for (const char* key : kKeys) {
    if (const auto value = shard.store().get(key)) {
      store.set(key, *value);
    }
  }
}

bool is_shard(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".sqlite") || name.ends_with(".sqlite.part");
}

}  // namespace

std::vector<fs::path> shards_in(const fs::path& directory, const fs::path& store) {
  std::vector<fs::path> found;
  std::error_code problem;
  for (fs::directory_iterator entry(directory, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const fs::path path = entry->path();
    // What a task that Slurm started once more left behind when all was there already.
    const bool is_over =
        path.extension() == ".part" && fs::exists(path.parent_path() / path.stem());
    std::error_code no_such_file;
    if (is_shard(path) && !is_over && !fs::equivalent(path, store, no_such_file)) {
      found.push_back(path);
    }
  }
  if (problem) {
    throw ModelError(fmt::format("{}: cannot be read: {}", name_of(directory), problem.message()));
  }
  std::ranges::sort(found);
  return found;
}

Shard look_at(const fs::path& path) {
  if (!fs::exists(path)) {
    throw ModelError(fmt::format("{}: cannot be opened: there is no such file", name_of(path)));
  }
  Shard shard;
  shard.path = path;
  try {
    const ReadShard read(path);
    shard.points = read.store().count();
    read_origin(shard, read.store());
    shard.problem = what_is_missing(path, read.store(), shard.points);
    shard.complete = shard.problem.empty();
  } catch (const ModelError& problem) {
    shard.problem = fmt::format("it cannot be read: {}", problem.what());
  }
  return shard;
}

Collected collect(const fs::path& store, const std::vector<fs::path>& shards, bool partial) {
  Collected collected;
  std::vector<Shard> found;
  for (const fs::path& path : shards) {
    check_interrupt();
    std::error_code no_such_file;
    if (fs::equivalent(path, store, no_such_file)) {
      throw ConfigError(
          fmt::format("{}: got the store as one of its shards, expected others", name_of(path)));
    }
    found.push_back(look_at(path));
    if (found.back().complete) {
      ++collected.complete;
    } else {
      collected.incomplete.push_back(found.back());
    }
  }
  const std::vector<Shard> sources = chosen(found, partial);
  if (sources.empty()) {
    return collected;
  }
  // With a rollback journal, too: it may be where the shards are, in a network file system.
  Store into(store, Store::Mode::kWriteShard);
  claim(into, store, sources.front());
  Collector collector(into, collected);
  for (const Shard& source : sources) {
    collector.add_all_of(ReadShard(source.path).store());
  }
  return collected;
}

}  // namespace vitsim::sweep
