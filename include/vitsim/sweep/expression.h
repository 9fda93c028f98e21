// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "vitsim/sweep/value.h"

namespace vitsim::sweep {

/// A formula over the parameters of a sweep: `{rows} * 2`, `rows * cols <= 4096 and kind ==
/// 'ideal'`.
///
/// Names are those of parameters, with or without braces; words stand in single quotes. Operators,
/// the loosest first: or; and; not; == != < <= > >=; + -; * / // %; -x; ** (to the right). // and %
/// round towards minus infinity. Functions: min, max, abs, floor, ceil, round, log2, sqrt.
class Expression {
 public:
  /// ConfigError with `where`, what was found at which place and what was expected.
  Expression(std::string_view text, std::string where);
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  /// The names that it refers to.
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }
  /// `value_of` gives the value of a name. ConfigError where an operator does not fit its operands,
  /// a number is divided by zero, or a result is no finite number.
  [[nodiscard]] Value evaluate(const std::function<Value(const std::string&)>& value_of) const;
  [[nodiscard]] const std::string& text() const { return text_; }

  struct Node;  ///< of the tree that it is read into

 private:
  std::string text_;
  std::string where_;
  std::set<std::string> names_;
  std::unique_ptr<Node> root_;
};

}  // namespace vitsim::sweep
