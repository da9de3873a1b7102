// The `filters` query parameter of list and prune requests: a JSON map of sets, {"name":{"x":true}}, or of lists. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time/clock.h"
#include "io/http/message.h"

namespace skein::api {

class ListFilters {
 public:
  // kInvalidArgument "invalid filter 'x'" for names that are not among `known`, "invalid filter" for what is no such
  // map.
  static Result<ListFilters> parse(const io::http::Query& query, const std::set<std::string>& known);

  bool is_empty() const { return values_.empty(); }
  // A filter without values, {"name":[]}, asks nothing.
  bool has(const std::string& name) const { return !values(name).empty(); }
  const std::set<std::string>& values(const std::string& name) const {
    static const std::set<std::string> kNone;
    auto found = values_.find(name);
    return found == values_.end() ? kNone : found->second;
  }
  // True when there is no such filter, or one of its values satisfies `test`. A filter without values asks nothing.
  template <class Test>
  bool any(const std::string& name, Test test) const {
    auto found = values_.find(name);
    if (found == values_.end() || found->second.empty()) return true;
    for (const auto& value : found->second)
      if (test(value)) return true;
    return false;
  }
  bool has_exactly(const std::string& name, const std::string& text) const {
    return any(name, [&](const std::string& value) { return value == text; });
  }
  bool has_prefix(const std::string& name, const std::string& text) const {
    return any(name, [&](const std::string& value) { return text.starts_with(value); });
  }
  // A value is the text, or a regular expression that is found in it.
  bool matches(const std::string& name, const std::string& text) const;
  // "key" or "key=value" for every value of the filter.
  template <class Map>
  bool labels(const std::string& name, const Map& labels) const {
    for (const auto& value : values(name)) {
      size_t equals = value.find('=');
      auto label = labels.find(value.substr(0, equals));
      if (label == labels.end()) return false;
      if (equals != std::string::npos && label->second != value.substr(equals + 1)) return false;
    }
    return true;
  }
  // The filters "label", and "label!" for what is not meant.
  template <class Map>
  bool label_and_not_label(const Map& own) const {
    return labels("label", own) && (values("label!").empty() || !labels("label!", own));
  }
  // "true", "1", "false", "0"; nothing when there is no such filter.
  Result<std::optional<bool>> flag(const std::string& name) const;
  // The filter "until": what was made after it is not meant.
  Result<std::optional<WallTime>> until(WallTime now) const;

 private:
  std::map<std::string, std::set<std::string>> values_;
};

}  // namespace skein::api
