#include "stack/values/pairs.h"

#include <algorithm>

#include "base/text/shell_words.h"

namespace skein::stack {

namespace {

std::string without_brackets(const std::string& address) {
  const bool has_brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
  return has_brackets ? address.substr(1, address.size() - 2) : address;
}

Value host(const std::string& name, const std::string& address) { return name + ":" + without_brackets(address); }

}  // namespace

Value mapping(const Value& value, std::string_view separator, bool has_null) {
  const Value none = has_null ? Value() : Value("");
  Map result;
  for (const auto& [key, member] : value.entries()) result.append(key, member.is_null() ? none : Value(shown(member)));
  for (const Value& item : value.items()) {
    const std::string& text = item.text();
    const size_t mark = text.find(separator);
    result.set(text.substr(0, mark), mark == std::string::npos ? none : Value(text.substr(mark + separator.size())));
  }
  result.sort();
  return result;
}

Value host_list(const Value& value) {
  List result;
  for (const auto& [name, address] : value.entries()) {
    if (!address.is_null()) result.push_back(host(name, shown(address)));
  }
  std::sort(result.begin(), result.end(), [](const Value& a, const Value& b) { return a.text() < b.text(); });
  for (const Value& item : value.items()) {
    const std::string& text = item.text();
    const size_t equals = text.find('=');
    const size_t mark = equals != std::string::npos ? equals : text.find(':');
    if (mark != std::string::npos) result.push_back(host(text.substr(0, mark), text.substr(mark + 1)));
  }
  return result;
}

Result<Value> split_command(const Value& value) {
  if (!value.is<std::string>()) return value;
  SKEIN_TRY_ASSIGN(const auto words, split_shell_words(value.text()));
  List list;
  for (const std::string& word : words) list.emplace_back(word);
  return Value(std::move(list));
}

}  // namespace skein::stack
