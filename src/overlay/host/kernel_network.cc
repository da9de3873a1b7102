#include "overlay/host/kernel_network.h"

#include <net/if.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "gossip/base/peer.h"
#include "io/loop/timer.h"
#include "kernel/net/esp_device.h"
#include "kernel/net/links/namespace.h"
#include "kernel/net/listeners.h"
#include "overlay/host/dns_service.h"

namespace skein::overlay {

namespace asio = boost::asio;

namespace {

constexpr auto kAnswerPatience = std::chrono::seconds(3);
constexpr size_t kDescriptorsAtOnce = 100;  // less than a millisecond
constexpr auto kFirewallPause = std::chrono::seconds(1);
const uint16_t kGossipPort = gossip::PeerAddress{}.port;

PortHolder holder_of(const kernel::net::Listener& listener, const std::map<uint32_t, kernel::net::Process>& owners) {
  PortHolder out{listener.protocol, listener.port, listener.address, listener.inode ? "a process unseen" : "the kernel",
                 0};
  if (auto owner = owners.find(listener.inode); owner != owners.end()) {
    out.process = owner->second.name;
    out.pid = owner->second.pid;
  }
  return out;
}

}  // namespace

KernelNetwork::KernelNetwork(asio::io_context& loop, const std::string& run_directory, Clock& clock, Random& random,
                             kernel::NetworkApplier applier, kernel::net::PathWatch paths,
                             kernel::net::FirewallWatch firewall, EncryptionMaker encryption)
    : loop_(loop),
      run_directory_(run_directory),
      netns_directory_(run_directory + "/netns"),
      clock_(clock),
      random_(random),
      applier_(std::move(applier)),
      paths_(std::move(paths)),
      firewall_(std::move(firewall)),
      encryption_(std::move(encryption)),
      path_events_(loop, paths_.fd()),
      firewall_events_(loop, firewall_.fd()) {}

KernelNetwork::~KernelNetwork() {
  path_events_.release();  // the descriptors are the watches'
  firewall_events_.release();
}

Result<std::string> KernelNetwork::make_namespace(const std::string& key) {
  return kernel::net::make_namespace(netns_directory_, key);
}

Result<void> KernelNetwork::delete_namespace(const std::string& netns_path) {
  if (!netns_path.starts_with(netns_directory_ + "/")) return {};  // not made here
  return kernel::net::delete_namespace(netns_directory_, netns_path.substr(netns_directory_.size() + 1));
}

std::set<std::string> KernelNetwork::missing_namespaces(const std::set<std::string>& netns_paths) {
  std::set<std::string> out;
  for (const auto& path : netns_paths)
    if (kernel::net::is_namespace_missing(path)) out.insert(path);
  return out;
}

std::map<Ipv4, plan::HostPath> KernelNetwork::paths_to(const std::set<Ipv4>& hosts, bool anew) {
  paths_.set_targets(hosts);
  anew ? paths_.refresh() : paths_.refresh_changed();
  return paths_.paths();
}

// The port of gossip is open between hosts of a swarm; if nobody listens there, the kernel refuses.
asio::awaitable<bool> KernelNetwork::ask(Ipv4 host) {
  using namespace asio::experimental::awaitable_operators;
  using asio::ip::tcp;
  tcp::socket socket(loop_);
  io::Timer limit(loop_, kAnswerPatience);
  const tcp::endpoint gossip(asio::ip::address_v4(host.value), kGossipPort);
  auto came = co_await (socket.async_connect(gossip, asio::as_tuple(asio::use_awaitable)) ||
                        limit.async_wait(asio::as_tuple(asio::use_awaitable)));
  if (came.index() == 1) co_return false;
  const boost::system::error_code error = std::get<0>(std::get<0>(came));
  co_return !error || error == asio::error::connection_refused;
}

asio::awaitable<Result<std::vector<PortHolder>>> KernelNetwork::find_port_holders(PublishedPorts ports) {
  SKEIN_CO_TRY_ASSIGN(auto listeners, kernel::net::find_losing_listeners(ports));
  std::set<uint32_t> inodes;
  for (const auto& listener : listeners)
    if (listener.inode) inodes.insert(listener.inode);
  std::vector<int> likely;
  for (const auto& [inode, process] : socket_owners_)
    if (inodes.contains(inode)) likely.push_back(process.pid);
  kernel::net::SocketOwners owners(std::move(inodes), std::move(likely));
  while (owners.step(kDescriptorsAtOnce)) co_await asio::post(loop_, asio::use_awaitable);
  socket_owners_ = owners.found();
  std::vector<PortHolder> out;
  out.reserve(listeners.size());
  for (const auto& listener : listeners) out.push_back(holder_of(listener, socket_owners_));
  co_return out;
}

std::unique_ptr<NameService> KernelNetwork::serve_names(ZonesOf zones_of) {
  return std::make_unique<DnsService>(loop_, random_, std::move(zones_of), "/etc/resolv.conf");
}

uint32_t KernelNetwork::encryption_device() { return ::if_nametoindex(kernel::net::kEspDevice); }

std::unique_ptr<Encryptor> KernelNetwork::make_encryptor(EncryptorLost on_lost) {
  return encryption_.make(loop_, run_directory_, clock_, random_, std::move(on_lost));
}

plan::ApplyFailures KernelNetwork::apply(const plan::Intent& wanted) {
  plan::ApplyFailures failures = applier_.apply(wanted);
  read_back_ = applier_.found();
  read_back_.at = clock_.wall();
  return failures;
}

asio::awaitable<void> KernelNetwork::watch_paths(PathListener listener) {
  using namespace asio::experimental::awaitable_operators;
  co_await (watch_routes(listener) && watch_firewall(listener));
}

// Others may fight us for the rules, so that there is a pause.
asio::awaitable<void> KernelNetwork::watch_firewall(PathListener listener) {
  for (;;) {
    auto [failed] = co_await firewall_events_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                         asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    if (!firewall_.take_events() || !applier_.is_firewall_altered()) continue;
    log_warning("firewall-altered", {{"what", "tables of ours were changed by others, and are made anew"}});
    listener({.is_of_paths = true, .is_of_devices = true, .removed_links = {}});
    io::Timer pause(loop_, kFirewallPause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<void> KernelNetwork::watch_routes(PathListener listener) {
  using News = kernel::net::PathWatch::News;
  for (;;) {
    auto [failed] = co_await path_events_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                     asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    const News news = paths_.take_events();
    std::set<std::string> removed = paths_.take_removed_links();
    if (news != News::kNone || !removed.empty())
      listener({news != News::kNone, news >= News::kClients, std::move(removed)});
  }
}

}  // namespace skein::overlay
