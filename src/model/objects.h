// The objects of a swarm. They are the wire's own messages (wire/proto/objects.proto): what a manager stores is what a
// node is sent, and fields that we do not know survive. This header adds names, kinds and small questions about them.
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "base/time/clock.h"
#include "wire/proto/objects.pb.h"

namespace skein::model {

namespace api = docker::swarmkit::v1;

// Numbers are kept on disk: append only.
enum class Kind : int { kCluster = 1, kNode = 2, kNetwork = 3, kService = 4, kTask = 5, kSecret = 6, kConfig = 7 };

template <class T>
struct KindOf;
template <>
struct KindOf<api::Cluster> {
  static constexpr Kind value = Kind::kCluster;
  static constexpr const char* name = "cluster";
};
template <>
struct KindOf<api::Node> {
  static constexpr Kind value = Kind::kNode;
  static constexpr const char* name = "node";
};
template <>
struct KindOf<api::Network> {
  static constexpr Kind value = Kind::kNetwork;
  static constexpr const char* name = "network";
};
template <>
struct KindOf<api::Service> {
  static constexpr Kind value = Kind::kService;
  static constexpr const char* name = "service";
};
template <>
struct KindOf<api::Task> {
  static constexpr Kind value = Kind::kTask;
  static constexpr const char* name = "task";
};
template <>
struct KindOf<api::Secret> {
  static constexpr Kind value = Kind::kSecret;
  static constexpr const char* name = "secret";
};
template <>
struct KindOf<api::Config> {
  static constexpr Kind value = Kind::kConfig;
  static constexpr const char* name = "config";
};

// The user's name of an object; empty for tasks.
inline const std::string& name_of(const api::Cluster& o) { return o.spec().annotations().name(); }
inline const std::string& name_of(const api::Node& o) { return o.spec().annotations().name(); }
inline const std::string& name_of(const api::Network& o) { return o.spec().annotations().name(); }
inline const std::string& name_of(const api::Service& o) { return o.spec().annotations().name(); }
inline const std::string& name_of(const api::Task& o) { return o.annotations().name(); }
inline const std::string& name_of(const api::Secret& o) { return o.spec().annotations().name(); }
inline const std::string& name_of(const api::Config& o) { return o.spec().annotations().name(); }

// Conversion of times and durations between the wire and base/time/clock.h.
google::protobuf::Timestamp to_timestamp(WallTime time);
WallTime to_wall(const google::protobuf::Timestamp& timestamp);
google::protobuf::Duration to_wire(Duration duration);
Duration from_wire(const google::protobuf::Duration& duration);

// An attachment task belongs to a container that a user started with `run --network`, not to a service.
inline bool is_attachment(const api::Task& task) { return task.spec().has_attachment(); }

// By the engine's label: a Docker Engine balances from an address of its own in each network, and needs one given.
inline constexpr const char* kEngineLabel = "skein.version";
inline bool is_docker_engine(const api::Node& node) {
  return !node.description().engine().labels().contains(kEngineLabel);
}

// The root that certificates are issued from: while the root is being rotated, the next one.
inline const std::string& issuing_root(const api::RootCA& root) {
  return root.has_root_rotation() ? root.root_rotation().ca_cert() : root.ca_cert();
}

// A task that has not ended and whose addresses are in use.
inline bool is_live(const api::Task& task) { return task.status().state() <= api::RUNNING; }

// The VNI of a network's only IPv4 subnet (driver option vxlanid_list); an error when the network is not allocated.
Result<Vni> vni_of(const api::Network& network);

// The network's IPv4 subnet and gateway; an error when the network is not allocated.
Result<InterfaceAddress> gateway_of(const api::Network& network);

// Names that users give to networks, nodes and services.
inline constexpr std::string_view kVxlanIdListOption = "com.docker.network.driver.overlay.vxlanid_list";
inline constexpr std::string_view kEncryptedOption = "encrypted";  // with whatever value
inline constexpr std::string_view kMtuOption = "com.docker.network.driver.mtu";
inline constexpr std::string_view kPredefinedLabel = "com.docker.swarm.predefined";

}  // namespace skein::model
