// The functions that Go's templates have by themselves.
#include <algorithm>
#include <array>

#include "base/template/template_nodes.h"
#include "base/text/json_text.h"

namespace skein::templates {

namespace {

using Arguments = std::vector<Json>;
constexpr size_t kWidthMax = 4096;

Error wrong_call(const std::string& why) { return make_error(Code::kInvalidArgument, why); }

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Result<Json> index_of(const Arguments& arguments) {
  Json value = arguments[0];
  for (size_t i = 1; i < arguments.size(); ++i) {
    const Json& key = arguments[i];
    if (value.is_object() && key.is_string()) {
      const auto found = value.find(key.get<std::string>());
      value = found == value.end() ? Json("") : Json(*found);
    } else if (value.is_array() && key.is_number_integer()) {
      const auto position = key.get<int64_t>();
      if (position < 0 || position >= static_cast<int64_t>(value.size()))
        return wrong_call("index out of range: " + std::to_string(position));
      value = Json(value[static_cast<size_t>(position)]);
    } else {
      return wrong_call("can't index item of type " + std::string(value.type_name()));
    }
  }
  return value;
}

Result<Json> slice_of(const Arguments& arguments) {
  const size_t size =
      arguments[0].is_string() ? arguments[0].get_ref<const std::string&>().size() : arguments[0].size();
  std::array<size_t, 2> bounds{0, size};
  for (size_t i = 1; i < arguments.size() && i < 3; ++i) {
    if (!arguments[i].is_number_unsigned() || arguments[i].get<size_t>() > size)
      return wrong_call("index out of range");
    bounds[i - 1] = arguments[i].get<size_t>();
  }
  if (bounds[0] > bounds[1]) return wrong_call("invalid slice index");
  if (arguments[0].is_string())
    return Json(arguments[0].get_ref<const std::string&>().substr(bounds[0], bounds[1] - bounds[0]));
  if (!arguments[0].is_array()) return wrong_call("can't slice item of type " + std::string(arguments[0].type_name()));
  Json result = Json::array();
  for (size_t i = bounds[0]; i < bounds[1]; ++i) result.push_back(arguments[0][i]);
  return result;
}

// %s %v %d %q %t %f %x and %%, with width and precision.
Result<Json> printf_of(const Arguments& arguments) {
  const std::string format = go_text(arguments[0]);
  std::string text;
  size_t next = 1;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
      continue;
    }
    const size_t verb = format.find_first_not_of("-+ #0123456789.", i + 1);
    if (verb == std::string::npos) return wrong_call("bad format: " + format);
    std::string options = format.substr(i + 1, verb - i - 1);
    i = verb;
    if (format[verb] == '%') {
      text += '%';
      continue;
    }
    if (next >= arguments.size()) return wrong_call("missing argument for " + format);
    const Json& argument = arguments[next++];
    std::string shown = format[verb] == 'q' ? json_text(argument) : go_text(argument);
    if (const size_t dot = options.find('.'); dot != std::string::npos) {
      if (argument.is_string()) shown = shown.substr(0, std::strtoul(options.c_str() + dot + 1, nullptr, 10));
      options.erase(dot);
    }
    const bool is_left = options.starts_with('-');
    const size_t width = std::min(std::strtoul(options.c_str() + (is_left ? 1 : 0), nullptr, 10), kWidthMax);
    const std::string blanks(width > count_characters(shown) ? width - count_characters(shown) : 0, ' ');
    text += is_left ? shown + blanks : blanks + shown;
  }
  return Json(text);
}

Result<Json> print_of(const Arguments& arguments) {
  std::string text;
  for (const Json& argument : arguments) text += go_text(argument);
  return Json(text);
}

Result<Json> println_of(const Arguments& arguments) {
  std::string text;
  for (const Json& argument : arguments) text += (text.empty() ? "" : " ") + go_text(argument);
  return Json(text + "\n");
}

// A text that shows a number is compared as that number, with a number: a task's slot is a text.
Result<void> make_comparable(Json& a, Json& b) {
  for (auto [text, number] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    if (!text->is_string() || !number->is_number()) continue;
    Json parsed = Json::parse(text->get_ref<const std::string&>(), nullptr, false);
    if (parsed.is_number()) *text = std::move(parsed);
  }
  const bool is_alike = a.type() == b.type() || (a.is_number() && b.is_number()) || a.is_null() || b.is_null() ||
                        (a.is_string() && b.is_number()) || (a.is_number() && b.is_string());
  return is_alike ? Result<void>() : Result<void>(wrong_call("incompatible types for comparison"));
}

template <class Compare>
Function comparing(Compare compare) {
  return {2, [compare](const Arguments& arguments) -> Result<Json> {
            Json a = arguments[0], b = arguments[1];
            SKEIN_TRY(make_comparable(a, b));
            return Json(compare(a, b));
          }};
}

// Equal to any of the others.
Result<Json> is_equal(const Arguments& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    Json a = arguments[0], b = arguments[i];
    SKEIN_TRY(make_comparable(a, b));
    if (a == b) return Json(true);
  }
  return Json(false);
}

Function logic(bool stops_at) {
  return {1, [stops_at](const Arguments& arguments) -> Result<Json> {
            for (const Json& argument : arguments)
              if (is_true(argument) == stops_at) return argument;
            return arguments.back();
          }};
}

Result<Json> length_of(const Arguments& arguments) {
  const Json& value = arguments[0];
  return Json(value.is_string() ? value.get_ref<const std::string&>().size() : value.size());
}

const Functions& own_functions() {
  static const Functions kFunctions{
      {"index", {1, index_of}},
      {"slice", {1, slice_of}},
      {"len", {1, length_of}},
      {"print", {0, print_of}},
      {"println", {0, println_of}},
      {"printf", {1, printf_of}},
      {"eq", {2, is_equal}},
      {"ne", comparing([](const Json& a, const Json& b) { return a != b; })},
      {"lt", comparing([](const Json& a, const Json& b) { return a < b; })},
      {"le", comparing([](const Json& a, const Json& b) { return a <= b; })},
      {"gt", comparing([](const Json& a, const Json& b) { return a > b; })},
      {"ge", comparing([](const Json& a, const Json& b) { return a >= b; })},
      {"and", logic(false)},
      {"or", logic(true)},
      {"not", {1, [](const Arguments& a) -> Result<Json> { return Json(!is_true(a[0])); }}}};
  return kFunctions;
}

}  // namespace

const Function* find_function(const Dialect& dialect, std::string_view name) {
  for (const Functions* functions : {&dialect.functions, &own_functions()})
    if (const auto found = functions->find(name); found != functions->end()) return &found->second;
  return nullptr;
}

bool is_true(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

}  // namespace skein::templates
