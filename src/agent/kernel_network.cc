#include "agent/kernel_network.h"

#include <boost/asio/ip/tcp.hpp>

#include "agent/dns_service.h"
#include "gossip/peer.h"
#include "io/timer.h"
#include "kernel/net/namespace.h"

namespace skein::agent {

namespace asio = boost::asio;

namespace {

constexpr auto kAnswerPatience = std::chrono::seconds(3);
const uint16_t kGossipPort = gossip::PeerAddress{}.port;

}  // namespace

KernelNetwork::KernelNetwork(asio::io_context& loop, std::string netns_directory, Random& random,
                             kernel::NetworkApplier applier, kernel::net::PathWatch paths)
    : loop_(loop),
      netns_directory_(std::move(netns_directory)),
      random_(random),
      applier_(std::move(applier)),
      paths_(std::move(paths)),
      path_events_(loop, paths_.fd()) {
  watch_paths();
}

KernelNetwork::~KernelNetwork() {
  *is_alive_ = false;
  path_events_.release();  // the descriptor is the watch's
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
void KernelNetwork::ask(Ipv4 host, std::function<void(bool has_answered)> told) {
  using asio::ip::tcp;
  struct Question {
    explicit Question(asio::io_context& loop) : socket(loop), limit(loop) {}
    tcp::socket socket;
    io::Timer limit;
  };
  auto question = std::make_shared<Question>(loop_);
  question->limit.expires_after(kAnswerPatience);
  question->limit.async_wait([question](boost::system::error_code cancelled) {
    boost::system::error_code ignored;
    if (!cancelled) question->socket.close(ignored);
  });
  question->socket.async_connect(tcp::endpoint(asio::ip::address_v4(host.value), kGossipPort),
                                 [question, told = std::move(told)](boost::system::error_code error) {
                                   question->limit.cancel();
                                   told(!error || error == asio::error::connection_refused);
                                 });
}

std::unique_ptr<NameService> KernelNetwork::serve_names(ZonesOf zones_of) {
  return std::make_unique<DnsService>(loop_, random_, std::move(zones_of), "/etc/resolv.conf");
}

void KernelNetwork::watch_paths() {
  path_events_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this, is_alive = is_alive_](boost::system::error_code failed) {
                            if (failed || !*is_alive) return;
                            using News = kernel::net::PathWatch::News;
                            const News news = paths_.take_events();
                            if (news != News::kNone && listener_) listener_(news == News::kDevices);
                            watch_paths();
                          });
}

}  // namespace skein::agent
