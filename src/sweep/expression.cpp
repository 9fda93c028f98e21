// SPDX-License-Identifier: Apache-2.0
#include "vitsim/sweep/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "vitsim/core/error.h"
#include "vitsim/core/text.h"

namespace vitsim::sweep {

struct Expression::Node {
  std::string operation;  ///< "value", "name", an operator or a function
  Value value;            ///< of "value"; the name of "name"
  std::vector<std::unique_ptr<Node>> operands;
};

namespace {

using Node = Expression::Node;
using NodePtr = std::unique_ptr<Node>;

constexpr int kMostNesting = 100;
constexpr std::size_t kMostCharacters = 2000;

/// Operators with two operands, by how tightly they bind. Longer ones come before their beginnings.
const std::vector<std::vector<std::string_view>> kLevels{
    {"or"}, {"and"}, {"==", "!=", "<=", ">=", "<", ">"}, {"+", "-"}, {"//", "*", "/", "%"}};
constexpr std::size_t kComparisons = 2;

struct Function {
  std::string_view name;
  std::size_t least_operands;
  std::size_t most_operands;
};
constexpr std::array kFunctions{Function{"min", 1, 16}, Function{"max", 1, 16},
                                Function{"abs", 1, 1},  Function{"floor", 1, 1},
                                Function{"ceil", 1, 1}, Function{"round", 1, 1},
                                Function{"log2", 1, 1}, Function{"sqrt", 1, 1}};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_of_name(char c) { return is_letter(c) || is_digit(c) || c == '.'; }

class Parser {
 public:
  Parser(std::string_view text, const std::string& where, std::set<std::string>& names)
      : text_(text), where_(where), names_(names) {}

  NodePtr parse() {
    if (text_.size() > kMostCharacters) {
      throw ConfigError(fmt::format("{}: got a formula of {} characters, expected at most {}",
                                    where_, text_.size(), kMostCharacters));
    }
    NodePtr root = binary(0);
    skip_spaces();
    if (at_ < text_.size()) {
      fail("an operator or the end");
    }
    return root;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    const std::string_view rest = text_.substr(at_);
    throw ConfigError(fmt::format("{}: got {} at character {} of '{}', expected {}", where_,
                                  rest.empty() ? "the end" : "'" + printable(rest, 20) + "'",
                                  at_ + 1, printable(text_), expected));
  }

  void skip_spaces() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;
    }
  }

  /// Whether these letters come next, and takes them; a word only where it ends there.
  bool take(std::string_view token) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(token)) {
      return false;
    }
    const std::size_t end = at_ + token.size();
    if (is_letter(token.front()) && end < text_.size() && is_of_name(text_[end])) {
      return false;
    }
    at_ = end;
    return true;
  }

  void expect(std::string_view token) {
    if (!take(token)) {
      fail(fmt::format("'{}'", token));
    }
  }

  std::optional<std::string> take_operator(std::size_t level) {
    skip_spaces();
    if (text_.substr(at_).starts_with("**")) {
      return std::nullopt;
    }
    for (const std::string_view token : kLevels[level]) {
      if (take(token)) {
        return std::string(token);
      }
    }
    return std::nullopt;
  }

  NodePtr node(std::string operation, Value value = false) {
    auto made = std::make_unique<Node>();
    made->operation = std::move(operation);
    made->value = std::move(value);
    return made;
  }

  NodePtr binary(std::size_t level) {
    if (level == kLevels.size()) {
      return unary();
    }
    if (level == kComparisons && take("not")) {
      return with_operand("not", [&] { return binary(level); });
    }
    NodePtr left = binary(level + 1);
    while (auto operation = take_operator(level)) {
      NodePtr joined = node(*operation);
      joined->operands.push_back(std::move(left));
      joined->operands.push_back(binary(level + 1));
      left = std::move(joined);
      if (level == kComparisons) {
        break;  // a < b < c is no formula
      }
    }
    return left;
  }

  template <class Parse>
  NodePtr with_operand(const char* operation, const Parse& parse) {
    NodePtr made = node(operation);
    deeper();
    made->operands.push_back(parse());
    --depth_;
    return made;
  }

  void deeper() {
    if (++depth_ > kMostNesting) {
      fail("fewer parts within each other");
    }
  }

  NodePtr unary() {
    if (take("-")) {
      return with_operand("negate", [&] { return unary(); });
    }
    NodePtr base = primary();
    if (!take("**")) {
      return base;
    }
    NodePtr power = node("**");
    power->operands.push_back(std::move(base));
    deeper();
    power->operands.push_back(unary());
    --depth_;
    return power;
  }

  NodePtr primary() {
    skip_spaces();
    const char next = at_ < text_.size() ? text_[at_] : '\0';
    if (next == '(') {
      ++at_;
      deeper();
      NodePtr inside = binary(0);
      --depth_;
      expect(")");
      return inside;
    }
    if (next == '{') {
      ++at_;
      skip_spaces();
      NodePtr name = named(word());
      expect("}");
      return name;
    }
    if (next == '\'') {
      return quoted();
    }
    if (is_digit(next) || next == '.') {
      return number();
    }
    if (is_letter(next)) {
      return name_or_function();
    }
    fail("a number, a name, a word in quotes or '('");
  }

  std::string word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_of_name(text_[at_])) {
      ++at_;
    }
    if (at_ == begin) {
      fail("a name");
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  NodePtr named(const std::string& name) {
    names_.insert(name);
    return node("name", name);
  }

  NodePtr name_or_function() {
    const std::string name = word();
    if (name == "true" || name == "false") {
      return node("value", name == "true");
    }
    const auto* const function = std::ranges::find(kFunctions, name, &Function::name);
    if (function == kFunctions.end() || !take("(")) {
      return named(name);
    }
    NodePtr call = node(name);
    deeper();
    do {
      call->operands.push_back(binary(0));
    } while (take(","));
    --depth_;
    const std::size_t count = call->operands.size();
    if (count < function->least_operands || count > function->most_operands) {
      fail(fmt::format("{} to {} operands of {}", function->least_operands, function->most_operands,
                       name));
    }
    expect(")");
    return call;
  }

  NodePtr quoted() {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) {
      fail("a word in quotes that ends");
    }
    NodePtr made = node("value", std::string(text_.substr(at_ + 1, end - at_ - 1)));
    at_ = end + 1;
    return made;
  }

  NodePtr number() {
    double value = 0;
    const char* const begin = text_.data() + at_;
    const auto [rest, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc() || !std::isfinite(value)) {
      fail("a number");
    }
    at_ += static_cast<std::size_t>(rest - begin);
    return node("value", value);
  }

  std::string_view text_;
  const std::string& where_;
  std::set<std::string>& names_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

class Evaluation {
 public:
  Evaluation(const Expression& expression, const std::string& where,
             const std::function<Value(const std::string&)>& value_of)
      : expression_(expression), where_(where), value_of_(value_of) {}

  [[nodiscard]] Value value(const Node& node) const {
    const std::string& operation = node.operation;
    if (operation == "value") {
      return node.value;
    }
    if (operation == "name") {
      return value_of_(std::get<std::string>(node.value));
    }
    if (operation == "and" || operation == "or") {
      const bool first = flag(*node.operands[0], operation);
      return first == (operation == "or") ? first : flag(*node.operands[1], operation);
    }
    if (operation == "not") {
      return !flag(*node.operands[0], operation);
    }
    if (operation == "==" || operation == "!=") {
      return equal(node) == (operation == "==");
    }
    return numeric(node);
  }

 private:
  [[noreturn]] void fail(const std::string& got, const std::string& expected) const {
    throw ConfigError(fmt::format("{}: '{}': got {}, expected {}", where_,
                                  printable(expression_.text()), got, expected));
  }

  [[nodiscard]] bool flag(const Node& node, const std::string& operation) const {
    const Value found = value(node);
    if (const auto* known = std::get_if<bool>(&found)) {
      return *known;
    }
    fail(fmt::format("{} for '{}'", kind_of(found), operation), "true or false");
  }

  [[nodiscard]] double number(const Node& node, const std::string& operation) const {
    const Value found = value(node);
    if (const auto* known = std::get_if<double>(&found)) {
      return *known;
    }
    fail(fmt::format("{} for '{}'", kind_of(found), operation), "a number");
  }

  [[nodiscard]] bool equal(const Node& node) const {
    const Value left = value(*node.operands[0]);
    const Value right = value(*node.operands[1]);
    if (left.index() != right.index()) {
      fail(fmt::format("{} and {} for '{}'", kind_of(left), kind_of(right), node.operation),
           "two of a kind");
    }
    return left == right;
  }

  [[nodiscard]] Value numeric(const Node& node) const {
    std::vector<double> numbers;
    for (const NodePtr& operand : node.operands) {
      numbers.push_back(number(*operand, node.operation));
    }
    const double a = numbers[0];
    const double b = numbers.back();
    const std::string& operation = node.operation;
    if (operation == "<") {
      return a < b;
    }
    if (operation == "<=") {
      return a <= b;
    }
    if (operation == ">") {
      return a > b;
    }
    if (operation == ">=") {
      return a >= b;
    }
    if (b == 0 && (operation == "/" || operation == "//" || operation == "%")) {
      fail(fmt::format("{} {} 0", text_of(a), operation), "a divisor that is not 0");
    }
    const double result = computed(operation, numbers);
    if (!std::isfinite(result)) {
      fail(fmt::format("no finite number for '{}'", operation), "one");
    }
    return result;
  }

  static double computed(const std::string& operation, const std::vector<double>& numbers) {
    const double a = numbers[0];
    const double b = numbers.back();
    if (operation == "+") {
      return a + b;
    }
    if (operation == "-") {
      return a - b;
    }
    if (operation == "*") {
      return a * b;
    }
    if (operation == "/") {
      return a / b;
    }
    if (operation == "//") {
      return std::floor(a / b);
    }
    if (operation == "%") {
      return a - std::floor(a / b) * b;
    }
    if (operation == "**") {
      return std::pow(a, b);
    }
    return function(operation, numbers);
  }

  static double function(const std::string& name, const std::vector<double>& numbers) {
    const double a = numbers[0];
    if (name == "negate") {
      return -a;
    }
    if (name == "min") {
      return *std::ranges::min_element(numbers);
    }
    if (name == "max") {
      return *std::ranges::max_element(numbers);
    }
    if (name == "abs") {
      return std::abs(a);
    }
    if (name == "floor") {
      return std::floor(a);
    }
    if (name == "ceil") {
      return std::ceil(a);
    }
    if (name == "round") {
      return std::round(a);
    }
    return name == "log2" ? std::log2(a) : std::sqrt(a);
  }

  const Expression& expression_;
  const std::string& where_;
  const std::function<Value(const std::string&)>& value_of_;
};

}  // namespace

Expression::Expression(std::string_view text, std::string where)
    : text_(text), where_(std::move(where)), root_(Parser(text_, where_, names_).parse()) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Value Expression::evaluate(const std::function<Value(const std::string&)>& value_of) const {
  return Evaluation(*this, where_, value_of).value(*root_);
}

}  // namespace vitsim::sweep
