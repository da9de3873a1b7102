// The host's own kernel as a HostNetwork, with resolvers inside the containers' namespaces.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/random.h"
#include "kernel/net/firewall/firewall_watch.h"
#include "kernel/net/links/own_address.h"
#include "kernel/net/links/path_watch.h"
#include "kernel/net/socket_owners.h"
#include "kernel/network_applier.h"
#include "overlay/encryption/encryption_choice.h"
#include "overlay/host/host_network.h"

namespace skein::overlay {

class KernelNetwork final : public HostNetwork {
 public:
  // Namespaces of containers are below `run_directory`/netns.
  KernelNetwork(boost::asio::io_context& loop, const std::string& run_directory, Clock& clock, Random& random,
                kernel::NetworkApplier applier, kernel::net::PathWatch paths, kernel::net::FirewallWatch firewall,
                EncryptionMaker encryption);
  ~KernelNetwork() override;

  Result<std::string> make_namespace(const std::string& key) override;
  Result<void> delete_namespace(const std::string& netns_path) override;
  std::set<std::string> missing_namespaces(const std::set<std::string>& netns_paths) override;
  plan::ApplyFailures apply(const plan::Intent& wanted) override;
  plan::ApplyFailures apply_since(const plan::Intent& wanted, const plan::Intent& held) override {
    return applier_.apply_since(wanted, held);
  }
  plan::ApplyFailures carry_out(const plan::Changes& changes, const plan::Intent& wanted) override {
    return applier_.carry_out(changes, wanted);
  }
  std::map<Ipv4, plan::HostPath> paths_to(const std::set<Ipv4>& hosts, bool anew) override;
  const plan::ReadBack& last_read_back() const override { return read_back_; }
  Result<std::map<std::string, uint64_t>> packet_counters() override { return applier_.packet_counters(); }
  boost::asio::awaitable<void> watch_paths(PathListener listener) override;
  Result<uint32_t> interface_of(Ipv4 own_address) override { return paths_.interface_of(own_address); }
  Result<Ipv4> own_address() override { return kernel::net::own_address(); }
  boost::asio::awaitable<bool> ask(Ipv4 host) override;
  boost::asio::awaitable<Result<std::vector<PortHolder>>> find_port_holders(PublishedPorts ports) override;
  std::unique_ptr<NameService> serve_names(ZonesOf zones_of) override;
  uint32_t encryption_device() override;
  const EncryptionBackend& encryption_backend() const override { return encryption_.backend(); }
  std::unique_ptr<Encryptor> make_encryptor(EncryptorLost on_lost) override;

 private:
  boost::asio::awaitable<void> watch_routes(PathListener listener);
  boost::asio::awaitable<void> watch_firewall(PathListener listener);

  boost::asio::io_context& loop_;
  std::string run_directory_, netns_directory_;
  Clock& clock_;
  Random& random_;
  kernel::NetworkApplier applier_;
  plan::ReadBack read_back_;
  kernel::net::PathWatch paths_;
  kernel::net::FirewallWatch firewall_;
  EncryptionMaker encryption_;
  boost::asio::posix::stream_descriptor path_events_, firewall_events_;
  std::map<uint32_t, kernel::net::Process> socket_owners_;  // of the sockets that were found last, by inode
};

}  // namespace skein::overlay
