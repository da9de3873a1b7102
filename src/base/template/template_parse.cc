// Texts and actions: what a template is made of.
#include "base/template/template_nodes.h"

namespace skein::templates {

namespace {

using Node = Template::Node;
constexpr int kBlockDepthMax = 64;
constexpr std::string_view kBlankBytes = " \t\r\n";
constexpr std::string_view kPunctuation = "()|,=";

bool is_blank(char c) { return kBlankBytes.find(c) != std::string_view::npos; }

// The end of the quoted text that begins here; npos if there is none.
size_t end_of_quoted(std::string_view text, size_t at) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"')
      ++i;
    else if (text[i] == quote)
      return i + 1;
    else if (text[i] == '\n' && quote == '"')
      break;
  }
  return std::string_view::npos;
}

// An action's inside: [begin, end) of the text, and where the text goes on.
struct Action {
  size_t begin = 0, end = 0, after = 0;
  bool trims_before = false, trims_after = false, is_comment = false;
};

class TemplateParser {
 public:
  TemplateParser(std::string_view text, const Dialect& dialect) : text_(text), dialect_(dialect) {}

  Result<Node> parse_all() {
    Node root;
    SKEIN_TRY_ASSIGN(const auto end, block(root.body));
    if (!end.empty()) return bad(end[0].at, "unexpected {{" + end[0].text + "}}");
    return root;
  }

 private:
  using Words = std::vector<TemplateWord>;

  Error bad(size_t at, const std::string& why) const { return parse_error(dialect_, text_, at, why); }

  // Nodes up to {{end}} or {{else …}}, whose words are returned; none at the end of the text.
  Result<Words> block(std::vector<Node>& nodes) {
    if (++depth_ > kBlockDepthMax) return bad(next_, "too deeply nested");
    while (next_ < text_.size()) {
      const size_t open = std::min(text_.find("{{", next_), text_.size());
      std::string text(text_.substr(next_, open - next_));
      if (trims_next_) text.erase(0, std::min(text.find_first_not_of(kBlankBytes), text.size()));
      trims_next_ = false;
      next_ = open;
      Action action;
      const bool is_last = open == text_.size();
      if (!is_last) {
        SKEIN_TRY_ASSIGN(action, action_at(open));
        next_ = action.after;
        trims_next_ = action.trims_after;
        if (action.trims_before) text.erase(text.find_last_not_of(kBlankBytes) + 1);
      }
      if (!text.empty()) nodes.push_back({.kind = Node::Kind::kText, .text = text});
      if (is_last || action.is_comment) continue;
      SKEIN_TRY_ASSIGN(const Words words, words_of(action));
      if (words.empty()) return bad(open, "missing value for command");
      if (words[0].text == "end" || words[0].text == "else") {
        --depth_;
        return words;
      }
      SKEIN_TRY(add_action(nodes, words));
    }
    --depth_;
    return Words();
  }

  // The action whose braces open at `open`. Braces in quoted texts and comments do not close it.
  Result<Action> action_at(size_t open) const {
    Action out;
    out.begin = open + 2;
    if (out.begin + 1 < text_.size() && text_[out.begin] == '-' && is_blank(text_[out.begin + 1])) {
      out.trims_before = true;
      out.begin += 2;
    }
    size_t at = std::min(text_.find_first_not_of(kBlankBytes, out.begin), text_.size());
    if (text_.substr(at).starts_with("/*")) {
      const size_t end = text_.find("*/", at);
      if (end == std::string_view::npos) return bad(open, "unclosed comment");
      out.is_comment = true;
      at = end + 2;
    }
    while (at < text_.size() && !text_.substr(at).starts_with("}}")) {
      if (text_[at] != '"' && text_[at] != '`') {
        ++at;
        continue;
      }
      const size_t end = end_of_quoted(text_, at);
      if (end == std::string_view::npos)
        return bad(open, text_[at] == '"' ? "unterminated quoted string" : "unterminated raw quoted string");
      at = end;
    }
    if (at >= text_.size()) return bad(open, "unclosed action");
    out.end = at;
    out.after = at + 2;
    if (at >= out.begin + 2 && text_[at - 1] == '-' && is_blank(text_[at - 2])) {
      out.trims_after = true;
      out.end = at - 1;
    }
    return out;
  }

  // "(", ")", "|", ",", ":=", "=", strings (with their quotes), and the rest.
  Result<Words> words_of(const Action& action) const {
    Words words;
    for (size_t i = action.begin; i < action.end;) {
      const char c = text_[i];
      if (is_blank(c)) {
        ++i;
        continue;
      }
      size_t end = i + 1;
      if (c == '"' || c == '`') {
        end = end_of_quoted(text_, i);
      } else if (text_.substr(i, 2) == ":=") {
        end = i + 2;
      } else if (kPunctuation.find(c) == std::string_view::npos) {
        while (end < action.end && !is_blank(text_[end]) &&
               std::string_view("()|,=:\"`").find(text_[end]) == std::string_view::npos)
          ++end;
      }
      words.push_back({std::string(text_.substr(i, end - i)), i});
      i = end;
    }
    return words;
  }

  Result<void> add_action(std::vector<Node>& nodes, const Words& words) {
    Node node;
    size_t next = 1;
    if (words[0].text == "if") {
      node.kind = Node::Kind::kIf;
    } else if (words[0].text == "range") {
      node.kind = Node::Kind::kRange;
    } else if (words[0].text == "with") {
      node.kind = Node::Kind::kWith;
    } else {
      node.kind = Node::Kind::kPrint;
      next = 0;
    }
    if (next == words.size()) return bad(words[0].at, "missing value for " + words[0].text);
    SKEIN_TRY_ASSIGN(next, take_variables(node, words, next));
    SKEIN_TRY_ASSIGN(node.expression, parse_pipeline(dialect_, text_, words, next));
    if (node.kind == Node::Kind::kPrint && !node.variables.empty()) node.kind = Node::Kind::kAssign;
    if (node.kind != Node::Kind::kPrint && node.kind != Node::Kind::kAssign) SKEIN_TRY(add_bodies(node));
    nodes.push_back(std::move(node));
    return {};
  }

  // "$a, $b :=" in front of a pipeline.
  Result<size_t> take_variables(Node& node, const Words& words, size_t next) const {
    size_t i = next;
    std::vector<std::string> names;
    while (i < words.size() && words[i].text[0] == '$') {
      names.push_back(words[i].text.substr(1));
      if (++i < words.size() && words[i].text == ",") ++i;
    }
    if (i == words.size() || (words[i].text != ":=" && words[i].text != "=")) return next;
    if (names.empty() || names.size() > 2) return bad(words[i].at, "unexpected \":=\"");
    node.variables = std::move(names);
    return i + 1;
  }

  Result<void> add_bodies(Node& node) {
    SKEIN_TRY_ASSIGN(const Words first_end, block(node.body));
    if (first_end.empty()) return bad(text_.size(), "unexpected EOF");
    if (first_end[0].text == "end") return {};
    if (first_end.size() > 1)  // {{else if …}} stands for {{else}}{{if …}}…{{end}} with one end for both
      return add_action(node.otherwise, {first_end.begin() + 1, first_end.end()});
    SKEIN_TRY_ASSIGN(const Words second_end, block(node.otherwise));
    if (second_end.empty()) return bad(text_.size(), "unexpected EOF");
    if (second_end[0].text != "end") return bad(second_end[0].at, "expected end; found {{else}}");
    return {};
  }

  std::string_view text_;
  const Dialect& dialect_;
  size_t next_ = 0;
  bool trims_next_ = false;
  int depth_ = 0;
};

}  // namespace

Result<Template> Template::parse(std::string_view text, const Dialect& dialect) {
  Template result;
  result.dialect_ = &dialect;
  result.text_ = std::make_shared<const std::string>(text);
  SKEIN_TRY_ASSIGN(Node root, TemplateParser(*result.text_, dialect).parse_all());
  result.root_ = std::make_shared<const Node>(std::move(root));
  return result;
}

}  // namespace skein::templates
