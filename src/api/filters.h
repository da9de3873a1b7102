// The `filters` query parameter of list requests: a JSON map of sets, {"name":{"x":true}}, or of lists.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/http/message.h"

namespace skein::api {

class ListFilters {
 public:
  // kInvalidArgument "invalid filter 'x'" for names that are not among `known`.
  static Result<ListFilters> parse(const io::http::Query& query, const std::set<std::string>& known);

  bool has(const std::string& name) const { return values_.contains(name); }
  const std::set<std::string>& values(const std::string& name) const {
    static const std::set<std::string> kNone;
    auto found = values_.find(name);
    return found == values_.end() ? kNone : found->second;
  }
  // True when there is no such filter, or one of its values satisfies `test`.
  template <class Test>
  bool any(const std::string& name, Test test) const {
    auto found = values_.find(name);
    if (found == values_.end()) return true;
    for (const auto& value : found->second)
      if (test(value)) return true;
    return false;
  }
  // "key" or "key=value" for every value of the filter.
  template <class Map>
  bool labels(const std::string& name, const Map& labels) const {
    auto found = values_.find(name);
    if (found == values_.end()) return true;
    for (const auto& value : found->second) {
      size_t equals = value.find('=');
      auto label = labels.find(value.substr(0, equals));
      if (label == labels.end()) return false;
      if (equals != std::string::npos && label->second != value.substr(equals + 1)) return false;
    }
    return true;
  }

 private:
  std::map<std::string, std::set<std::string>> values_;
};

}  // namespace skein::api
