#include <cctype>
#include <charconv>

#include "cmd/cli/template/template_nodes.h"

namespace skein::cli {

namespace {

using Node = Template::Node;
constexpr int kDepthMax = 64;

Error bad_template(const std::string& why) {
  return make_error(Code::kInvalidArgument, "template parsing error: template: :1: " + why);
}

// Cuts the inside of {{…}} into words: "(", ")", "|", ",", ":=", "=", strings (with their quotes), and the rest.
Result<std::vector<std::string>> cut_action(std::string_view text) {
  std::vector<std::string> words;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (c == '"' || c == '`') {
      while (end < text.size() && text[end] != c) end += text[end] == '\\' && c == '"' ? 2 : 1;
      if (end >= text.size()) return bad_template("unterminated quoted string");
      ++end;
    } else if (c == ':' && text.substr(i, 2) == ":=") {
      end = i + 2;
    } else if (std::string_view("()|,=").find(c) == std::string_view::npos) {
      while (end < text.size() && std::isspace(static_cast<unsigned char>(text[end])) == 0 &&
             std::string_view("()|,=:\"`").find(text[end]) == std::string_view::npos) {
        ++end;
      }
    }
    words.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return words;
}

std::string unquoted(std::string_view text) {
  if (text[0] == '`') return std::string(text.substr(1, text.size() - 2));
  std::string result;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    const char c = text[++i];
    result += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
  }
  return result;
}

std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> path;
  while (!text.empty()) {
    const size_t dot = std::min(text.find('.'), text.size());
    if (dot > 0) path.emplace_back(text.substr(0, dot));
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return path;
}

// Parses one pipeline out of an action's words.
class PipelineParser {
 public:
  PipelineParser(std::vector<std::string> words, size_t next) : words_(std::move(words)), next_(next) {}

  Result<Expression> parse_all() {
    SKEIN_TRY_ASSIGN(Expression expression, pipeline());
    if (next_ != words_.size()) return bad_template("unexpected \"" + words_[next_] + "\" in operand");
    return expression;
  }

 private:
  bool is_at_end() const { return next_ == words_.size() || words_[next_] == ")" || words_[next_] == "|"; }

  Result<Expression> pipeline() {
    if (++depth_ > kDepthMax) return bad_template("too deeply nested");
    SKEIN_TRY_ASSIGN(Expression value, command());
    while (next_ < words_.size() && words_[next_] == "|") {
      ++next_;
      SKEIN_TRY_ASSIGN(Expression function, command());
      if (function.kind != Expression::Kind::kCall) return bad_template("non executable command in pipeline");
      function.inner.push_back(std::move(value));
      value = std::move(function);
    }
    --depth_;
    return value;
  }

  Result<Expression> command() {
    if (is_at_end()) return bad_template("missing value for command");
    SKEIN_TRY_ASSIGN(Expression first, operand());
    if (first.kind != Expression::Kind::kCall || !first.inner.empty()) {
      if (!is_at_end()) return bad_template("unexpected \"" + words_[next_] + "\" after a value");
      return first;
    }
    while (!is_at_end()) {
      SKEIN_TRY_ASSIGN(Expression argument, operand());
      first.inner.push_back(std::move(argument));
    }
    return first;
  }

  Result<Expression> operand() {
    const std::string word = words_[next_++];
    Expression expression;
    if (word == "(") {
      SKEIN_TRY_ASSIGN(Expression inside, pipeline());
      if (next_ == words_.size() || words_[next_] != ")") return bad_template("unclosed left paren");
      ++next_;
      expression.kind = Expression::Kind::kField;
      if (next_ < words_.size() && words_[next_].size() > 1 && words_[next_][0] == '.') {
        expression.path = split_path(words_[next_++]);
      }
      expression.inner.push_back(std::move(inside));
      return expression;
    }
    if (word[0] == '.') {
      expression.kind = Expression::Kind::kField;
      expression.path = split_path(word);
    } else if (word[0] == '$') {
      expression.kind = Expression::Kind::kVariable;
      const size_t dot = std::min(word.find('.'), word.size());
      expression.name = word.substr(1, dot - 1);
      expression.path = split_path(word.substr(dot));
    } else if (word[0] == '"' || word[0] == '`') {
      expression.kind = Expression::Kind::kLiteral;
      expression.literal = unquoted(word);
    } else if (std::isdigit(static_cast<unsigned char>(word[0])) != 0 || word[0] == '-') {
      expression.kind = Expression::Kind::kLiteral;
      expression.literal = Json::parse(word, nullptr, false);
      if (!expression.literal.is_number()) return bad_template("bad number syntax: \"" + word + "\"");
    } else if (word == "true" || word == "false" || word == "nil") {
      expression.kind = Expression::Kind::kLiteral;
      if (word != "nil") expression.literal = word == "true";
    } else if (is_function(word)) {
      expression.kind = Expression::Kind::kCall;
      expression.name = word;
    } else {
      return bad_template("function \"" + word + "\" not defined");
    }
    return expression;
  }

  std::vector<std::string> words_;
  size_t next_;
  int depth_ = 0;
};

// Splits a template into texts and actions, and builds the tree.
class TemplateParser {
 public:
  explicit TemplateParser(std::string_view text) : rest_(text) {}

  Result<Node> parse_all() {
    Node root;
    SKEIN_TRY_ASSIGN(const auto end, block(root.body));
    if (!end.empty()) return bad_template("unexpected {{" + end[0] + "}}");
    return root;
  }

 private:
  // Nodes up to {{end}} or {{else …}}, whose words are returned; none at the end of the text.
  Result<std::vector<std::string>> block(std::vector<Node>& nodes) {
    if (++depth_ > kDepthMax) return bad_template("too deeply nested");
    while (!rest_.empty()) {
      const size_t open = rest_.find("{{");
      std::string text(rest_.substr(0, open));
      if (trims_next_) text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
      trims_next_ = false;
      rest_.remove_prefix(std::min(open, rest_.size()));
      std::string_view action;
      if (!rest_.empty()) {
        const size_t close = rest_.find("}}");
        if (close == std::string_view::npos) return bad_template("unclosed action");
        action = rest_.substr(2, close - 2);
        rest_.remove_prefix(close + 2);
        if (action.starts_with("- ")) {
          action.remove_prefix(1);
          text.erase(text.find_last_not_of(" \t\r\n") + 1);
        }
        if (action.ends_with(" -")) {
          action.remove_suffix(1);
          trims_next_ = true;
        }
      }
      if (!text.empty()) nodes.push_back({.kind = Node::Kind::kText, .text = text});
      if (action.data() == nullptr || action.find("/*") != std::string_view::npos) continue;
      SKEIN_TRY_ASSIGN(const auto words, cut_action(action));
      if (words.empty()) return bad_template("missing value for command");
      if (words[0] == "end" || words[0] == "else") {
        --depth_;
        return words;
      }
      SKEIN_TRY(add_action(nodes, words));
    }
    --depth_;
    return std::vector<std::string>{};
  }

  Result<void> add_action(std::vector<Node>& nodes, const std::vector<std::string>& words) {
    Node node;
    size_t next = 1;
    if (words[0] == "if") {
      node.kind = Node::Kind::kIf;
    } else if (words[0] == "range") {
      node.kind = Node::Kind::kRange;
    } else if (words[0] == "with") {
      node.kind = Node::Kind::kWith;
    } else {
      node.kind = Node::Kind::kPrint;
      next = 0;
    }
    SKEIN_TRY_ASSIGN(next, take_variables(node, words, next));
    SKEIN_TRY_ASSIGN(node.expression, PipelineParser(words, next).parse_all());
    if (node.kind == Node::Kind::kPrint && !node.variables.empty()) node.kind = Node::Kind::kAssign;
    if (node.kind != Node::Kind::kPrint && node.kind != Node::Kind::kAssign) SKEIN_TRY(add_bodies(node));
    nodes.push_back(std::move(node));
    return {};
  }

  // "$a, $b :=" in front of a pipeline.
  static Result<size_t> take_variables(Node& node, const std::vector<std::string>& words, size_t next) {
    size_t i = next;
    std::vector<std::string> names;
    while (i < words.size() && words[i][0] == '$') {
      names.push_back(words[i].substr(1));
      if (++i < words.size() && words[i] == ",") ++i;
    }
    if (i == words.size() || (words[i] != ":=" && words[i] != "=")) return next;
    if (names.empty() || names.size() > 2) return bad_template("unexpected \":=\"");
    node.variables = std::move(names);
    return i + 1;
  }

  Result<void> add_bodies(Node& node) {
    SKEIN_TRY_ASSIGN(const auto first_end, block(node.body));
    if (first_end.empty()) return bad_template("unexpected EOF");
    if (first_end[0] == "end") return {};
    if (first_end.size() > 1) {  // {{else if …}} stands for {{else}}{{if …}}…{{end}} with one end for both
      return add_action(node.otherwise, {first_end.begin() + 1, first_end.end()});
    }
    SKEIN_TRY_ASSIGN(const auto second_end, block(node.otherwise));
    if (second_end.empty() || second_end[0] != "end") return bad_template("unexpected {{else}}");
    return {};
  }

  std::string_view rest_;
  bool trims_next_ = false;
  int depth_ = 0;
};

// Shells hand over "\t" and "\n" as two characters.
std::string with_escapes(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 't' || text[i + 1] == 'n')) {
      result += text[++i] == 't' ? '\t' : '\n';
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

Result<Template> Template::parse(std::string_view text) {
  const std::string source = with_escapes(text);
  SKEIN_TRY_ASSIGN(Node root, TemplateParser(source).parse_all());
  Template result;
  result.root_ = std::make_shared<const Node>(std::move(root));
  return result;
}

}  // namespace skein::cli
