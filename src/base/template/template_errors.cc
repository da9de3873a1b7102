#include <algorithm>

#include "base/template/template_nodes.h"

namespace skein::templates {

namespace {

size_t line_of(std::string_view text, size_t at) {
  return 1 +
         static_cast<size_t>(std::count(text.begin(), text.begin() + std::ptrdiff_t(std::min(at, text.size())), '\n'));
}

// From 0.
size_t column_of(std::string_view text, size_t at) {
  const size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return newline == std::string_view::npos ? at : at - newline - 1;
}

}  // namespace

Error parse_error(const Dialect& dialect, std::string_view text, size_t at, const std::string& why) {
  return make_error(Code::kInvalidArgument,
                    dialect.front + "template: " + dialect.name + ":" + std::to_string(line_of(text, at)) + ": " + why);
}

Error execution_error(const Dialect& dialect, std::string_view text, const Expression& expression,
                      const std::string& why) {
  const std::string place =
      std::to_string(line_of(text, expression.at)) + ":" + std::to_string(column_of(text, expression.at));
  return make_error(Code::kInvalidArgument, dialect.front + "template: " + dialect.name + ":" + place +
                                                ": executing \"" + dialect.name + "\" at <" + expression.shown +
                                                ">: " + why);
}

}  // namespace skein::templates
