#include "control/scheduler/generic_resources.h"

#include <algorithm>

#include "base/result.h"

namespace skein::control {
namespace {

// Counts come from outside: negative ones are none, and sums stop at the end of the type.
int64_t add_count(int64_t sum, int64_t value) {
  return value <= 0 ? sum : sum > INT64_MAX - value ? INT64_MAX : sum + value;
}

// How many of each kind; a kind may be listed more than once.
std::map<std::string, int64_t> discrete_counts(const GenericList& list) {
  std::map<std::string, int64_t> out;
  for (const api::GenericResource& each : list) {
    const api::DiscreteGenericResource& discrete = each.discrete_resource_spec();
    if (each.has_discrete_resource_spec()) out[discrete.kind()] = add_count(out[discrete.kind()], discrete.value());
  }
  return out;
}

void add_named(GenericList& list, const std::string& kind, const std::string& name) {
  api::NamedGenericResource* named = list.Add()->mutable_named_resource_spec();
  named->set_kind(kind);
  named->set_value(name);
}

void add_discrete(GenericList& list, const std::string& kind, int64_t count) {
  api::DiscreteGenericResource* discrete = list.Add()->mutable_discrete_resource_spec();
  discrete->set_kind(kind);
  discrete->set_value(count);
}

}  // namespace

GenericResources::GenericResources(const GenericList& all) {
  for (const auto& [kind, count] : discrete_counts(all)) stocks_[kind].count = count;
  for (const api::GenericResource& each : all) {
    if (!each.has_named_resource_spec()) continue;
    Stock& stock = stocks_[each.named_resource_spec().kind()];
    stock.is_named = true;
    stock.names.insert(each.named_resource_spec().value());
  }
}

bool GenericResources::has_room(const GenericList& reservations) const {
  for (const api::GenericResource& each : reservations)
    if (each.has_named_resource_spec()) return false;
  for (const auto& [kind, count] : discrete_counts(reservations)) {
    auto found = stocks_.find(kind);
    if (count > 0 && (found == stocks_.end() || found->second.free() < count)) return false;
  }
  return true;
}

GenericList GenericResources::choose(const GenericList& reservations) const {
  GenericList out;
  for (const auto& [kind, count] : discrete_counts(reservations)) {
    if (count == 0) continue;
    auto found = stocks_.find(kind);
    SKEIN_ASSERT(found != stocks_.end() && found->second.free() >= count);
    if (!found->second.is_named) {
      add_discrete(out, kind, count);
      continue;
    }
    auto name = found->second.names.begin();
    for (int64_t i = 0; i < count; ++i, ++name) add_named(out, kind, *name);
  }
  return out;
}

bool GenericResources::has(const GenericList& held) const {
  for (const api::GenericResource& each : held) {
    if (!each.has_named_resource_spec()) continue;
    auto found = stocks_.find(each.named_resource_spec().kind());
    if (found == stocks_.end() || !found->second.names.contains(each.named_resource_spec().value())) return false;
  }
  for (const auto& [kind, count] : discrete_counts(held)) {
    auto found = stocks_.find(kind);
    if (found == stocks_.end() || found->second.is_named || found->second.count < count) return false;
  }
  return true;
}

void GenericResources::take(const GenericList& held) {
  for (const api::GenericResource& each : held) {
    if (!each.has_named_resource_spec()) continue;
    auto found = stocks_.find(each.named_resource_spec().kind());
    if (found != stocks_.end()) found->second.names.erase(each.named_resource_spec().value());
  }
  for (const auto& [kind, count] : discrete_counts(held)) {
    auto found = stocks_.find(kind);
    if (found != stocks_.end()) found->second.count = std::max<int64_t>(0, found->second.count - count);
  }
}

}  // namespace skein::control
