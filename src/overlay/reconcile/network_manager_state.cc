// NetworkManager: what outlives the daemon, on disk: the endpoints, and the names under which the host has gossiped.
// And what is told of all that it knows.
#include <algorithm>

#include "base/log.h"
#include "io/file/file.h"
#include "overlay/endpoints/container_endpoints.h"
#include "overlay/reconcile/network_manager.h"
#include "overlay/reconcile/network_states.h"

namespace skein::overlay {

namespace {

// That are told of.
constexpr ptrdiff_t kLostMax = 100;

}  // namespace

Result<void> NetworkManager::save(const std::string& container_id) {
  return kept_book_.note(save_book(format_container(book_, container_id)));
}

// Nothing is synced: after a power failure the namespaces are gone as well.
Result<void> NetworkManager::save_book(const std::string& changes) {
  return book_file_.save(changes, book_.containers.size(), [this] { return format_book(book_); });
}

Result<void> NetworkManager::restore() {
  SKEIN_ASSERT(!is_restored_);
  auto text = book_file_.read();
  if (text.ok()) {
    SKEIN_TRY_ASSIGN(book_, parse_book(*text));
  } else if (text.error().code != Code::kNotFound) {
    return text.error();
  }
  restore_lives();
  refresh_.restore();
  for (const auto& [id, endpoint] : book_.endpoints)
    if (endpoint.network.is_local) local_.keep_address(endpoint.network.id, endpoint.address);
  refresh_.now({});
  for (const auto& [id, container] : book_.containers)
    if (auto served = serve_names(id); !served.ok())
      log_warning("names-not-served", {{"container", id}, {"why", served.error().text()}});
  is_restored_ = true;
  return {};
}

void NetworkManager::restore_lives() {
  auto text = io::read_file(lives_path_);
  if (!text.ok()) return;
  auto lives = parse_lives(*text);
  if (!lives.ok()) return log_warning("gossip-names-forgotten", {{"why", lives.error().text()}});
  lives_ = std::move(*lives);
}

// A container that has neither link nor namespace runs no more, or out of everybody's reach. Its next start makes the
// endpoints anew. A link that works is never touched for a name that was unmounted.
void NetworkManager::drop_lost(const plan::ApplyFailures& failures) {
  std::map<std::string, std::set<std::string>> containers;  // by path of the namespace
  std::set<std::string> paths;
  for (const auto& id : failures.without_link) {
    auto found = book_.endpoints.find(id);
    if (found == book_.endpoints.end()) continue;
    containers[found->second.netns_path].insert(found->second.container_id);
    paths.insert(found->second.netns_path);
  }
  for (const auto& path : host_.missing_namespaces(paths)) {
    for (const auto& id : containers[path]) {
      const std::string why = "its network namespace " + path + " is gone";
      log_info("endpoints-lost", {{"container", id}, {"why", why}});
      for (const Endpoint* endpoint : endpoints_of(book_, id))
        lost_.push_back({endpoint->id, id, endpoint->network.id, why, clock_.wall()});
      detach(id);
    }
  }
  if (std::ssize(lost_) > kLostMax) lost_.erase(lost_.begin(), lost_.end() - kLostMax);
}

std::shared_ptr<const HostReport> NetworkManager::report() const {
  return std::make_shared<const HostReport>(
      HostReport{book_, refresh_.report(), lost_, host_.encryption_backend(), encryption_.keys_since()});
}

// A host whose list of endpoints could not be read does not know what it has.
std::string NetworkManager::begin_gossip(const std::string& name) {
  const bool has_endpoints = std::any_of(book_.endpoints.begin(), book_.endpoints.end(),
                                         [](const auto& entry) { return !entry.second.network.is_local; });
  lives_.begin(name, !is_restored_ || has_endpoints);
  (void)kept_lives_.write();
  return format_member(lives_);
}

}  // namespace skein::overlay
