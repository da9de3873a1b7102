// What a template is parsed into. Part of template.h.
#pragma once

#include <string>
#include <vector>

#include "base/template/template.h"

namespace skein::templates {

struct Expression {
  enum class Kind { kLiteral, kField, kVariable, kCall, kNothing };
  Kind kind = Kind::kNothing;
  Json literal;
  std::string name;               // of the variable ("" is $) or the function
  std::vector<std::string> path;  // fields, after the dot, the variable or the value of `inner`
  std::vector<Expression> inner;  // a call's arguments; for a kField, the parenthesis in front of the path, if any
  size_t at = 0;                  // where it stands in the text, as Go has it for errors
  std::string shown;              // how Go shows it there
};

struct Template::Node {
  enum class Kind { kText, kPrint, kAssign, kIf, kRange, kWith, kBlock };
  Kind kind = Kind::kBlock;
  std::string text;                    // kText
  Expression expression;               // all but kText and kBlock
  std::vector<std::string> variables;  // assigned; of kRange: index and element, or element only
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

// A piece of an action, and where it begins in the whole text.
struct TemplateWord {
  std::string text;
  size_t at = 0;
};

// "template: NAME:LINE: why": of a text that cannot be read, at this offset.
Error parse_error(const Dialect& dialect, std::string_view text, size_t at, const std::string& why);
// "template: NAME:LINE:COLUMN: executing "NAME" at <…>: why".
Error execution_error(const Dialect& dialect, std::string_view text, const Expression& expression,
                      const std::string& why);

// One pipeline of an action: the words from `next` on, which must be all of it.
Result<Expression> parse_pipeline(const Dialect& dialect, std::string_view text, const std::vector<TemplateWord>& words,
                                  size_t next);

// Null if there is no function of this name.
const Function* find_function(const Dialect& dialect, std::string_view name);

}  // namespace skein::templates
