// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "vitsim/config/accelerator.h"
#include "vitsim/mapping/hazards.h"
#include "vitsim/mapping/mapping.h"
#include "vitsim/mapping/program.h"
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
  /// Takes commands in the order in which they are emitted.
  using Sink = std::function<void(Command&&)>;
  /// The references must outlive the emitter.
  Emitter(const model::Graph& graph, const config::Accelerator& machine, const Mapping& mapping,
          Sink sink);

  [[nodiscard]] const model::Graph& graph() const { return graph_; }
  [[nodiscard]] const config::Accelerator& machine() const { return machine_; }
  [[nodiscard]] Hazards& hazards() { return scratchpad_hazards_; }
  [[nodiscard]] const model::Op& op(int op) const { return sequence_.op(op); }
  [[nodiscard]] const OpPlan& plan(int op) const {
    return mapping_.ops[static_cast<std::size_t>(op)];
  }

  /// Stays that began before this operator are there, and complete.
  void assume_before(int op);
  /// The stays that begin with operators [first, last] begin; those that are not written there are
  /// loaded.
  void begin(int first, int last);
  /// Row tiles of what the group's stages write lie in its rings.
  void begin_rings(const Group& group);
  /// Commands belong to this operator from now on.
  void set_op(int op);
  /// The stays that end with operators [first, last] end, and so do rings.
  void end(int first, int last);

  /// Where a window lies in the scratchpad; none where it does not.
  [[nodiscard]] std::optional<Located> find(const model::View& view) const;
  /// The same for a window that does.
  [[nodiscard]] Located locate(const model::View& view) const;
  [[nodiscard]] bool in_dram(model::TensorId id) const {
    return in_dram_[static_cast<std::size_t>(id)];
  }

  /// DRAM to the scratchpad. `place.operand.tile` says which window.
  void load(const Located& place);
  /// The scratchpad to DRAM.
  void store(const Located& place);

  /// A token that `unit` sets; tokens of one `kind` are set in the order in which they are made.
  Token new_token(Unit unit, int kind = 0);
  void reads(Command& command, const Located& located, Token token);
  void writes(Command& command, const Located& located, Token token);
  /// Hands the command on, its waits reduced to what must be said.
  void emit(Command command);
  /// A command of the current operator on `unit`, with its `done` token.
  Command command(Unit unit, int kind = 0);

  /// Notes that the scratchpad is in use up to `end`.
  void note_use(Bytes end);
  /// The program but for its commands and layers.
  Program finish() &&;

 private:
  /// A window that is in the scratchpad now. Of a ring, row tile i is in buffer (first_tile + i)
  /// modulo their number, buffer_bytes apart.
  struct Home {
    model::View window;
    Bytes address = -1;
    Bytes pitch = 0;
    std::vector<Hazards::BufferId> buffers;
    std::int64_t rows_of_buffer = 0;
    Bytes buffer_bytes = 0;
    std::int64_t first_tile = 0;
    int last = 0;  ///< operator with which it ends
  };

  void open(const Stay& stay);
  void load_all(const Home& home);
  [[nodiscard]] Located located(const Home& home, const model::View& view) const;
  void place_tensors();
  [[nodiscard]] std::size_t order_of(Token token) const {
    return static_cast<std::size_t>(order_of_token_[static_cast<std::size_t>(token)]);
  }
  /// Of the current operator, on the channel that moves the tensor; channels set their tokens in
  /// orders of their own.
  Command transfer(Unit unit, model::TensorId tensor);
  [[nodiscard]] Region dram_region(const model::View& view) const;
  [[nodiscard]] Rect rect_of(const model::View& view) const;

  const model::Graph& graph_;
  const Sequence sequence_;
  const config::Accelerator& machine_;
  const Mapping& mapping_;
  Sink sink_;
  std::vector<int> order_of_token_;  ///< unit and kind, as one number
  Hazards scratchpad_hazards_{order_of_token_};
  Hazards dram_hazards_{order_of_token_};
  std::vector<bool> in_dram_;
  std::vector<int> writers_;                        ///< the first, by tensor
  std::vector<std::vector<const Stay*>> begins_;    ///< stays by the operator they begin with
  std::vector<std::vector<Home>> homes_;            ///< by tensor
  std::vector<std::vector<model::TensorId>> ends_;  ///< tensors with a stay that ends, by it
  std::vector<Hazards::BufferId> ring_buffers_;     ///< of the group
  std::vector<Hazards::BufferId> dram_buffers_;     ///< by tensor; -1 of what is only read
  std::vector<Token> last_done_;                    ///< by order, of units that compute
  std::vector<Token> last_wait_;  ///< by order: of the command that is being emitted
  std::vector<Token> earlier_;    ///< what commands of the operator wait for in any case
  Program program_;
  int op_ = -1;
};

}  // namespace vitsim::mapping
