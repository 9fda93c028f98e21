// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "vitsim/core/units.h"
#include "vitsim/mapping/program.h"

namespace vitsim::mapping {

/// A rectangle inside a buffer, in rows and bytes of a row.
struct Rect {
  std::int64_t row = 0;
  std::int64_t rows = 0;
  Bytes col = 0;
  Bytes cols = 0;
  friend bool operator==(const Rect&, const Rect&) = default;
};

/// Knows which commands touched which bytes, and so which tokens a new access must wait for:
/// a read for the writes that it overlaps, a write for reads and writes. Correct whatever order
/// the units run in, because it never relies on one.
///
/// A buffer is a stretch of memory that holds one tensor, or one slot for tiles. A buffer that
/// takes over addresses of retired ones inherits what is still under way there.
class Hazards {
 public:
  using BufferId = int;

  /// `orders`: of each token its order; tokens of one order are set one behind the other, so the
  /// last speaks for all. It may grow, and must outlive this object.
  explicit Hazards(const std::vector<int>& orders) : orders_(orders) {}

  /// A buffer at [address, address + size). Retired buffers that it overlaps are forgotten.
  BufferId add(Bytes address, Bytes size);
  /// No access to this buffer follows.
  void retire(BufferId id);

  /// Appends to `waits` what the access must wait for, and notes that `token` says when it is over.
  void read(BufferId id, const Rect& rect, Token token, std::vector<Token>& waits);
  void write(BufferId id, const Rect& rect, Token token, std::vector<Token>& waits);

 private:
  struct Access {
    Rect rect;
    Token token;
  };
  /// Accesses by their first row and column, so that those near a rectangle are found at once:
  /// a tensor in DRAM may be written in many thousand tiles.
  class Accesses {
   public:
    /// Calls `visit(access)` for each that overlaps `rect`; erases it where that returns true.
    template <class Visit>
    void overlapping(const Rect& rect, Visit visit);
    /// Of this rectangle, the first that `wanted(access)`; null where there is none.
    template <class Wanted>
    Access* find(const Rect& rect, Wanted wanted);
    void insert(const Access& access);
    /// Calls `visit(access)` for each.
    template <class Visit>
    void all(Visit visit) const;

   private:
    struct Line {
      std::int64_t row;
      std::vector<Access> by_col;
    };
    std::vector<Line> by_row_;
    std::int64_t most_rows_ = 0;  ///< of any rectangle
    Bytes most_cols_ = 0;
  };
  struct Buffer {
    Bytes address = 0;
    Bytes size = 0;
    bool retired = false;
    bool forgotten = false;
    Accesses reads;
    Accesses writes;
    std::vector<Token> inherited;  ///< each write waits for all of them
    bool written = false;          ///< some write has waited for `inherited`
  };

  [[nodiscard]] int order_of(Token token) const { return orders_[static_cast<std::size_t>(token)]; }
  void inherit(Buffer& buffer, Token token) const;

  const std::vector<int>& orders_;
  std::vector<Buffer> buffers_;
  std::vector<BufferId> retired_;
};

}  // namespace vitsim::mapping
