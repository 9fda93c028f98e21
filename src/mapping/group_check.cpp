// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "vitsim/mapping/chains.h"

#include "mapping_draft.h"

namespace vitsim::mapping {
namespace {

/// Checks one group.
class GroupCheck {
 public:
  GroupCheck(const Draft& draft, const std::vector<Chain>& chains, std::size_t index)
      : draft_(draft),
        chains_(chains),
        index_(index),
        group_(draft.mapping.groups[index]),
        written_(draft.document.groups[index]) {}

  void run() const {
    check_order();
    check_chain();
    const std::int64_t rows = draft_.sequence.op(group_.first).out.rows;
    if (group_.rows > rows) {
      fail("rows", fmt::format("got '{}', expected at most {}, the rows of '{}'", group_.rows, rows,
                               draft_.name_of(group_.first)));
    }
    check_rings();
    check_copies();
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& message) const {
    written_.origin.fail(fmt::format("groups[{}].{}: {}", index_, key, message));
  }

  void check_order() const {
    if (group_.last <= group_.first) {
      fail("to",
           fmt::format("got '{}', expected an operator behind '{}'", written_.to, written_.from));
    }
    if (index_ > 0) {
      const Group& before = draft_.mapping.groups[index_ - 1];
      if (group_.first <= before.last) {
        fail("from", fmt::format("got '{}', expected an operator behind '{}', with which the group "
                                 "before ends",
                                 written_.from, draft_.name_of(before.last)));
      }
    }
  }

  void check_chain() const {
    const bool is_one = std::ranges::any_of(chains_, [&](const Chain& chain) {
      return chain.stages == group_.stages && chain.first <= group_.first &&
             group_.last <= chain.last() && (group_.first - chain.first) % chain.stages == 0 &&
             (group_.last + 1 - group_.first) % chain.stages == 0;
    });
    if (!is_one) {
      fail("stages",
           fmt::format("got '{}' from '{}' to '{}', expected operators of which each reads, row by "
                       "row, what the one before computes and nobody else reads; or several such "
                       "chains alike",
                       group_.stages, written_.from, written_.to));
    }
  }

  void check_rings() const {
    std::vector<bool> seen(static_cast<std::size_t>(group_.stages) - 1, false);
    for (std::size_t i = 0; i < group_.rings.size(); ++i) {
      const Ring& ring = group_.rings[i];
      const std::string path = fmt::format("rings[{}].", i);
      if (ring.stage < 0 || ring.stage >= group_.stages - 1) {
        fail(path + "stage", fmt::format("got '{}', expected one of 0 to {}: all stages but the "
                                         "last have a ring",
                                         ring.stage, group_.stages - 2));
      }
      if (seen[static_cast<std::size_t>(ring.stage)]) {
        fail(path + "stage", fmt::format("got '{}' a second time, expected it once", ring.stage));
      }
      seen[static_cast<std::size_t>(ring.stage)] = true;
      const Chain chain{group_.first, group_.stages, 1};
      const int reader = last_reader(draft_.sequence, chain, ring.stage);
      const int least = group_.skewed ? reader - ring.stage + 1 : 1;
      if (ring.slots < least) {
        fail(path + "slots",
             fmt::format("got '{}', expected at least {}: '{}' reads a tile while later ones are "
                         "written",
                         ring.slots, least, draft_.name_of(group_.first + reader)));
      }
    }
    const auto missing = std::ranges::find(seen, false);
    if (missing != seen.end()) {
      fail("rings", fmt::format("got none of stage {}, expected one of each stage but the last",
                                missing - seen.begin()));
    }
  }

  /// Copies of a chain take turns in the same slots.
  void check_copies() const {
    const auto same = [](const Tiling& a, const Tiling& b) {
      if (a.index() != b.index()) {
        return false;
      }
      if (const auto* rows = std::get_if<RowsTiling>(&a)) {
        const auto& other = std::get<RowsTiling>(b);
        return rows->rows == other.rows && rows->slots == other.slots;
      }
      const auto key = [](const MatmulTiling& tiling) {
        return std::tuple(tiling.m, tiling.k, tiling.n, tiling.n_outer, tiling.lhs_slots,
                          tiling.rhs_slots, tiling.params_slots, tiling.residual_slots,
                          tiling.out_slots);
      };
      return key(std::get<MatmulTiling>(a)) == key(std::get<MatmulTiling>(b));
    };
    for (int op = group_.first + group_.stages; op <= group_.last; ++op) {
      const auto mine = static_cast<std::size_t>(op);
      const auto before = static_cast<std::size_t>(op - group_.stages);
      if (!same(draft_.mapping.ops[mine].tiling, draft_.mapping.ops[before].tiling)) {
        draft_.document.operators[mine].origin.fail(
            fmt::format("operators[{}].tile: got another tile than that of '{}', expected the same "
                        "for all copies of a chain in groups[{}]",
                        op, draft_.name_of(op - group_.stages), index_));
      }
      if (draft_.mapping.ops[mine].addresses != draft_.mapping.ops[before].addresses) {
        draft_.document.operators[mine].origin.fail(
            fmt::format("operators[{}].addresses: got others than '{}' has, expected the same "
                        "for all copies of a chain in groups[{}]",
                        op, draft_.name_of(op - group_.stages), index_));
      }
    }
  }

  const Draft& draft_;
  const std::vector<Chain>& chains_;
  std::size_t index_;
  const Group& group_;
  const document::Group& written_;
};

}  // namespace

void check_groups(const Draft& draft) {
  if (draft.mapping.groups.empty()) {
    return;
  }
  const std::vector<Chain> chains = chains_of(draft.sequence);
  for (std::size_t i = 0; i < draft.mapping.groups.size(); ++i) {
    GroupCheck(draft, chains, i).run();
  }
}

}  // namespace vitsim::mapping
