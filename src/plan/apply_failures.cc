#include "plan/apply_failures.h"

#include <vector>

namespace skein::plan {
namespace {

constexpr size_t kFailuresNamed = 3;

// Operations that only take away what nobody is to have any more.
bool is_removal(const Operation& operation) {
  return std::holds_alternative<DeleteLink>(operation) || std::holds_alternative<DeleteRoute>(operation) ||
         std::holds_alternative<DetachUnderlay>(operation);
}

}  // namespace

const LinkIntent* link_of(const Operation& operation) {
  if (auto* op = std::get_if<CreateLink>(&operation)) return &op->link;
  if (auto* op = std::get_if<SetMtu>(&operation)) return &op->link;
  if (auto* op = std::get_if<SetDefaultRoute>(&operation)) return &op->link;
  if (auto* op = std::get_if<SettleLink>(&operation)) return &op->link;
  return nullptr;
}

void ApplyFailures::add(const Operation& operation, const Error& error) {
  SKEIN_ASSERT(error.code != Code::kOk);
  Error told = with_context(error, text(operation));
  if (const LinkIntent* link = link_of(operation)) {
    if (std::holds_alternative<CreateLink>(operation)) without_link.insert(link->endpoint.id);
    endpoints.try_emplace(link->endpoint.id, std::move(told));
  } else if (auto& place = is_removal(operation) ? leftover : host; !place) {
    place = std::move(told);
  }
}

Result<void> ApplyFailures::of(const std::set<std::string>& endpoint_ids) const {
  for (const auto& id : endpoint_ids)
    if (auto found = endpoints.find(id); found != endpoints.end())
      return with_context(found->second, "apply the network's plan");
  if (host) return with_context(*host, "apply the network's plan");
  return {};
}

Error ApplyFailures::summary() const {
  std::vector<const Error*> all;
  if (host) all.push_back(&*host);
  for (const auto& [id, error] : endpoints) all.push_back(&error);
  if (leftover) all.push_back(&*leftover);
  std::string because;
  for (size_t i = 0; i < all.size() && i < kFailuresNamed; ++i) because += (i ? "; " : "") + all[i]->text();
  if (all.size() > kFailuresNamed) because += "; and " + std::to_string(all.size() - kFailuresNamed) + " more";
  return make_error(all.empty() ? Code::kOk : all[0]->code, "apply the network's plan", because);
}

}  // namespace skein::plan
