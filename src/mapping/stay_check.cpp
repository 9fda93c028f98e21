// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/mapping/residency.h"

#include "mapping_draft.h"
#include "on_chip.h"

namespace vitsim::mapping {
namespace {

class StayCheck {
 public:
  explicit StayCheck(const Draft& draft)
      : draft_(draft),
        lifetimes_(lifetimes(draft.sequence)),
        first_writers_(first_writers(draft.sequence)),
        last_writers_(first_writers_.size(), -1),
        stays_of_(first_writers_.size(), 0),
        on_chip_(draft.sequence, draft.mapping) {
    for (int op = 0; op < draft.sequence.size(); ++op) {
      last_writers_[static_cast<std::size_t>(draft.sequence.op(op).out.tensor)] = op;
    }
  }

  void run() {
    for (index_ = 0; index_ < draft_.mapping.stays.size(); ++index_) {
      check(draft_.mapping.stays[index_]);
    }
    for (std::size_t id = 0; id < stays_of_.size(); ++id) {
      const model::Tensor& tensor = draft_.tensor(static_cast<model::TensorId>(id));
      const Lifetime& life = lifetimes_[id];
      if (tensor.on_chip && life.first >= 0 && stays_of_[id] == 0) {
        draft_.document.origin_of("stays").fail(
            fmt::format("stays: got none of '{}', expected one from '{}' to '{}': the tensor "
                        "never leaves the chip",
                        tensor.name, draft_.name_of(life.first), draft_.name_of(life.last)));
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& message) const {
    draft_.document.stays[index_].origin.fail(
        fmt::format("stays[{}].{}: {}", index_, key, message));
  }
  [[nodiscard]] std::string found(int op) const {
    return fmt::format("got '{}'", draft_.name_of(op));
  }

  void check(const Stay& stay) {
    const auto id = static_cast<std::size_t>(stay.tensor);
    const model::Tensor& tensor = draft_.tensor(stay.tensor);
    if (tensor.role == model::Role::kInput || stay.tensor == draft_.sequence.graph().logits) {
      fail("tensor", fmt::format("got '{}', expected neither the network's input nor its logits: "
                                 "the host has them in DRAM",
                                 tensor.name));
    }
    if (on_chip_.in_ring(stay.tensor)) {
      fail("tensor", fmt::format("got '{}', expected a tensor that does not pass through a ring of "
                                 "a group",
                                 tensor.name));
    }
    if (stay.cols < 1 || stay.col + stay.cols > tensor.cols) {
      fail("cols", fmt::format("got '[{}, {}]', expected some of the {} columns of '{}'", stay.col,
                               stay.cols, tensor.cols, tensor.name));
    }
    if (stay.last < stay.first) {
      fail("to", fmt::format("{}, expected '{}' or an operator behind it", found(stay.last),
                             draft_.name_of(stay.first)));
    }
    ++stays_of_[id];
    if (first_writers_[id] >= 0) {
      check_begin(stay, tensor);
    }
    if (tensor.on_chip && stay.last < lifetimes_[id].last) {
      fail("to", fmt::format("{}, expected '{}' or later: '{}' never leaves the chip",
                             found(stay.last), draft_.name_of(lifetimes_[id].last), tensor.name));
    }
    check_group(stay, draft_.group_of(stay.first));
    check_group(stay, draft_.group_of(stay.last));
  }

  /// Of a tensor that operators write.
  void check_begin(const Stay& stay, const model::Tensor& tensor) {
    const auto id = static_cast<std::size_t>(stay.tensor);
    const int first_writer = first_writers_[id];
    const int last_writer = last_writers_[id];
    if (stay.first == first_writer) {
      if (stay.cols != tensor.cols) {
        fail("cols", fmt::format("got '[{}, {}]', expected '[0, {}]': the stay begins as the "
                                 "tensor is written",
                                 stay.col, stay.cols, tensor.cols));
      }
      if (stay.last < last_writer) {
        fail("to", fmt::format("{}, expected '{}', which completes '{}', or later",
                               found(stay.last), draft_.name_of(last_writer), tensor.name));
      }
      if (std::exchange(written_[id], char{1}) != 0) {
        fail("from", fmt::format("{} a second time for '{}', expected one stay that is written",
                                 found(stay.first), tensor.name));
      }
      return;
    }
    const Group* const group = draft_.group_of(stay.first);
    const int begin = group == nullptr ? stay.first : group->first;
    if (tensor.on_chip) {
      fail("from", fmt::format("{}, expected '{}': '{}' never leaves the chip", found(stay.first),
                               draft_.name_of(first_writer), tensor.name));
    }
    if (begin <= last_writer) {
      fail("from",
           fmt::format("{}, expected '{}', which begins to write '{}', or an operator "
                       "behind '{}', which completes it{}",
                       found(stay.first), draft_.name_of(first_writer), tensor.name,
                       draft_.name_of(last_writer),
                       group == nullptr ? "" : " (all operators of a group go on at once)"));
    }
  }

  /// All operators of a group go on at once: they have the columns, or they have not.
  void check_group(const Stay& stay, const Group* group) const {
    if (group == nullptr) {
      return;
    }
    const auto touches = [&](const model::View& view) {
      return view.tensor == stay.tensor && view.col < stay.col + stay.cols &&
             stay.col < view.col + view.cols;
    };
    for (int op = group->first; op <= group->last; ++op) {
      const model::Op& work = draft_.sequence.op(op);
      const bool inside = stay.first <= op && op <= stay.last;
      if (!inside && (touches(work.out) || std::ranges::any_of(inputs_of(work), touches))) {
        fail(op < stay.first ? "from" : "to",
             fmt::format("{}, expected the stay to hold during '{}', too, which is in the same "
                         "group and needs the columns",
                         found(op < stay.first ? stay.first : stay.last), work.name));
      }
    }
  }

  const Draft& draft_;
  std::vector<Lifetime> lifetimes_;
  std::vector<int> first_writers_;  ///< by tensor
  std::vector<int> last_writers_;
  std::vector<int> stays_of_;
  std::vector<char> written_ = std::vector<char>(first_writers_.size(), 0);
  OnChip on_chip_;
  std::size_t index_ = 0;
};

}  // namespace

void check_stays(const Draft& draft) { StayCheck(draft).run(); }

}  // namespace vitsim::mapping
