#include "stack/values/interpolate.h"

#include "stack/values/casts.h"

namespace skein::stack {

namespace {

class Interpolation {
 public:
  explicit Interpolation(const Substitute& replace) : replace_(replace) {}

  Result<Value> of(const Value& value) {
    if (const auto* const text = value.as<std::string>()) return text_of(*text);
    if (const auto* const list = value.as<List>()) return list_of(*list);
    if (const auto* const map = value.as<Map>()) return map_of(*map);
    return value;
  }

 private:
  Result<Value> text_of(const std::string& text) {
    auto replaced = replace_(text);
    if (!replaced.ok()) {
      return invalid_argument("invalid interpolation format for " + where() + ": " + go_quoted(replaced.error().what) +
                              "; you may need to escape any $ with another $");
    }
    if (*replaced == text) return Value(text);
    auto value = cast(path_, *replaced);
    if (!value.ok()) {
      return invalid_argument("error while interpolating " + where() +
                              ": failed to cast to expected type: " + value.error().what);
    }
    return value;
  }

  Result<Value> list_of(const List& list) {
    List result;
    path_.emplace_back("[]");
    for (const Value& item : list) {
      SKEIN_TRY_ASSIGN(Value replaced, of(item));
      result.push_back(std::move(replaced));
    }
    path_.pop_back();
    return Value(std::move(result));
  }

  Result<Value> map_of(const Map& map) {
    Map result;
    for (const auto& [key, value] : map) {
      path_.push_back(key);
      SKEIN_TRY_ASSIGN(Value replaced, of(value));
      path_.pop_back();
      result.append(key, std::move(replaced));
    }
    return Value(std::move(result));
  }

  std::string where() const {
    std::string text;
    for (const std::string& part : path_) text += (text.empty() ? "" : ".") + part;
    return text;
  }

  const Substitute& replace_;
  Path path_;
};

}  // namespace

Result<Value> interpolate(const Value& file, const Substitute& replace) { return Interpolation(replace).of(file); }

Result<Value> interpolate(const Value& file, const Environment& environment) {
  return interpolate(file, Substitute([&](std::string_view text) { return substitute(text, environment); }));
}

}  // namespace skein::stack
