// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/allocator.h"
#include "vitsim/mapping/hazards.h"
#include "vitsim/mapping/program.h"
#include "vitsim/mapping/residency.h"
#include "vitsim/model/graph.h"

namespace vitsim::mapping {

/// A tile in the scratchpad, as hazards know it.
struct Located {
  Operand operand;
  Hazards::BufferId buffer = -1;
  Rect rect;
};

/// Everything that is being built: the program, where tensors lie, who must wait for whom.
class Emitter {
 public:
  Emitter(const model::Graph& graph, const config::Accelerator& machine,
          const std::vector<bool>& resident);

  [[nodiscard]] const model::Graph& graph() const { return graph_; }
  [[nodiscard]] const config::Accelerator& machine() const { return machine_; }
  [[nodiscard]] Hazards& hazards() { return scratchpad_hazards_; }
  [[nodiscard]] Allocator& allocator() { return allocator_; }
  [[nodiscard]] bool resident(model::TensorId id) const {
    return program_.placements[static_cast<std::size_t>(id)].resident;
  }

  /// Makes room for the resident tensors that operator `op` is the first to write. NoRoom.
  void begin_op(int op);
  /// Gives back those that it is the last to read.
  void end_op();

  /// The window of a resident tensor.
  [[nodiscard]] Located locate(const model::View& view) const;

  /// DRAM to a slot. `slot.operand.tile` says which window.
  void load(const Located& slot);
  /// A slot to DRAM.
  void store(const Located& slot);

  /// A token that `unit` sets; tokens of one `kind` are set in the order in which they are made.
  Token new_token(Unit unit, int kind = 0);
  void reads(Command& command, const Located& located, Token token);
  void writes(Command& command, const Located& located, Token token);
  /// Appends the command, its waits reduced to what must be said.
  void emit(Command command);
  /// A command of the current operator on `unit`, with its `done` token.
  Command command(Unit unit, int kind = 0);

  Program finish() &&;

 private:
  struct Home {
    Bytes address = -1;
    Hazards::BufferId buffer = -1;  ///< in the scratchpad, or of the tensor's place in DRAM
  };

  [[nodiscard]] Region dram_region(const model::View& view) const;
  [[nodiscard]] Rect rect_of(const model::View& view) const;

  const model::Graph& graph_;
  const config::Accelerator& machine_;
  Allocator allocator_;
  Hazards scratchpad_hazards_;
  Hazards dram_hazards_;
  std::vector<Lifetime> lifetimes_;
  std::vector<Home> homes_;
  std::vector<int> order_of_token_;  ///< unit and kind, as one number
  std::map<int, Token> last_done_;   ///< by that number, of units that compute
  std::vector<Token> earlier_;       ///< what commands of the operator wait for in any case
  Program program_;
  int op_ = -1;
};

}  // namespace vitsim::mapping
