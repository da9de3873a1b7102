// libyaml's events to nodes.
#include <yaml.h>

#include <map>

#include "stack/values/scalar.h"
#include "stack/yaml/yaml.h"

namespace skein::stack {

namespace {

struct Parser {
  Parser() { yaml_parser_initialize(&state); }
  ~Parser() { yaml_parser_delete(&state); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  yaml_parser_t state{};
};

struct Event {
  Event() = default;
  ~Event() { yaml_event_delete(&state); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  yaml_event_t state{};
};

std::string text_of(const yaml_char_t* text) { return text == nullptr ? "" : reinterpret_cast<const char*>(text); }

// The line where the enclosing construct began, else that of the problem; both count from 0, and only those of the
// scanner are mended. As users of Docker know them.
Error problem(const yaml_parser_t& parser) {
  size_t line = parser.context_mark.line != 0 ? parser.context_mark.line : parser.problem_mark.line;
  if (line != 0 && parser.error == YAML_SCANNER_ERROR) ++line;
  const std::string where = line != 0 ? "line " + std::to_string(line) + ": " : "";
  return invalid_argument("yaml: " + where +
                          (parser.problem == nullptr ? "unknown problem parsing YAML content" : parser.problem));
}

class Builder {
 public:
  explicit Builder(std::string_view text) {
    yaml_parser_set_input_string(&parser_.state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }

  Result<std::shared_ptr<Node>> document() {
    Event event;
    SKEIN_TRY(next(event));  // of the stream
    Event start;
    SKEIN_TRY(next(start));
    if (start.state.type == YAML_STREAM_END_EVENT) return std::shared_ptr<Node>();
    const auto* const version = start.state.data.document_start.version_directive;
    if (version != nullptr && version->minor != 1) {
      const size_t line = start.state.start_mark.line;
      return invalid_argument("yaml: " + (line != 0 ? "line " + std::to_string(line) + ": " : std::string()) +
                              "found incompatible YAML document");
    }
    Event root;
    SKEIN_TRY(next(root));
    SKEIN_TRY_ASSIGN(auto node, build(root.state, 0));
    Event end;  // a document may be broken behind its root
    SKEIN_TRY(next(end));
    return node;
  }

 private:
  using Built = Result<std::shared_ptr<Node>>;

  Result<void> next(Event& event) {
    if (yaml_parser_parse(&parser_.state, &event.state) == 0) return problem(parser_.state);
    return {};
  }

  Built build(const yaml_event_t& event, size_t depth) {
    if (depth > kYamlDepthMax) {
      return invalid_argument("yaml: exceeded max depth of " + std::to_string(kYamlDepthMax));
    }
    if (++count_ > kYamlNodesMax) return invalid_argument("yaml: document has too many nodes");
    auto node = std::make_shared<Node>();
    node->line = event.start_mark.line + 1;
    switch (event.type) {
      case YAML_ALIAS_EVENT: return alias(node, text_of(event.data.alias.anchor));
      case YAML_SCALAR_EVENT: scalar(*node, event); return node;
      case YAML_SEQUENCE_START_EVENT:
        node->kind = Node::Kind::kSequence;
        node->tag = short_tag(text_of(event.data.sequence_start.tag));
        remember(node, event.data.sequence_start.anchor);
        break;
      default:
        SKEIN_ASSERT(event.type == YAML_MAPPING_START_EVENT);
        node->kind = Node::Kind::kMapping;
        node->tag = short_tag(text_of(event.data.mapping_start.tag));
        remember(node, event.data.mapping_start.anchor);
    }
    for (;;) {
      Event child;
      SKEIN_TRY(next(child));
      if (child.state.type == YAML_SEQUENCE_END_EVENT || child.state.type == YAML_MAPPING_END_EVENT) return node;
      SKEIN_TRY_ASSIGN(auto built, build(child.state, depth + 1));
      SKEIN_TRY(check_flow(event, child.state));
      if (built->kind == Node::Kind::kScalar) remember(built, child.state.data.scalar.anchor);
      node->children.push_back(std::move(built));
    }
  }

  // Inside brackets a question mark ends a plain text for the Go library, as it did for libyaml once.
  static Result<void> check_flow(const yaml_event_t& parent, const yaml_event_t& child) {
    const bool is_list = parent.type == YAML_SEQUENCE_START_EVENT;
    const bool is_flow = is_list ? parent.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
                                 : parent.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    if (!is_flow || child.type != YAML_SCALAR_EVENT || child.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return {};
    if (text_of(child.data.scalar.value).find('?') == std::string::npos) return {};
    const size_t line = parent.start_mark.line != 0 ? parent.start_mark.line : child.start_mark.line;
    const std::string where = line != 0 ? "line " + std::to_string(line) + ": " : "";
    return invalid_argument("yaml: " + where + "did not find expected ',' or '" + (is_list ? "]" : "}") + "'");
  }

  void remember(const std::shared_ptr<Node>& node, const yaml_char_t* anchor) {
    if (anchor != nullptr) anchors_[text_of(anchor)] = node;
  }

  Built alias(const std::shared_ptr<Node>& node, const std::string& name) {
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) return invalid_argument("yaml: unknown anchor '" + name + "' referenced");
    node->kind = Node::Kind::kAlias;
    node->text = name;
    node->target = found->second;
    return node;
  }

  static void scalar(Node& node, const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    node.text.assign(reinterpret_cast<const char*>(data.value), data.length);
    node.tag = short_tag(text_of(data.tag));
    const bool is_plain = data.style == YAML_PLAIN_SCALAR_STYLE || data.style == YAML_ANY_SCALAR_STYLE;
    if (!node.tag.empty() && node.tag != "!") return;
    node.tag = !is_plain || node.tag == "!" ? "!!str" : node.text == "<<" ? "!!merge" : "";
  }

  Parser parser_;
  std::map<std::string, std::weak_ptr<Node>> anchors_;  // an alias inside its own anchor makes a ring
  size_t count_ = 0;
};

}  // namespace

Result<std::shared_ptr<Node>> parse_yaml(std::string_view text) {
  if (text.size() > kYamlBytesMax) return invalid_argument("yaml: document is larger than 16 MiB");
  return Builder(text).document();
}

}  // namespace skein::stack
