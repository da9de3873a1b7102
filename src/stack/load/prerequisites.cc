#include "stack/load/prerequisites.h"

#include <algorithm>
#include <set>

namespace skein::stack {

namespace {

Result<void> drop_unknown(const std::string& name, Value& service, const Map& services) {
  Value* const prerequisites = service.as<Map>()->find("depends_on");
  if (prerequisites == nullptr) return {};
  Map kept;
  for (const auto& [wanted, prerequisite] : prerequisites->entries()) {
    if (services.contains(wanted)) {
      kept.append(wanted, prerequisite);
    } else if (prerequisite.at("required").is_true()) {
      return invalid_argument("service " + go_quoted(name) + " depends on undefined service " + go_quoted(wanted));
    }
  }
  *prerequisites = std::move(kept);
  if (prerequisites->entries().empty()) service.as<Map>()->erase("depends_on");
  return {};
}

// Depth first: what a service waits for comes before it.
class Walk {
 public:
  explicit Walk(const Map& services) : services_(services) {}

  Result<void> visit(const std::string& name) {
    if (done_.contains(name)) return {};
    const auto before = std::find(path_.begin(), path_.end(), name);
    if (before != path_.end()) {
      std::string circle;
      for (auto at = before; at != path_.end(); ++at) circle += *at + " -> ";
      return invalid_argument("dependency cycle detected: " + circle + name);
    }
    path_.push_back(name);
    for (const auto& [wanted, unused] : services_.find(name)->at("depends_on").entries())
      if (services_.contains(wanted)) SKEIN_TRY(visit(wanted));
    path_.pop_back();
    done_.insert(name);
    order_.push_back(name);
    return {};
  }

  std::vector<std::string> take() { return std::move(order_); }

 private:
  const Map& services_;
  std::vector<std::string> path_;
  std::set<std::string> done_;
  std::vector<std::string> order_;
};

}  // namespace

Result<void> check_prerequisites(Value& model) {
  Map& services = *model.as<Map>()->find("services")->as<Map>();
  for (auto& [name, service] : services) SKEIN_TRY(drop_unknown(name, service, services));
  Walk walk(services);
  for (const auto& [name, unused] : services) SKEIN_TRY(walk.visit(name));
  return {};
}

std::vector<std::string> by_prerequisites(const Value& model) {
  Walk walk(model.at("services").entries());
  for (const auto& [name, unused] : model.at("services").entries()) SKEIN_ASSERT(walk.visit(name).ok());
  return walk.take();
}

}  // namespace skein::stack
