// What a container needs of its host before it can be: a network namespace, and a folder with its hosts, resolv.conf
// and what must survive a restart of the daemon. Made before the engine's container, razed after it. Loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/values/networking_record.h"
#include "overlay/endpoints/container_networks.h"
#include "overlay/host/container_files.h"

namespace skein::containers {

struct House {
  engine::NetworkingRecord record;
  overlay::ContainerState state;  // `id` is empty until the engine has the container
};

struct HousingOptions {
  std::string files_folder = "/var/lib/skein/containers/files";  // <key>/{hosts,resolv.conf,state.json}
  std::string resolv_conf = "/etc/resolv.conf";                  // the host's
};

class Housing {
 public:
  // What is asked of networking for a house.
  using Asks = std::function<Result<overlay::ContainerNetworkRequest>(const House&)>;

  // All must outlive us.
  Housing(overlay::ContainerNetworks& networks, Random& random, HousingOptions options)
      : networks_(networks), random_(random), options_(std::move(options)) {}

  // For a container that is to be made of this body of POST /containers/create. None for one that shares the network of
  // another, or has the host's.
  Result<std::optional<House>> build(const nlohmann::json& body);
  // What the engine gets instead of the body.
  nlohmann::json furnish(nlohmann::json body, const House& house) const;
  // That of a container which exists, by its labels and what the disk has kept.
  std::optional<House> find(const std::string& container_id, const nlohmann::json& labels) const;

  // Before each start: the namespace, which a reboot of the host takes; numbers for `open_ports` ("80/tcp") that have
  // none yet; and the endpoints. The house as it is then; nothing is written. On error nothing is attached.
  boost::asio::awaitable<Result<House>> attach(House house, std::vector<std::string> open_ports, Asks asks);

  // The state, and the files in the container that follow its endpoints.
  Result<void> write(const House& house, io::Durability durability = io::Durability::kLeftToKernel);

  // Endpoints, namespace and folder.
  void raze(const House& house);
  // Houses on disk whose keys are not among these go: their containers were removed while no daemon was there.
  void keep_only(const std::set<std::string>& keys);

  std::string folder_of(const std::string& key) const { return options_.files_folder + "/" + key; }
  const std::string& files_folder() const { return options_.files_folder; }

 private:
  overlay::ContainerNetworks& networks_;
  Random& random_;
  HousingOptions options_;
};

}  // namespace skein::containers
