// Coming back: after a partition, after being held for dead, after a restart of the managers.
#include <algorithm>

#include "gossip/machine.h"

namespace skein::gossip {

// Whoever held this host for dead has dropped its attachments and entries. They are announced anew in the order in
// which receivers can use them: the refutation itself, then attachments, then entries.
void Gossip::Machine::on_refuted(const Refuted& refuted, TimePoint now) {
  counts.add(refuted.was_dead ? GossipCount::kRefutedDeaths : GossipCount::kRefutedSuspicions);
  prober.on_refuted();
  is_urgent = true;
  is_refuted_in_merge = true;
  Duration pause = refuted.was_dead ? kAnnouncePauseAfterDeath : kAnnouncePauseAfterSuspicion;
  TimePoint at = std::max(now, last_announced + pause) + std::chrono::milliseconds(250) +
                 random_up_to(std::chrono::milliseconds(250));
  if (announce_entries_at == TimePoint::never()) announce_networks_at = std::min(announce_networks_at, at);
}

void Gossip::Machine::announce_anew(TimePoint now) {
  if (announce_networks_at <= now) {
    announce_networks_at = TimePoint::never();
    announce_entries_at = now + std::chrono::milliseconds(500);
    db.announce_networks();
  }
  if (announce_entries_at <= now) {
    announce_entries_at = TimePoint::never();
    last_announced = now;
    db.announce_entries();
    for (const std::string& network : db.own_networks()) sync_with_some(network, 2, now);  // what we have missed
  }
  is_urgent = true;
}

// Freshly failed members are tried all the time, so that a healed partition is noticed at once.
bool Gossip::Machine::reconnect(TimePoint now) {
  std::vector<std::pair<std::string, PeerAddress>> fresh, old;
  size_t active = 1;
  for (const auto& [name, node] : db.directory().nodes()) {
    active += node.is_active();
    if (node.is_up || node.has_left || node.is_ghost) continue;
    (now - node.down_since <= kFreshlyFailed ? fresh : old).emplace_back(name, node.address);
  }
  auto try_some = [&](auto& nodes, size_t count) {
    for (size_t i = 0; i < std::min(count, nodes.size()); ++i) {
      std::swap(nodes[i], nodes[i + random.below(nodes.size() - i)]);
      push_pull(Purpose::kReconnect, nodes[i].second, nodes[i].first, 0, now);
    }
  };
  try_some(fresh, std::max<size_t>(1, kReconnectsPerTick / active));
  try_some(old, 1);
  return !fresh.empty() || !old.empty();
}

// Through every bootstrap peer that is not an active member: each second while none is, else now and then, because the
// missing ones may be a cluster of their own.
void Gossip::Machine::rejoin_bootstrap(TimePoint now) {
  std::set<PeerAddress> active{config.advertise};
  for (const auto& [name, node] : db.directory().nodes())
    if (node.is_active()) active.insert(node.address);
  bool has_any = false;
  for (const PeerAddress& peer : bootstrap) has_any |= active.contains(peer);
  for (const PeerAddress& peer : bootstrap)
    if (!active.contains(peer)) push_pull(Purpose::kBootstrap, peer, "", 0, now);
  next_bootstrap = now + (has_any ? timings().bootstrap_interval : timings().reconnect_interval);
}

void Gossip::Machine::on_activated(const NodeActivated& event, TimePoint now) {
  report_member(event.name);
  answer_early_sync(event.name, now);
  if (!event.is_return) return;
  // It was forgotten here, with its networks and entries, and perhaps we were there. It will say so itself; this is for
  // what gets lost, and spread over a second because everybody does it.
  plan.owe({event.name, now + std::chrono::milliseconds(100) + random_up_to(std::chrono::milliseconds(900)), true});
}

// Who joins a network asks for its entries itself, but two who joined it before they met (managers that started late, a
// partition at birth) do not. Usually the newcomer has asked before the delay is over, and the debt is gone.
void Gossip::Machine::on_attached(const PeerAttached& event, TimePoint now) {
  // One that is learned of by push/pull has announced itself in vain here, and so have its entries.
  size_t many = event.together > 0 ? event.together : db.directory().members(event.network).size();
  if (random.unit() * static_cast<double>(many) >= kGreeters) return;
  plan.owe({event.node, now + std::chrono::milliseconds(200) + random_up_to(std::chrono::milliseconds(800))});
}

void Gossip::Machine::on_deactivated(const NodeDeactivated& event) {
  report_member(event.name);
  plan.forget(event.name);
  agreements.forget(event.name);
  syncing.erase(event.name);
}

}  // namespace skein::gossip
