#include "gossip/gossip.h"

#include <algorithm>

#include "gossip/machine.h"

namespace skein::gossip {

Gossip::Gossip(GossipConfig config, Random& random, TimePoint now)
    : machine_(std::make_unique<Machine>(std::move(config), random, now)) {}
Gossip::~Gossip() = default;

// ---- inputs

void Gossip::on_packet(const PeerAddress& from, std::string_view bytes, TimePoint now) {
  if (!machine_->is_done) machine_->on_packet(from, bytes, now);
}

void Gossip::on_stream_request(StreamId id, const PeerAddress& from, std::string_view frame, TimePoint now) {
  if (machine_->is_done) return;
  machine_->on_stream_request(id, from, frame, now);
  machine_->settle(now);
}

void Gossip::on_stream_reply(StreamId id, std::string_view frame, TimePoint now) {
  if (machine_->is_done) return;
  machine_->on_stream_reply(id, frame, now);
  machine_->settle(now);
}

void Gossip::on_stream_failed(StreamId id, TimePoint now) {
  if (machine_->is_done) return;
  machine_->on_stream_failed(id, now);
  machine_->settle(now);
}

void Gossip::on_timer(TimePoint now) {
  if (!machine_->is_done) machine_->on_timer(now);
}

TimePoint Gossip::next_deadline() const { return machine_->is_done ? TimePoint::never() : machine_->next_deadline(); }

// ---- commands

void Gossip::join(std::vector<PeerAddress> bootstrap, TimePoint now) {
  Machine& m = *machine_;
  m.bootstrap = std::move(bootstrap);
  // Also where a live member seems to be: it may be an earlier life of that host, not yet missed, and the present one
  // may know nobody (a manager that was restarted).
  for (const PeerAddress& peer : m.bootstrap)
    if (peer != m.config.advertise) m.push_pull(Machine::Purpose::kBootstrap, peer, "", 0, now);
  m.next_bootstrap = now + m.timings().reconnect_interval;
  m.reconnect_by(m.next_bootstrap);
  m.settle(now);
}

void Gossip::leave(TimePoint now) {
  Machine& m = *machine_;
  if (m.is_leaving) return;
  m.is_leaving = true;
  m.leave_deadline = now + kLeaveTimeMax;
  m.db.announce_node(false);
  m.membership.leave(now);
  m.is_urgent = true;
  m.settle(now);
}

void Gossip::join_network(const std::string& network, TimePoint now) {
  Machine& m = *machine_;
  if (m.db.is_on(network)) return;
  m.db.join_network(network, now);
  m.is_urgent = true;
  m.sync_with_some(network, kJoinSyncPeers, now);
  // Twice more with others: a peer that joined at the same time may have known as little as we did.
  m.extra_syncs.emplace_back(now + std::chrono::seconds(2), network);
  m.extra_syncs.emplace_back(now + std::chrono::seconds(6), network);
  m.settle(now);
}

void Gossip::leave_network(const std::string& network, TimePoint now) {
  machine_->db.leave_network(network, now);
  std::erase_if(machine_->extra_syncs, [&](const auto& sync) { return sync.second == network; });
  machine_->is_urgent = true;
  machine_->settle(now);
}

Result<void> Gossip::create_entry(const std::string& table, const std::string& network, const std::string& key,
                                  std::string value, TimePoint now) {
  SKEIN_TRY(machine_->db.create_entry(table, network, key, std::move(value)));
  machine_->is_urgent = true;
  machine_->settle(now);
  return {};
}

Result<void> Gossip::update_entry(const std::string& table, const std::string& network, const std::string& key,
                                  std::string value, TimePoint now) {
  SKEIN_TRY(machine_->db.update_entry(table, network, key, std::move(value)));
  machine_->is_urgent = true;
  machine_->settle(now);
  return {};
}

Result<void> Gossip::delete_entry(const std::string& table, const std::string& network, const std::string& key,
                                  TimePoint now) {
  SKEIN_TRY(machine_->db.delete_entry(table, network, key, now));
  machine_->is_urgent = true;
  machine_->settle(now);
  return {};
}

Result<void> Gossip::set_keys(const std::vector<std::string>& keys) {
  if (keys.empty()) return make_error(Code::kInvalidArgument, "set gossip keys", "there is none");
  SKEIN_TRY_ASSIGN(machine_->ring, wire::memberlist::KeyRing::make(keys.front(), {keys.begin() + 1, keys.end()}));
  return {};
}

// ---- queries

const std::string& Gossip::name() const { return machine_->config.name; }

std::vector<Member> Gossip::members() const {
  std::vector<Member> out{machine_->member_of(name())};
  for (const auto& [name, node] : machine_->db.directory().nodes())
    if (!node.has_left && !node.is_ghost) out.push_back(machine_->member_of(name));
  std::ranges::sort(out, {}, &Member::name);
  return out;
}

TimePoint Gossip::heard_at(const IpAddress& host) const {
  auto found = machine_->heard_at.find(host);
  return found == machine_->heard_at.end() ? TimePoint{} : found->second;
}

std::vector<std::string> Gossip::network_peers(const std::string& network) const {
  const auto& others = machine_->db.directory().members(network);
  std::vector<std::string> out(others.begin(), others.end());
  if (machine_->db.is_on(network)) out.push_back(name());
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> Gossip::network_leavers(const std::string& network) const {
  std::vector<std::string> out;
  for (const auto& [name, node] : machine_->db.directory().nodes())
    if (auto at = node.attachments.find(network); at != node.attachments.end() && at->second.is_leaving)
      out.push_back(name);
  return out;
}

std::vector<Entry> Gossip::entries(const std::string& network, const std::string& table) const {
  return machine_->db.entries(network, table);
}

std::optional<Entry> Gossip::entry(const std::string& network, const std::string& table, const std::string& key) const {
  const StoredEntry* found = machine_->db.find(network, table, key);
  if (!found || found->is_deleted) return std::nullopt;
  return Entry{key, found->owner, found->value};
}

bool Gossip::is_deleted(const std::string& network, const std::string& table, const std::string& key) const {
  const StoredEntry* found = machine_->db.find(network, table, key);
  return found && found->is_deleted;
}

bool Gossip::has_entry_of(const std::string& network, const std::string& owner) const {
  return machine_->db.has_entry_of(network, owner);
}

std::map<std::string, size_t> Gossip::told_by_owner(const std::string& network, const std::string& table) const {
  return machine_->db.told_by_owner(network, table);
}

std::vector<std::string> Gossip::deleted_keys(const std::string& network, const std::string& table) const {
  return machine_->db.deleted_keys(network, table);
}

const Counts<GossipCount>& Gossip::counts() const { return machine_->counts; }
int Gossip::health_score() const { return machine_->prober.health_score(); }
std::vector<Output> Gossip::take_outputs() { return std::exchange(machine_->outputs, {}); }

}  // namespace skein::gossip
