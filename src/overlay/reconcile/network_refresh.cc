#include "overlay/reconcile/network_refresh.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "overlay/endpoints/container_endpoints.h"
#include "overlay/peers/gossip_view.h"
#include "overlay/reconcile/network_states.h"

namespace skein::overlay {

namespace asio = boost::asio;

namespace {

// After a failure; doubled after each further one.
constexpr Duration kRetryPauseMin = std::chrono::seconds(1);
constexpr Duration kRetryPauseMax = std::chrono::seconds(30);
// Between passes for what others tell: a thousand news cost twenty passes.
constexpr Duration kNewsPause = std::chrono::milliseconds(50);
constexpr Duration kDuePauseMin = std::chrono::milliseconds(10);
// The kernel is compared with what is wanted, and neighbours are asked.
constexpr auto kAuditPeriod = std::chrono::seconds(60);
constexpr auto kHeardLately = std::chrono::seconds(30);

// If nothing is heard of anybody, it may be us who are cut off.
bool is_anybody_there(const RemoteRecords::Snapshot& snapshot, TimePoint now) {
  return std::ranges::any_of(snapshot.live_hosts, [&](const auto& host) { return now - host.second < kHeardLately; });
}

}  // namespace

NetworkRefresh::NetworkRefresh(io::TaskScope& tasks, const std::string& state_directory, const EndpointBook& book,
                               HostNetwork& host, Clock& clock,
                               std::function<void(const plan::ApplyFailures&)> on_applied,
                               std::function<void()> on_port_holders)
    : tasks_(tasks),
      book_(book),
      host_(host),
      clock_(clock),
      on_applied_(std::move(on_applied)),
      remote_(clock.now()),
      peers_file_(state_directory + "/peers.json"),
      retry_timer_(tasks.executor()),
      audit_timer_(tasks.executor()),
      news_timer_(tasks.executor()),
      port_watch_(tasks, host, std::move(on_port_holders)) {
  tasks_.spawn("paths", host_.watch_paths([this](const PathNews& news) { take_path_news(news); }));
  audit_later();
}

void NetworkRefresh::take_path_news(const PathNews& heard) {
  // Those that we removed are wanted no more.
  const auto intent = plan_.intent();
  size_t missing = 0;
  for (const std::string& name : heard.removed_links) missing += intent && intent->links.contains(name);
  if (missing > 0)
    log_warning("links-removed",
                {{"count", std::to_string(missing)}, {"why", "others removed them, or their namespaces are gone"}});
  has_path_news_ |= heard.is_of_paths;
  if (heard.is_of_devices) underlay_ = {};
  if (heard.is_of_devices || missing > 0) plan_.distrust_kernel();
  if (heard.is_of_paths || missing > 0) news();
}

void NetworkRefresh::set_swarm(SwarmDoor* swarm) {
  swarm_ = swarm;
  hears_all_ = true;
  if (swarm_ && !swarm_->is_locked()) remote_.begin_hearing(clock_.now());
}

void NetworkRefresh::restore() { peers_file_.load(remote_); }

// ---- names

std::shared_ptr<const names::Zone> NetworkRefresh::zone_of(const NetworkInfo& network) {
  auto& zone = zones_[network.id];
  if (!zone) zone = std::make_shared<LiveZone>(network, book_, remote_);
  zone->make_room();
  return zone;
}

names::Zones NetworkRefresh::zones_of(const std::string& container_id) {
  names::Zones overlay, local, own;
  for (const Endpoint* endpoint : endpoints_of(book_, container_id)) {
    if (!endpoint->network.has_names()) continue;
    (endpoint->network.is_local ? local : overlay).push_back(zone_of(endpoint->network));
    if (endpoint->serving != Serving::kServing) own.push_back(std::make_shared<names::Zone>(make_own_zone(*endpoint)));
  }
  overlay.insert(overlay.end(), local.begin(), local.end());
  overlay.insert(overlay.end(), own.begin(), own.end());
  return overlay;
}

// ---- the kernel

// What gossip tells: all that has changed, or all where more may be meant.
RemoteRecords::Snapshot NetworkRefresh::listen() {
  auto networks = overlay_networks(book_);
  const auto own = swarm_ ? swarm_->data_path_address() : Result<Ipv4>(Ipv4{});
  const bool is_same = networks == networks_ && own.ok() && *own == data_path_address_;
  networks_ = networks;
  data_path_address_ = own.ok() ? *own : Ipv4{};
  const auto heard = std::exchange(heard_, {});
  if (!swarm_ || !swarm_->gossip() || !is_same || std::exchange(hears_all_, false))
    return observe_gossip(swarm_, std::move(networks));
  return observe_changes(*swarm_, std::move(networks), heard, remote_.untold(), remote_.is_unsettled());
}

// Keeps on disk for the next start what is believed. Returns when that would change without news.
TimePoint NetworkRefresh::listen_to_gossip() {
  if (swarm_ && swarm_->is_locked()) return TimePoint::never();  // what is believed holds
  const TimePoint now = clock_.now();
  auto snapshot = listen();
  if (is_anybody_there(snapshot, now)) snapshot.dead_hosts = silent_.dead(now);
  remote_.update(snapshot, now);
  ask_silent_hosts();
  peers_file_.save(remote_);
  return std::min(remote_.next_deadline(), silent_.next_deadline());
}

void NetworkRefresh::ask_silent_hosts() {
  for (Ipv4 host : silent_.take_due(remote_.silent_hosts(), clock_.now())) tasks_.spawn("silent-host", ask(host));
}

asio::awaitable<void> NetworkRefresh::ask(Ipv4 host) {
  const bool has_answered = co_await host_.ask(host);
  co_await io::end_if_cancelled();
  silent_.told(host, has_answered, clock_.now());
  soon();
}

// What can have changed of the ways to the other hosts.
void NetworkRefresh::look_around() {
  plan::NetworkView out;
  out.encrypts_in_kernel = host_.encryption_backend().is_kernel;
  if (swarm_) {
    out.data_path_port = swarm_->data_path_port();
    if (auto own = swarm_->data_path_address(); own.ok()) out.data_path_address = *own;
    if (underlay_.first != out.data_path_address)
      if (auto found = host_.interface_of(out.data_path_address); found.ok())
        underlay_ = {out.data_path_address, *found};
    // Where the other hosts' packets arrive, which need not be where ours leave.
    if (underlay_.first == out.data_path_address && underlay_.second) out.underlays.insert(underlay_.second);
  }
  const bool is_same =
      out.data_path_port == surroundings_.data_path_port && out.data_path_address == surroundings_.data_path_address &&
      out.underlays == surroundings_.underlays && out.encrypts_in_kernel == surroundings_.encrypts_in_kernel &&
      hosts_version_ == remote_.hosts_version();
  if (is_same && !asks_paths_ && !std::exchange(has_path_news_, false)) return;
  has_path_news_ = false;
  hosts_version_ = remote_.hosts_version();
  auto hosts = plan_.hosts();
  hosts.erase(out.data_path_address);
  out.hosts = host_.paths_to(hosts, std::exchange(asks_paths_, false));
  surroundings_ = std::move(out);
}

std::optional<EncryptionView> NetworkRefresh::encryption() const {
  const auto networks = encrypted_networks(book_);
  if (networks.empty()) return std::nullopt;
  EncryptionView out{surroundings_.data_path_address,
                     surroundings_.data_path_port,
                     {},
                     host_.encryption_device(),
                     host_.encryption_backend().is_kernel};
  for (const auto& network : networks)
    for (const auto& [host, words] : remote_.index(network).esp_words()) {
      EncryptedPeer& peer = out.peers[host];
      for (const auto& [word, count] : words) {
        peer.is_docker_engine |= word.is_docker_engine;
        peer.encrypts_in_kernel |= word.is_in_kernel;
        if (word.epoch != 0) peer.epochs.insert(word.epoch);
      }
    }
  return out;
}

plan::ApplyFailures NetworkRefresh::now(const std::set<std::string>& endpoint_ids) {
  plan_.note_book_changed();
  plan_.distrust_links(endpoint_ids);
  return pass();
}

plan::ApplyFailures NetworkRefresh::pass() {
  SKEIN_ASSERT(last_pass_ <= clock_.now());
  last_pass_ = clock_.now();
  const TimePoint due = listen_to_gossip();
  for (auto& [network, zone] : zones_) zone->forget();
  look_around();
  plan::ApplyFailures failures = plan_.bring_about(host_, surroundings_);
  note_failures(failures);
  ++passes_;
  passed_at_ = clock_.wall();
  failures_ = failures;
  come_back(failures.empty() ? due : std::min(due, clock_.now() + retry_pause_));
  on_applied_(failures);
  if (const auto* ports = plan_.mesh_ports()) port_watch_.look_at(*ports);
  return failures;
}

PassReport NetworkRefresh::report() const {
  return {passes_, passed_at_, surroundings_, plan_.intent(), host_.last_read_back(), failures_, port_watch_.holders()};
}

void NetworkRefresh::note_failures(const plan::ApplyFailures& failures) {
  if (failures.empty()) {
    if (!told_failures_.empty()) log_info("network-applied");
    told_failures_.clear();
    retry_pause_ = Duration::zero();
    return;
  }
  std::string told = failures.summary().text();
  if (told != told_failures_) log_warning("network-not-applied", {{"why", told}});
  // What is new is tried again soon.
  retry_pause_ = told == told_failures_ ? std::min(retry_pause_ * 2, kRetryPauseMax) : kRetryPauseMin;
  SKEIN_ASSERT(retry_pause_ >= kRetryPauseMin && retry_pause_ <= kRetryPauseMax);
  told_failures_ = std::move(told);
}

void NetworkRefresh::soon() {
  plan_.note_book_changed();
  for (auto& [network, zone] : zones_) zone->forget();
  pass_soon();
}

void NetworkRefresh::pass_soon() {
  if (std::exchange(is_due_, true)) return;
  tasks_.spawn("network-pass", pass_later());
}

asio::awaitable<void> NetworkRefresh::pass_later() {
  co_await asio::post(asio::use_awaitable);
  is_due_ = false;
  pass();
}

void NetworkRefresh::catch_up() {
  if (hears_all_ || !heard_.empty()) pass();
}

void NetworkRefresh::heard(const std::string& network, const std::string& key) {
  heard_.insert({network, key});
  news();
}

void NetworkRefresh::news_of_host() {
  if (remote_.is_unsettled()) news();
}

void NetworkRefresh::news() {
  const TimePoint due = last_pass_ + kNewsPause;
  if (clock_.now() >= due) return pass_soon();
  if (std::exchange(has_news_, true)) return;
  news_timer_.expires_after(due - clock_.now());
  tasks_.spawn("network-news", act_at(news_timer_, [this] {
                 has_news_ = false;
                 pass_soon();
               }));
}

asio::awaitable<void> NetworkRefresh::act_at(io::Timer& timer, std::function<void()> act) {
  auto [failed] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!failed) act();
}

void NetworkRefresh::come_back(TimePoint due) {
  retry_timer_.cancel();
  if (due == TimePoint::never()) return;
  retry_timer_.expires_after(std::max(due - clock_.now(), kDuePauseMin));
  tasks_.spawn("network-retry", act_at(retry_timer_, [this] { soon(); }));
}

void NetworkRefresh::audit() {
  plan_.distrust_kernel();
  hears_all_ = asks_paths_ = true;
  underlay_ = {};
  port_watch_.look_again();
  soon();
}

void NetworkRefresh::audit_later() {
  audit_timer_.expires_after(kAuditPeriod);
  tasks_.spawn("network-audit", act_at(audit_timer_, [this] {
                 audit();
                 audit_later();
               }));
}

}  // namespace skein::overlay
