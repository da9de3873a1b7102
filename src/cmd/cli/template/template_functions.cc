#include <algorithm>
#include <array>
#include <sstream>

#include "cmd/cli/template/template_nodes.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

using Arguments = std::vector<Json>;
using Function = Result<Json> (*)(const Arguments&);

Error wrong(const std::string& why) { return make_error(Code::kInvalidArgument, why); }

std::string joined(const Json& list, const std::string& separator) {
  std::string text;
  for (size_t i = 0; i < list.size(); ++i) text += (i > 0 ? separator : "") + go_text(list[i]);
  return text;
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
      if (position < 0 || position >= static_cast<int64_t>(value.size())) {
        return wrong("index out of range: " + std::to_string(position));
      }
      value = Json(value[static_cast<size_t>(position)]);
    } else {
      return wrong("can't index item of type " + std::string(value.type_name()));
    }
  }
  return value;
}

Result<Json> slice_of(const Arguments& arguments) {
  const size_t size =
      arguments[0].is_string() ? arguments[0].get_ref<const std::string&>().size() : arguments[0].size();
  std::array<size_t, 2> bounds{0, size};
  for (size_t i = 1; i < arguments.size() && i < 3; ++i) {
    if (!arguments[i].is_number_unsigned() || arguments[i].get<size_t>() > size) return wrong("index out of range");
    bounds[i - 1] = arguments[i].get<size_t>();
  }
  if (bounds[0] > bounds[1]) return wrong("invalid slice index");
  if (arguments[0].is_string()) {
    return Json(arguments[0].get_ref<const std::string&>().substr(bounds[0], bounds[1] - bounds[0]));
  }
  if (!arguments[0].is_array()) return wrong("can't slice item of type " + std::string(arguments[0].type_name()));
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
    if (verb == std::string::npos) return wrong("bad format: " + format);
    std::string options = format.substr(i + 1, verb - i - 1);
    i = verb;
    if (format[verb] == '%') {
      text += '%';
      continue;
    }
    if (next >= arguments.size()) return wrong("missing argument for " + format);
    const Json& argument = arguments[next++];
    std::string shown = format[verb] == 'q' ? argument.dump() : go_text(argument);
    if (const size_t dot = options.find('.'); dot != std::string::npos) {
      if (argument.is_string()) shown = shown.substr(0, std::strtoul(options.c_str() + dot + 1, nullptr, 10));
      options.erase(dot);
    }
    const bool is_left = options.starts_with('-');
    const size_t width = std::min(std::strtoul(options.c_str() + (is_left ? 1 : 0), nullptr, 10), 4096ul);
    const std::string blanks(width > character_count(shown) ? width - character_count(shown) : 0, ' ');
    text += is_left ? shown + blanks : blanks + shown;
  }
  return Json(text);
}

Result<Json> print_of(const Arguments& arguments) {
  std::string text;
  for (const Json& argument : arguments) text += go_text(argument);
  return Json(text);
}

Result<Json> is_equal(const Arguments& arguments) {
  return Json(std::any_of(arguments.begin() + 1, arguments.end(), [&](const Json& b) { return b == arguments[0]; }));
}

Result<Json> split_of(const Arguments& arguments) {
  const std::string text = go_text(arguments[0]);
  const std::string separator = go_text(arguments[1]);
  Json parts = Json::array();
  size_t start = 0;
  while (!separator.empty()) {
    const size_t found = text.find(separator, start);
    if (found == std::string::npos) break;
    parts.push_back(text.substr(start, found - start));
    start = found + separator.size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

Result<Json> logic(const Arguments& arguments, bool stops_at) {
  for (const Json& argument : arguments) {
    if (is_true(argument) == stops_at) return argument;
  }
  return arguments.back();
}

Result<Json> case_of(const Arguments& arguments, bool is_upper) {
  std::string text = go_text(arguments[0]);
  for (char& c : text) {
    if (is_upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') c = static_cast<char>(c ^ 0x20);
  }
  return Json(text);
}

Result<Json> pad_of(const Arguments& arguments) {
  const std::string text = go_text(arguments[0]);
  const auto width = [&](size_t i) {
    return std::min<size_t>(arguments[i].is_number_unsigned() ? arguments[i].get<size_t>() : 0, 4096);
  };
  return Json(text.empty() ? text : std::string(width(1), ' ') + text + std::string(width(2), ' '));
}

Result<Json> truncate_of(const Arguments& arguments) {
  const size_t length = arguments[1].is_number_unsigned() ? arguments[1].get<size_t>() : 0;
  return Json(go_text(arguments[0]).substr(0, length));
}

struct Named {
  std::string_view name;
  size_t arguments_min;
  Function function;
};

constexpr Named kFunctions[] = {
    {"json", 1, [](const Arguments& a) { return Result<Json>(Json(a[0].dump())); }},
    {"index", 1, index_of},
    {"slice", 1, slice_of},
    {"len", 1,
     [](const Arguments& a) {
       return Result<Json>(Json(a[0].is_string() ? a[0].get_ref<const std::string&>().size() : a[0].size()));
     }},
    {"join", 2, [](const Arguments& a) { return Result<Json>(Json(joined(a[0], go_text(a[1])))); }},
    {"split", 2, split_of},
    {"lower", 1, [](const Arguments& a) { return case_of(a, false); }},
    {"upper", 1, [](const Arguments& a) { return case_of(a, true); }},
    {"title", 1, [](const Arguments& a) { return Result<Json>(Json(capitalized(go_text(a[0])))); }},
    {"truncate", 2, truncate_of},
    {"pad", 3, pad_of},
    {"print", 0, print_of},
    {"println", 0,
     [](const Arguments& a) {
       std::string text;
       for (const Json& argument : a) text += (text.empty() ? "" : " ") + go_text(argument);
       return Result<Json>(Json(text + "\n"));
     }},
    {"printf", 1, printf_of},
    {"eq", 2, is_equal},
    {"ne", 2, [](const Arguments& a) { return Result<Json>(Json(a[0] != a[1])); }},
    {"lt", 2, [](const Arguments& a) { return Result<Json>(Json(a[0] < a[1])); }},
    {"le", 2, [](const Arguments& a) { return Result<Json>(Json(a[0] <= a[1])); }},
    {"gt", 2, [](const Arguments& a) { return Result<Json>(Json(a[0] > a[1])); }},
    {"ge", 2, [](const Arguments& a) { return Result<Json>(Json(a[0] >= a[1])); }},
    {"and", 1, [](const Arguments& a) { return logic(a, false); }},
    {"or", 1, [](const Arguments& a) { return logic(a, true); }},
    {"not", 1, [](const Arguments& a) { return Result<Json>(Json(!is_true(a[0]))); }},
};

const Named* find_function(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kFunctions), std::end(kFunctions), [&](const Named& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

}  // namespace

bool is_function(std::string_view name) { return find_function(name) != nullptr; }

Result<Json> call_function(const std::string& name, const Arguments& arguments) {
  const Named* const found = find_function(name);
  if (found == nullptr) return wrong("function \"" + name + "\" not defined");
  if (arguments.size() < found->arguments_min) {
    return wrong("wrong number of args for " + name + ": want at least " + std::to_string(found->arguments_min) +
                 " got " + std::to_string(arguments.size()));
  }
  return found->function(arguments);
}

bool is_true(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

}  // namespace skein::cli
