#include "stack/load/compose_only.h"

#include "stack/yaml/yaml.h"

namespace skein::stack {

namespace {

const Node* find_tag(const Node& node) {
  if (node.tag == "!reset" || node.tag == "!override") return &node;
  for (const auto& child : node.children)
    if (const Node* const found = find_tag(*child)) return found;
  return nullptr;
}

}  // namespace

Result<void> refuse_tags(const Source& file) {
  SKEIN_TRY_ASSIGN(const auto root, parse_yaml(file.text));
  const Node* const found = root ? find_tag(*root) : nullptr;
  if (!found) return {};
  return invalid_argument(file.name + ":" + std::to_string(found->line) + ": the tag " + found->tag +
                          " is not supported: leave what it takes away out of the files before "
                          "(with --schema docker it is read over, as Docker's client does)");
}

Result<void> refuse_remote(const std::string& path) {
  const bool is_address = path.find("://") != std::string::npos;
  const bool is_repository = path.starts_with("git@") || path.starts_with("github.com/");
  if (!is_address && !is_repository) return {};
  return invalid_argument(path + ": files of other hosts are not fetched: fetch it, and name it by its path");
}

}  // namespace skein::stack
