// What a host's kernel and resolvers do for its containers' networks: the door by which the network manager acts.
// Faked in tests. On the loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "names/zone.h"
#include "overlay/encryption/encryptor.h"
#include "overlay/endpoints/port_holder.h"
#include "plan/apply_failures.h"
#include "plan/intent.h"
#include "plan/read_back.h"

namespace skein::overlay {

struct DnsClient {
  std::string container_id;
  std::string netns_path;
  std::vector<std::string> upstreams;  // asked for all other names, in order; empty: nobody is asked
};

class NameService {
 public:
  virtual ~NameService() = default;
  // Starts (or goes on) serving a container. kUnavailable when its port 53 is taken.
  virtual Result<void> serve(const DnsClient& client) = 0;
  virtual void stop(const std::string& container_id) = 0;
};

// The current names for a container; asked at every query.
using ZonesOf = std::function<names::Zones(const std::string& container_id)>;

// What has changed of the ways out of this host, and of our own links.
struct PathNews {
  bool is_of_paths = false;             // the ways to other hosts
  bool is_of_devices = false;           // interfaces, addresses or routes, and with them maybe what hangs on them
  std::set<std::string> removed_links;  // names on the host, whoever removed them
};
using PathListener = std::function<void(const PathNews& news)>;

using PublishedPorts = std::map<plan::MeshPort, plan::MeshTarget>;

class HostNetwork {
 public:
  virtual ~HostNetwork() = default;

  // A network namespace with `lo` up, made or found; returns its path. Deleting one that is gone succeeds.
  virtual Result<std::string> make_namespace(const std::string& key) = 0;
  virtual Result<void> delete_namespace(const std::string& netns_path) = 0;

  // Of those, the ones that are gone: after a reboot of the host, which containers outlive and namespaces do not.
  virtual std::set<std::string> missing_namespaces(const std::set<std::string>& netns_paths) = 0;

  // Makes the kernel what the intent says, as far as possible; can be repeated. Where it is known to hold another
  // intent, only the difference is looked at.
  virtual plan::ApplyFailures apply(const plan::Intent& wanted) = 0;
  // What the last apply() found.
  virtual const plan::ReadBack& last_read_back() const = 0;
  virtual plan::ApplyFailures apply_since(const plan::Intent& wanted, const plan::Intent& held) = 0;
  // Changes of tables that lead from the intent that is in force to `wanted`.
  virtual plan::ApplyFailures carry_out(const plan::Changes& changes, const plan::Intent& wanted) = 0;

  // How packets reach these hosts. Asked about are those that the last call did not name and those for which something
  // has changed, or all `anew`.
  // Changes are told to who watches, for the hosts of the last call.
  virtual std::map<Ipv4, plan::HostPath> paths_to(const std::set<Ipv4>& hosts, bool anew) = 0;
  // Never ends by itself; only one watches.
  virtual boost::asio::awaitable<void> watch_paths(PathListener listener) = 0;
  // The device that bears this address of ours.
  virtual Result<uint32_t> interface_of(Ipv4 own_address) = 0;

  // Programs of this host that wait for clients on these ports of the mesh. Costs little where there are none.
  virtual boost::asio::awaitable<Result<std::vector<PortHolder>>> find_port_holders(PublishedPorts ports) = 0;

  // By which its own containers reach this host.
  virtual Result<Ipv4> own_address() = 0;

  // Is there a kernel at this address? It answers, or refuses, a connection, within some seconds.
  virtual boost::asio::awaitable<bool> ask(Ipv4 host) = 0;

  // Packets of the containers by the way on which they left the data path (kernel/bpf/reasons.h), since its first load.
  virtual Result<std::map<std::string, uint64_t>> packet_counters() = 0;

  virtual std::unique_ptr<NameService> serve_names(ZonesOf zones_of) = 0;

  // The device by which packets go to be encrypted; 0: there is none.
  virtual uint32_t encryption_device() = 0;
  virtual const EncryptionBackend& encryption_backend() const = 0;
  virtual std::unique_ptr<Encryptor> make_encryptor(EncryptorLost on_lost) = 0;
};

}  // namespace skein::overlay
