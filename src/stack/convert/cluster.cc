#include "stack/convert/cluster.h"

#include <set>

#include "stack/normal/record.h"
#include "stack/shape/shape.h"

namespace skein::stack {

namespace {

constexpr const char* kCompleted = "service_completed_successfully";

std::set<std::string> awaited_to_complete(const Value& model) {
  std::set<std::string> names;
  for (const auto& [unused, service] : model.at("services").entries())
    for (const auto& [name, prerequisite] : service.at("depends_on").entries())
      if (prerequisite.at("condition").text() == kCompleted) names.insert(name);
  return names;
}

// Unless `deploy` says it itself.
void put(Value& record, std::initializer_list<const char*> path, const Value& value) {
  Value* at = &record;
  for (const char* const key : path) {
    if (!at->is<Map>()) *at = Map();
    Map& map = *at->as<Map>();
    if (!map.contains(key)) map.append(key, {});
    at = map.find(key);
  }
  if (at->is_null()) *at = value;
}

// `cpus: 0.5` as the text that limits have.
Value as_text(const Value& number) { return shown(number); }

void put_limits(Value& deploy, const Value& service) {
  const auto move = [&](const char* from, std::initializer_list<const char*> to, bool is_text) {
    if (const Value& value = service.at(from); !value.is_null()) put(deploy, to, is_text ? as_text(value) : value);
  };
  move("cpus", {"resources", "limits", "cpus"}, true);
  move("mem_limit", {"resources", "limits", "memory"}, true);
  move("pids_limit", {"resources", "limits", "pids"}, false);
  move("mem_reservation", {"resources", "reservations", "memory"}, true);
  move("scale", {"replicas"}, false);
}

// A job is tried again after failures, unless the file says "no"; it never starts again once it is done.
void put_restart(Value& deploy, const std::string& restart, bool is_job) {
  if (!deploy.at("restart_policy").is_null()) return;
  const size_t mark = restart.find(':');
  const std::string word = restart.substr(0, mark);
  if (word == "no") put(deploy, {"restart_policy", "condition"}, "none");
  if (is_job && word != "no" && word != "on-failure") put(deploy, {"restart_policy", "condition"}, "on-failure");
}

std::string prerequisites_of(const Namespace& stack, const Value& service) {
  std::string text;
  for (const auto& [name, prerequisite] : service.at("depends_on").entries())
    text += (text.empty() ? "" : ",") + stack.scoped(name) + ":" + prerequisite.at("condition").text();
  return text;
}

}  // namespace

Value for_cluster(const Namespace& stack, const Value& model) {
  Value result = model;
  const std::set<std::string> awaited = awaited_to_complete(model);
  for (auto& [name, service] : *result.as<Map>()->find("services")->as<Map>()) {
    Value deploy = service.at("deploy").is_null() ? Value(Map()) : service.at("deploy");
    if (awaited.contains(name)) put(deploy, {"mode"}, "replicated-job");
    const std::string& mode = deploy.at("mode").text();
    put_limits(deploy, service);
    put_restart(deploy, service.at("restart").text(), mode == "replicated-job" || mode == "global-job");
    if (const std::string text = prerequisites_of(stack, service); !text.empty())
      put(deploy, {"labels", kDependsOnLabel}, text);
    if (!deploy.entries().empty()) set_field(service, one_service_shape(), "deploy", std::move(deploy));
    service.as<Map>()->erase("depends_on");
  }
  return result;
}

}  // namespace skein::stack
