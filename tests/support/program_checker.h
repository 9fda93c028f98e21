// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/program.h"
#include "vitsim/model/graph.h"

namespace vitsim::test {

/// What is known to be over when a command starts: whatever the tokens that it waits for imply, and
/// what the commands released before it on the same unit, or channel, waited for. Nothing is taken
/// from the order in which a unit happens to work, other than that it is given its commands in
/// order and sets tokens of one kind in order.
class TokenOrder {
 public:
  /// Kinds of tokens that are set in order: `done` of the channels that load, of each other unit
  /// (of the array: of the post-processor; of stores: of channel 0), then the accumulator buffer's,
  /// also where its sums go to another unit, those of lhs read and of rhs read, and `done` of the
  /// other channels that store.
  static constexpr std::size_t kLoadKinds = 4;
  static constexpr std::size_t kSums = kLoadKinds - 1 + mapping::kUnitCount;
  static constexpr std::size_t kLhsRead = kSums + 1;
  static constexpr std::size_t kRhsRead = kSums + 2;
  static constexpr std::size_t kKinds = kSums + 6;
  /// Of `done`; also numbers the queues in which commands wait.
  static constexpr std::size_t kind_of(mapping::Unit unit, int channel = 0) {
    const auto number = static_cast<std::size_t>(channel);
    return unit == mapping::Unit::kDmaLoad ? number
           : number > 0                    ? kRhsRead + number
                                           : kLoadKinds - 1 + static_cast<std::size_t>(unit);
  }

  /// A token as its kind and its number among those of that kind, from 1 on; 0 is no token.
  struct Place {
    std::size_t kind = 0;
    int number = 0;
  };

  explicit TokenOrder(const mapping::Program& program);

  [[nodiscard]] Place place(mapping::Token token) const {
    return places_[static_cast<std::size_t>(token)];
  }
  /// Whether the token is set for sure when command `index` starts.
  [[nodiscard]] bool knows(std::size_t index, Place place) const {
    return known_[index][place.kind] >= place.number;
  }
  /// Tokens set twice or never, waits for what comes later.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  using Known = std::array<int, kKinds>;
  void number_tokens(const mapping::Program& program);

  std::vector<Place> places_;
  std::vector<int> setters_;  ///< command, by token
  std::vector<Known> known_;  ///< by command
  std::vector<std::string> problems_;
};

/// Proves a program right, byte by byte and without any of the mapper's code. Empty where:
/// any two commands that touch a byte of scratchpad or DRAM, one of them writing, are ordered by
/// tokens; every byte that is read holds the element of the tensor that the reader takes it for;
/// tiles fit scratchpad, array and accumulator buffer; every operator multiplies and adds what it
/// should, begins when what it must come after is done, and what goes from unit to unit arrives in
/// the order in which it is asked for; every element of an activation is computed once and, unless
/// resident, stored once.
std::vector<std::string> check_program(const mapping::Program& program, const model::Graph& graph,
                                       const config::Accelerator& machine);

}  // namespace vitsim::test
