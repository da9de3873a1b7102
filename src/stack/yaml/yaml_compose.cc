// Nodes to values: scalars get their types, aliases are expanded, "<<" merges, keys that occur twice are refused.
#include <map>
#include <set>

#include "base/bytes.h"
#include "stack/values/scalar.h"
#include "stack/yaml/yaml.h"

namespace skein::stack {

namespace {

using NodeKind = Node::Kind;

Error yaml_error(const std::string& text) { return invalid_argument("yaml: " + text); }

class Composer {
 public:
  Result<Value> compose(const std::shared_ptr<Node>& root) {
    SKEIN_TRY_ASSIGN(Value value, of(*root));
    if (duplicates_.empty()) return value;
    std::string text = "yaml: unmarshal errors:";
    for (const std::string& line : duplicates_) text += "\n  " + line;
    return invalid_argument(text);
  }

 private:
  static constexpr size_t kComplaintsMax = 100;

  struct Growing {
    Map map;
    std::set<std::string> taken;
    bool has_odd_key = false;  // one that is no text
  };

  Result<Value> of(Node& node) {
    if (++count_ > kYamlNodesMax) return yaml_error("document contains excessive aliasing");
    switch (node.kind) {
      case NodeKind::kAlias: return alias(node);
      case NodeKind::kScalar: return scalar(node);
      case NodeKind::kSequence: return sequence(node);
      case NodeKind::kMapping: return mapping(node);
    }
    return Value();
  }

  Result<Value> alias(const Node& node) {
    const auto target = node.target.lock();
    SKEIN_ASSERT(target != nullptr);
    if (target->is_inside_itself) return yaml_error("anchor '" + node.text + "' value contains itself");
    return of(*target);
  }

  static Result<Value> scalar(const Node& node) {
    auto resolved = resolve(node.tag, node.text);
    if (!resolved.ok()) return yaml_error(resolved.error().what);
    if (node.tag == "!!binary") {
      const auto data = from_base64(node.text);
      if (!data.ok()) return yaml_error("!!binary value contains invalid base64 data");
      return Value(*data);
    }
    return std::move(resolved->value);
  }

  Result<Value> sequence(Node& node) {
    node.is_inside_itself = true;
    List list;
    for (const auto& child : node.children) {
      SKEIN_TRY_ASSIGN(Value item, of(*child));
      list.push_back(std::move(item));
    }
    node.is_inside_itself = false;
    return Value(std::move(list));
  }

  Result<Value> mapping(Node& node) {
    node.is_inside_itself = true;
    Growing growing;
    SKEIN_TRY(fill(node, growing));
    node.is_inside_itself = false;
    if (growing.has_odd_key) return Value(OddMap{});
    growing.map.sort();
    return Value(std::move(growing.map));
  }

  // Adds the entries whose keys are not `taken`: own ones first, then those merged, earlier ones before later ones.
  Result<void> fill(Node& node, Growing& growing) {
    if (has_duplicates(node)) return {};
    Node* merged = nullptr;
    for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
      Node& key = *node.children[i];
      if (key.kind == NodeKind::kScalar && key.tag == "!!merge") {
        merged = node.children[i + 1].get();
        continue;
      }
      SKEIN_TRY_ASSIGN(const Value name, of(key));
      if (name.is<List>() || name.is<Map>() || name.is<OddMap>())
        return yaml_error("invalid map key: " + go_syntax(name));
      // A key with a tag of its own is no text, either.
      const bool is_text =
          name.is<std::string>() && (key.tag.empty() || key.tag == "!!str" || key.kind != NodeKind::kScalar);
      if (!is_text) growing.has_odd_key = true;
      SKEIN_TRY_ASSIGN(Value value, of(*node.children[i + 1]));
      if (is_text && growing.taken.insert(name.text()).second) growing.map.append(name.text(), std::move(value));
    }
    if (merged != nullptr) return merge(*merged, growing);
    return {};
  }

  Result<void> merge(const Node& node, Growing& growing) {
    if (node.kind != NodeKind::kSequence) return merge_one(node, growing);
    for (const auto& child : node.children) SKEIN_TRY(merge_one(*child, growing));
    return {};
  }

  Result<void> merge_one(const Node& node, Growing& growing) {
    const auto target = node.kind == NodeKind::kAlias ? node.target.lock() : nullptr;
    Node& source = target != nullptr ? *target : const_cast<Node&>(node);
    if (source.kind != NodeKind::kMapping) return yaml_error("map merge requires map or sequence of maps as the value");
    if (source.is_inside_itself) return yaml_error("anchor '" + node.text + "' value contains itself");
    source.is_inside_itself = true;
    auto filled = fill(source, growing);
    source.is_inside_itself = false;
    return filled;
  }

  bool has_duplicates(const Node& node) {
    std::map<std::pair<NodeKind, std::string>, std::vector<const Node*>> keys;
    for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const Node& key = *node.children[i];
      keys[{key.kind, key.text}].push_back(&key);
    }
    if (keys.size() == node.children.size() / 2) return false;
    // Each key with those after it that are the same, in the order of the file.
    for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const Node& first = *node.children[i];
      auto& same = keys[{first.kind, first.text}];
      same.erase(same.begin());
      for (const Node* const again : same) {
        if (duplicates_.size() >= kComplaintsMax) return true;
        duplicates_.push_back("line " + std::to_string(again->line) + ": mapping key " + go_quoted(again->text) +
                              " already defined at line " + std::to_string(first.line));
      }
    }
    return true;
  }

  size_t count_ = 0;
  std::vector<std::string> duplicates_;
};

}  // namespace

Result<Value> read_yaml(std::string_view text) {
  SKEIN_TRY_ASSIGN(const auto root, parse_yaml(text));
  if (root == nullptr) return Value();
  return Composer().compose(root);
}

}  // namespace skein::stack
