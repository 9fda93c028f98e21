// SPDX-License-Identifier: Apache-2.0
#include "vitsim/config/parse_yaml.h"

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "vitsim/core/error.h"
#include "vitsim/core/file.h"
#include "vitsim/core/text.h"

#include "text_check.h"

namespace vitsim::config {
namespace {

/// Builds a tree of Nodes from the parser's events. It refuses while the parser is still shallow,
/// so that nothing recurses deeper than kMaxYamlDepth.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const Source> source, std::string path)
      : source_(std::move(source)), path_(std::move(path)) {
    result_.origin = {source_, 0};
  }
  [[nodiscard]] Node take() { return std::move(result_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      at(mark).fail_here("got a second document, expected one");
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(start(mark, "", anchor, Node::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse_anchor(at(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = start(mark, tag, anchor, Node::Kind::kScalar);
    node.quoted = tag == "!";
    node.scalar = value;
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(start(mark, tag, anchor, Node::Kind::kList));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(start(mark, tag, anchor, Node::Kind::kMap));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::optional<Node> key;  // read, and its value not yet
    std::unordered_map<std::string, int> lines;
  };

  [[nodiscard]] Origin at(const YAML::Mark& mark) const { return {source_, mark.line + 1}; }
  [[nodiscard]] bool key_is_due() const {
    return !open_.empty() && open_.back().node.kind == Node::Kind::kMap && !open_.back().key;
  }

  [[noreturn]] static void refuse_anchor(const Origin& origin) {
    origin.fail_here("got an anchor or an alias, expected values written out");
  }

  [[nodiscard]] Node start(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor,
                           Node::Kind kind) const {
    Node node;
    node.kind = kind;
    node.origin = at(mark);
    if (anchor != YAML::NullAnchor) {
      refuse_anchor(node.origin);
    }
    if (tag != "" && tag != "?" && tag != "!") {
      node.origin.fail_here(fmt::format("got tag '{}', expected no tags", printable(tag)));
    }
    return node;
  }

  void open(Node node) {
    if (key_is_due()) {
      // What an unclosed bracket holds counts as a key.
      node.origin.fail_here(
          fmt::format("got {} as a key, expected a name (is a bracket left open?)", node.found()));
    }
    if (open_.size() == kMaxYamlDepth) {
      node.origin.fail_here(
          fmt::format("got deeper nesting, expected at most {} levels", kMaxYamlDepth));
    }
    open_.push_back({std::move(node), std::nullopt, {}});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (open_.empty()) {
      result_ = std::move(node);
    } else if (key_is_due()) {
      add_key(std::move(node));
    } else if (Open& parent = open_.back(); parent.key) {
      if (node.kind == Node::Kind::kNull) {
        node.origin = parent.key->origin;  // an empty value is marked at whatever follows it
      }
      parent.node.entries.push_back(
          {std::move(parent.key->scalar), parent.key->origin, std::move(node)});
      parent.key.reset();
    } else {
      parent.node.items.push_back(std::move(node));
    }
  }

  void add_key(Node node) {
    if (node.kind != Node::Kind::kScalar) {
      node.origin.fail_here(fmt::format("got {} as a key, expected a name", node.found()));
    }
    const auto [first, is_new] = open_.back().lines.try_emplace(node.scalar, node.origin.line);
    if (!is_new) {
      node.origin.fail(fmt::format("{}: got the key a second time, expected it once (line {})",
                                   path_to(node.scalar), first->second));
    }
    open_.back().key = std::move(node);
  }

  [[nodiscard]] std::string path_to(const std::string& key) const {
    std::string path = path_;
    for (const Open& parent : open_) {
      if (parent.key) {
        path += printable(parent.key->scalar) + ".";
      }
    }
    return path + printable(key);
  }

  std::shared_ptr<const Source> source_;
  std::string path_;
  int documents_ = 0;
  std::vector<Open> open_;
  Node result_;
};

}  // namespace

Node parse_yaml(const std::string& text, const std::shared_ptr<const Source>& source,
                const std::string& path, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    Origin{source, 0}.fail_here(
        fmt::format("got {} bytes, expected at most {}", text.size(), max_bytes));
  }
  check_text(text, source);
  TreeBuilder builder(source, path);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    Origin{source, error.mark.line + 1}.fail_here(
        fmt::format("got malformed YAML ({}), expected key: value", printable(error.msg)));
  }
  return builder.take();
}

Node parse_yaml_map(const std::string& text, const std::shared_ptr<const Source>& source,
                    const std::string& path, std::size_t max_bytes) {
  Node root = parse_yaml(text, source, path, max_bytes);
  if (root.kind != Node::Kind::kMap) {
    root.origin.fail_here(fmt::format("got {}, expected a map of keys",
                                      root.kind == Node::Kind::kNull ? "nothing" : root.found()));
  }
  return root;
}

std::string read_yaml_file(const Source& source, std::size_t max_bytes) {
  try {
    const std::vector<std::byte> bytes = read_file(source.name, max_bytes);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  } catch (const ModelError& error) {
    if (source.kind == Source::Kind::kModelFile) {
      throw;
    }
    throw ConfigError(error.what());  // read_file() does not know what the file is for
  }
}

}  // namespace vitsim::config
