#include "stack/load/lines.h"

#include "stack/yaml/yaml.h"

namespace skein::stack {

namespace {

struct Found {
  size_t depth = 0;
  size_t line = 0;
};

const Node& resolved(const Node& node) {
  const auto target = node.kind == Node::Kind::kAlias ? node.target.lock() : nullptr;
  return target ? *target : node;
}

Found find(const Node& root, const std::vector<std::string>& path) {
  Found found;
  const Node* at = &resolved(root);
  for (const std::string& key : path) {
    const Node* next = nullptr;
    size_t line = 0;
    const bool is_mapping = at->kind == Node::Kind::kMapping;
    for (size_t i = 0; i < at->children.size() && !next; i += is_mapping ? 2 : 1) {
      const bool is_key = is_mapping ? at->children[i]->text == key : std::to_string(i) == key;
      if (!is_key || (is_mapping && i + 1 >= at->children.size())) continue;
      line = at->children[i]->line;
      next = at->children[is_mapping ? i + 1 : i].get();
    }
    if (!next) break;
    ++found.depth;
    found.line = line;
    at = &resolved(*next);
  }
  return found;
}

}  // namespace

std::string place_of(const std::vector<Source>& files, const std::vector<std::string>& path) {
  Found best;
  std::string name = files.empty() ? "" : files[0].name;
  for (const Source& file : files) {
    const auto root = parse_yaml(file.text);
    if (!root.ok() || !*root) continue;
    const Found found = find(**root, path);
    if (found.depth == 0 || found.depth < best.depth) continue;
    best = found;
    name = file.name;
  }
  return best.depth == 0 ? name : name + ":" + std::to_string(best.line);
}

std::vector<size_t> lines_of(const Source& file, const std::vector<std::vector<std::string>>& paths) {
  const auto root = parse_yaml(file.text);
  std::vector<size_t> lines;
  for (const auto& path : paths) lines.push_back(root.ok() && *root ? find(**root, path).line : 0);
  return lines;
}

}  // namespace skein::stack
