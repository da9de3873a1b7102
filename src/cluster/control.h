// What a user may see and ask of a swarm: the door between the API and whoever answers for the swarm. On a manager that
// is manager/manager.h; a follower can forward what it is asked to its leader behind the same door.
//
// On the loop's thread. Reads are the store's view; each write is one transaction, which is done, or changes nothing
// and has an error that carries Docker's words. Answers may outlive the door: who waits hears that the node has left.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cluster/logs.h"
#include "store/tables.h"

namespace skein::cluster {

template <class T>
using Reply = boost::asio::awaitable<Result<T>>;
using Warnings = std::vector<std::string>;  // for the user; the request was done nevertheless

struct CreatedService {
  std::string id;
  Warnings warnings;
};

class Services {
 public:
  virtual ~Services() = default;
  // A spec without a name gets one.
  virtual Reply<CreatedService> create(store::api::ServiceSpec spec) = 0;
  // `version` is the service's, as the user read it. With `wants_rollback` the spec is the previous one, whatever
  // stands in `spec`, and the present one becomes the previous.
  virtual Reply<Warnings> update(std::string id, uint64_t version, store::api::ServiceSpec spec,
                                 bool wants_rollback) = 0;
  // Its addresses are free at once; its tasks are stopped later.
  virtual Reply<void> remove(std::string id) = 0;
};

template <class T>  // store::api::Secret or Config
class Dependencies {
 public:
  virtual ~Dependencies() = default;
  // The new object's id.
  virtual Reply<std::string> create(typename T::Spec spec) = 0;
  // Changes labels, and nothing else.
  virtual Reply<void> update(std::string id, uint64_t version, typename T::Spec spec) = 0;
  // Not while a service refers to it.
  virtual Reply<void> remove(std::string id) = 0;
};

// What an update of the cluster replaces besides.
struct Rotation {
  bool worker_token = false;
  bool manager_token = false;
  bool unlock_key = false;    // where there is one
  bool network_keys = false;  // of gossip and of encrypted networks; refused shortly after the last time
};

class Control {
 public:
  virtual ~Control() = default;

  virtual const store::Tables& view() const = 0;
  virtual Logs& logs() = 0;
  virtual Services& services() = 0;
  virtual Dependencies<store::api::Secret>& secrets() = 0;
  virtual Dependencies<store::api::Config>& configs() = 0;

  // Chooses subnet and VNI or says why it cannot; the new network's id. What a network that is being removed still
  // holds is waited for, some time.
  virtual Reply<std::string> create_network(store::api::NetworkSpec spec) = 0;
  // kFailedPrecondition "network <id> is in use by service <id>", or by task.
  virtual Reply<void> remove_network(std::string id) = 0;

  virtual Reply<void> update_node(std::string id, uint64_t version, store::api::NodeSpec spec) = 0;
  virtual Reply<void> remove_node(std::string id, bool is_forced) = 0;

  // A spec whose CA settings ask for another root starts a rotation (manager/ca/root_choice.h). Without a spec the
  // present one stays.
  virtual Reply<void> update_cluster(uint64_t version, std::optional<store::api::ClusterSpec> spec,
                                     Rotation rotation) = 0;
};

}  // namespace skein::cluster
