// Expressions: fields, variables, constants, calls and pipes.
#include <algorithm>
#include <cctype>

#include "base/template/template_nodes.h"

namespace skein::templates {

namespace {

constexpr int kPipelineDepthMax = 64;

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

class PipelineParser {
 public:
  PipelineParser(const Dialect& dialect, std::string_view text, const std::vector<TemplateWord>& words, size_t next)
      : dialect_(dialect), text_(text), words_(words), next_(next) {}

  Result<Expression> parse_all() {
    SKEIN_TRY_ASSIGN(Expression expression, pipeline());
    if (!is_done()) return bad("unexpected \"" + words_[next_].text + "\" in operand");
    return expression;
  }

 private:
  Error bad(const std::string& why) const {
    const size_t at = words_.empty() ? 0 : words_[std::min(next_, words_.size() - 1)].at;
    return parse_error(dialect_, text_, at, why);
  }
  bool is_done() const { return next_ == words_.size(); }
  bool is_at(std::string_view word) const { return !is_done() && words_[next_].text == word; }
  bool is_at_end() const { return is_done() || is_at(")") || is_at("|"); }

  Result<Expression> pipeline() {
    if (++depth_ > kPipelineDepthMax) return bad("too deeply nested");
    SKEIN_TRY_ASSIGN(Expression value, command());
    while (is_at("|")) {
      ++next_;
      SKEIN_TRY_ASSIGN(Expression function, command());
      if (function.kind != Expression::Kind::kCall) return bad("non executable command in pipeline stage 2");
      function.inner.push_back(std::move(value));
      value = std::move(function);
    }
    --depth_;
    return value;
  }

  Result<Expression> command() {
    if (is_at_end()) return bad("missing value for command");
    const size_t begin = next_;
    SKEIN_TRY_ASSIGN(Expression first, operand());
    if (first.kind != Expression::Kind::kCall) {
      if (is_at_end()) return first;
      const std::string name = first.path.empty() ? first.shown : first.path.back();
      if (first.kind == Expression::Kind::kField && first.inner.empty() && !first.path.empty())
        return execution_error(dialect_, text_, first, name + " has arguments but cannot be invoked as function");
      return execution_error(dialect_, text_, first, "can't give argument to non-function " + first.shown);
    }
    while (!is_at_end()) {
      SKEIN_TRY_ASSIGN(Expression argument, operand());
      first.inner.push_back(std::move(argument));
    }
    first.shown = shown_from(begin);
    return first;
  }

  // A command as Go prints it.
  std::string shown_from(size_t begin) const {
    std::string shown;
    for (size_t i = begin; i < next_; ++i) {
      const bool is_joined = shown.empty() || shown.back() == '(' || words_[i].text == ")";
      shown += (is_joined ? "" : " ") + words_[i].text;
    }
    return shown;
  }

  Result<Expression> parenthesis() {
    SKEIN_TRY_ASSIGN(Expression inside, pipeline());
    if (!is_at(")")) return bad("unclosed left paren");
    ++next_;
    Expression out;
    out.kind = Expression::Kind::kField;
    out.at = inside.at;
    out.shown = "(" + inside.shown + ")";
    if (!is_done() && words_[next_].text.size() > 1 && words_[next_].text[0] == '.') {
      out.at = words_[next_].at;
      out.shown += words_[next_].text;
      out.path = split_path(words_[next_++].text);
    }
    out.inner.push_back(std::move(inside));
    return out;
  }

  // Go tells of a chain of fields where its second one begins.
  static size_t place_of_fields(const TemplateWord& word) {
    const size_t second = word.text.find('.', 1);
    return word.text[0] == '.' && second != std::string::npos ? word.at + second : word.at;
  }

  Result<Expression> operand() {
    const TemplateWord& word = words_[next_++];
    const std::string& text = word.text;
    if (text == "(") return parenthesis();
    Expression out;
    out.at = place_of_fields(word);
    out.shown = text;
    if (text[0] == '.') {
      out.kind = Expression::Kind::kField;
      out.path = split_path(text);
    } else if (text[0] == '$') {
      out.kind = Expression::Kind::kVariable;
      const size_t dot = std::min(text.find('.'), text.size());
      out.name = text.substr(1, dot - 1);
      out.path = split_path(std::string_view(text).substr(dot));
    } else if (text[0] == '"' || text[0] == '`') {
      out.kind = Expression::Kind::kLiteral;
      out.literal = unquoted(text);
    } else if (std::isdigit(static_cast<unsigned char>(text[0])) != 0 || text[0] == '-') {
      out.kind = Expression::Kind::kLiteral;
      out.literal = Json::parse(text, nullptr, false);
      if (!out.literal.is_number()) return parse_error(dialect_, text_, word.at, "bad number syntax: \"" + text + "\"");
    } else if (text == "true" || text == "false" || text == "nil") {
      out.kind = Expression::Kind::kLiteral;
      if (text != "nil") out.literal = text == "true";
    } else if (find_function(dialect_, text) != nullptr) {
      out.kind = Expression::Kind::kCall;
      out.name = text;
    } else {
      return parse_error(dialect_, text_, word.at, "function \"" + text + "\" not defined");
    }
    return out;
  }

  const Dialect& dialect_;
  std::string_view text_;
  const std::vector<TemplateWord>& words_;
  size_t next_;
  int depth_ = 0;
};

}  // namespace

Result<Expression> parse_pipeline(const Dialect& dialect, std::string_view text, const std::vector<TemplateWord>& words,
                                  size_t next) {
  return PipelineParser(dialect, text, words, next).parse_all();
}

}  // namespace skein::templates
