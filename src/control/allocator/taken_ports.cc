#include "control/allocator/taken_ports.h"

#include <algorithm>

namespace skein::control {

namespace {

constexpr uint32_t kAutomaticPorts = kAutomaticPortLast - kAutomaticPortFirst + 1;

bool is_mesh(const api::PortConfig& port) { return port.publish_mode() == api::PortConfig::INGRESS; }
bool is_automatic(uint32_t port) { return port >= kAutomaticPortFirst && port <= kAutomaticPortLast; }

uint32_t behind(uint32_t port) {
  SKEIN_ASSERT(is_automatic(port));
  return port == kAutomaticPortLast ? kAutomaticPortFirst : port + 1;
}

// What a port that the user leaves open is kept for over updates of the service.
auto purpose_of(const api::PortConfig& port) { return std::tuple(port.protocol(), port.target_port(), port.name()); }

}  // namespace

void TakenPorts::apply(const store::Change& change) {
  if (change.kind != store::Kind::kService) return;
  if (auto old = change.old<api::Service>()) release(*old);
  if (auto now = change.now<api::Service>()) hold(*now);
}

void TakenPorts::hold(const api::Service& service) {
  for (const auto& port : service.endpoint().ports()) {
    if (port.published_port() == 0) continue;
    holders_[place_of(port)].emplace(service.id(), port.publish_mode());
    // Somebody who begins with the objects goes on behind the highest of them.
    uint32_t& next = next_.try_emplace(port.protocol(), kAutomaticPortFirst).first->second;
    if (is_mesh(port) && is_automatic(port.published_port()) && next <= port.published_port() && !is_filled_)
      next = behind(port.published_port());
  }
}

void TakenPorts::release(const api::Service& service) {
  for (const auto& port : service.endpoint().ports()) {
    auto found = holders_.find(place_of(port));
    if (found == holders_.end()) continue;
    found->second.erase({service.id(), port.publish_mode()});
    if (found->second.empty()) holders_.erase(found);
  }
}

Result<void> TakenPorts::check_free(const api::PortConfig& port, const std::string& service_id,
                                    const store::Tables& view) const {
  auto found = holders_.find(place_of(port));
  if (port.published_port() == 0 || found == holders_.end()) return {};
  for (const auto& [id, mode] : found->second) {
    const bool is_theirs_mesh = mode == api::PortConfig::INGRESS;
    if (id == service_id || (!is_theirs_mesh && !is_mesh(port))) continue;
    SKEIN_ASSERT(view.get<api::Service>(id) && "who holds a port is in the tables");
    return invalid_argument("port '" + std::to_string(port.published_port()) + "' is already in use by service '" +
                            model::name_of(*view.get<api::Service>(id)) + "' (" + id + ") as " +
                            (is_theirs_mesh ? "an ingress port" : "a host-published port"));
  }
  return {};
}

Result<TakenPorts::Ports> TakenPorts::choose(const api::Service& service, const store::Tables& view) {
  Ports out = service.spec().endpoint().ports();
  std::set<Place> given;  // to this service
  for (const auto& port : out) {
    SKEIN_TRY(check_free(port, service.id(), view));
    if (port.published_port() != 0) given.insert(place_of(port));
  }
  std::multimap<decltype(purpose_of({})), uint32_t> kept;  // equal ones in their order
  for (const auto& port : service.endpoint().ports())
    if (is_mesh(port) && port.published_port() != 0 && !given.contains(place_of(port)))
      kept.emplace(purpose_of(port), port.published_port());
  for (auto& port : out) {
    if (!is_mesh(port) || port.published_port() != 0) continue;
    if (auto found = kept.lower_bound(purpose_of(port)); found != kept.end() && found->first == purpose_of(port)) {
      port.set_published_port(found->second);
      kept.erase(found);
      given.insert(place_of(port));
    }
  }
  for (auto& port : out) {
    if (!is_mesh(port) || port.published_port() != 0) continue;
    auto chosen = next_free(port.protocol(), given);
    if (!chosen)
      return make_error(
          Code::kResourceExhausted, "no port is free to be published",
          "all of " + std::to_string(kAutomaticPortFirst) + " to " + std::to_string(kAutomaticPortLast) + " are taken",
          "name one with published=");
    port.set_published_port(*chosen);
    const bool is_free = given.insert(place_of(port)).second;
    SKEIN_ASSERT(is_free && !holders_.contains(place_of(port)));
  }
  SKEIN_ASSERT(out.size() == service.spec().endpoint().ports_size());
  return out;
}

std::optional<uint32_t> TakenPorts::next_free(api::PortConfig::Protocol protocol, const std::set<Place>& given) {
  uint32_t& next = next_.try_emplace(protocol, kAutomaticPortFirst).first->second;
  for (uint32_t tried = 0, port = next; tried < kAutomaticPorts; ++tried, port = behind(port)) {
    if (holders_.contains({protocol, port}) || given.contains({protocol, port})) continue;
    next = behind(port);
    return port;
  }
  return std::nullopt;
}

bool gives_back_port(const store::Change& change) {
  auto old = change.old<api::Service>(), now = change.now<api::Service>();
  if (!old) return false;
  std::set<std::pair<api::PortConfig::Protocol, uint32_t>> left;
  for (const auto& port : old->endpoint().ports())
    if (is_mesh(port)) left.emplace(port.protocol(), port.published_port());
  if (now)
    for (const auto& port : now->endpoint().ports()) left.erase({port.protocol(), port.published_port()});
  return !left.empty();
}

}  // namespace skein::control
