#include "manager/manager.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>

#include "base/log.h"
#include "ca/root_ca.h"
#include "cluster/cluster_spec.h"
#include "cluster/unlock_keys.h"
#include "control/allocator/taken_addresses.h"
#include "io/loop/timer.h"
#include "manager/addresses/network_addresses.h"
#include "manager/ca/root_choice.h"
#include "manager/services/manager_request.h"
#include "wire/join_token.h"

namespace skein::manager {

namespace asio = boost::asio;
namespace api = store::api;

namespace {

constexpr Duration kRemovalWaitMax = std::chrono::seconds(30);  // more than most tasks take to end
constexpr size_t kNodeSpecBytesMax = size_t{256} << 10;         // a node must fit into a batch of the store

Error in_use_by(const std::string& network, const char* kind, const std::string& id) {
  return make_error(Code::kFailedPrecondition, "network " + network + " is in use by " + kind + " " + id);
}

Result<void> check_is_unused(const std::string& network, const store::Tables& view) {
  for (const auto& [id, service] : view.all<api::Service>())
    for (const auto& attachment : service->spec().task().networks())
      if (attachment.target() == network) return in_use_by(network, "service", id);
  for (const auto& [id, task] : view.all<api::Task>())
    for (const auto& attachment : task->networks())
      if (attachment.network().id() == network && model::is_live(*task) && task->desired_state() <= api::COMPLETE_)
        return in_use_by(network, "task", id);
  return {};
}

// As with Docker, tasks that lose their ports in an update are on it until they end.
Result<void> check_mesh_is_unused(const store::Tables& view) {
  for (const auto& [id, service] : view.all<api::Service>())
    if (needs_ingress(service->spec().endpoint()))
      return make_error(Code::kFailedPrecondition,
                        "ingress network cannot be removed because service " + id + " depends on it");
  return {};
}

Result<void> check_ingress(const api::NetworkSpec& spec, const store::Tables& view) {
  if (auto present = find_ingress(view))
    return make_error(Code::kAlreadyExists, "ingress network (" + present->id() + ") is already present");
  if (spec.attachable()) return invalid_argument("ingress network cannot be attachable");
  return {};
}

void attach_all_nodes(store::Transaction& tx) {
  std::vector<std::string> ids;
  for (const auto& [id, node] : tx.view().all<api::Node>()) ids.push_back(id);
  for (const auto& id : ids) {
    if (auto attached = attach_node_to_ingress(tx, id); !attached.ok())
      log_warning("node-without-ingress-address", {{"node", id}, {"why", attached.error().text()}});
    tx.allow_cut();  // a manager that begins comes to the rest
  }
}

}  // namespace

Manager::Reply<void> Manager::initialise(store::Store& store, FirstObjects objects) {
  co_return co_await store.update([&](store::Transaction& tx) -> Result<void> {
    if (tx.view().cluster()) return make_error(Code::kAlreadyExists, "this store holds a swarm already");
    tx.create(objects.cluster);
    tx.create(objects.node);
    for (api::Network& network : objects.networks) {
      if (network.spec().ingress()) {
        SKEIN_TRY_ASSIGN(network, with_subnets(network, tx.view()));
      }
      tx.create(network);
    }
    return {};
  });
}

Manager::Manager(const asio::any_io_executor& executor, rpc::Transport& transport, store::Store& store,
                 std::shared_ptr<rpc::TlsConfig> tls, Clock& clock, Random& random, Duration key_rotation_period)
    : tasks_(executor),
      store_(store),
      random_(random),
      services_(tasks_, store, random),
      secrets_(tasks_, store, random),
      configs_(tasks_, store, random),
      ca_(store, clock, random),
      dispatcher_(tasks_, store, clock, random),
      logs_(executor, store, random),
      resources_(store, random),
      rotation_(tasks_, store, clock, random),
      key_rotation_(tasks_, store, clock, random, key_rotation_period),
      loops_(tasks_, store, random),
      server_(executor, transport, std::move(tls)) {
  ca_.register_with(server_);
  dispatcher_.register_with(server_);
  logs_.register_with(server_);
  resources_.register_with(server_);
}

Manager::~Manager() { server_.stop(); }

asio::awaitable<void> Manager::close() {
  co_await server_.close();
  co_await tasks_.close();
}

Result<std::unique_ptr<Manager>> Manager::start(const asio::any_io_executor& executor, rpc::Transport& transport,
                                                store::Store& store, std::shared_ptr<rpc::TlsConfig> tls,
                                                IpAddress listen_address, uint16_t listen_port, Clock& clock,
                                                Random& random, Duration key_rotation_period) {
  if (auto cluster = store.view().cluster()) SKEIN_TRY(control::AddressPools::from_cluster(*cluster));
  std::unique_ptr<Manager> manager(
      new Manager(executor, transport, store, std::move(tls), clock, random, key_rotation_period));
  auto listening = manager->server_.listen(listen_address, listen_port);
  if (!listening.ok()) return listening.error();
  manager->dispatcher_.start();
  manager->rotation_.start();
  manager->key_rotation_.start();
  manager->loops_.start();
  return manager;
}

// ---- what users ask

Manager::Reply<std::string> Manager::create_network(api::NetworkSpec spec) {
  return request_in(tasks_, make_network(std::move(spec)));
}

Manager::Reply<void> Manager::remove_network(std::string id) { return request_in(tasks_, drop_network(std::move(id))); }

Manager::Reply<void> Manager::update_node(std::string id, uint64_t version, api::NodeSpec spec) {
  return request_in(tasks_, change_node(std::move(id), version, std::move(spec)));
}

Manager::Reply<void> Manager::remove_node(std::string id, bool is_forced) {
  return request_in(tasks_, drop_node(std::move(id), is_forced));
}

Manager::Reply<void> Manager::update_cluster(uint64_t version, std::optional<api::ClusterSpec> spec,
                                             cluster::Rotation rotation) {
  return request_in(tasks_, change_cluster(version, std::move(spec), rotation));
}

Manager::Reply<std::string> Manager::make_network(api::NetworkSpec spec) {
  api::Network network;
  network.set_id(random_.object_id());
  *network.mutable_spec() = std::move(spec);
  io::Timer wait(tasks_.executor(), kRemovalWaitMax);
  bool has_room = false;
  auto watch = store_.watch([&](const store::Changes& changes) {
    if (std::ranges::all_of(changes, [](const auto& change) { return control::networks_with_room_by(change).empty(); }))
      return;
    has_room = true;
    wait.cancel();
  });
  while (true) {
    has_room = false;
    const auto done = co_await store_network(network);
    if (done.ok()) break;
    if (done.error().code != Code::kUnavailable) co_return done.error();
    if (!has_room) co_await wait.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!has_room) co_return done.error();
  }
  log_info("network-created", {{"network", network.id()}, {"name", network.spec().annotations().name()}});
  co_return network.id();
}

Manager::Reply<void> Manager::store_network(api::Network& network) {
  const std::string& name = network.spec().annotations().name();
  co_return co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    if (!tx.view().table<api::Network>().named(name).empty())
      return make_error(Code::kAlreadyExists, "network with name " + name + " already exists");
    if (network.spec().ingress()) SKEIN_TRY(check_ingress(network.spec(), tx.view()));
    SKEIN_TRY_ASSIGN(network, with_subnets(network, tx.view()));
    tx.create(network);
    if (network.spec().ingress()) attach_all_nodes(tx);
    return {};
  });
}

Manager::Reply<void> Manager::drop_network(std::string id) {
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto network = tx.view().get<api::Network>(id);
    if (!network) return make_error(Code::kNotFound, "network " + id + " not found");
    if (network->spec().annotations().labels().contains(std::string(model::kPredefinedLabel)))
      return make_error(Code::kFailedPrecondition,
                        model::name_of(*network) + " is a pre-defined network and cannot be removed");
    SKEIN_TRY(network->spec().ingress() ? check_mesh_is_unused(tx.view()) : check_is_unused(id, tx.view()));
    for (const auto& [node_id, node] : tx.view().all<api::Node>()) {
      api::Node changed = *node;
      auto* attachments = changed.mutable_attachments();
      int before = attachments->size();
      attachments->erase(std::remove_if(attachments->begin(), attachments->end(),
                                        [&](const auto& a) { return a.network().id() == id; }),
                         attachments->end());
      if (attachments->size() != before) tx.update(std::move(changed));
      tx.allow_cut();
    }
    tx.remove<api::Network>(id);
    return {};
  });
  co_return done;
}

Manager::Reply<void> Manager::change_node(std::string id, uint64_t version, api::NodeSpec spec) {
  co_return co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    SKEIN_TRY_ASSIGN(auto node, tx.at_version<api::Node>(id, version));
    if (spec.ByteSizeLong() > kNodeSpecBytesMax)
      return invalid_argument("a node's spec has at most " + std::to_string(kNodeSpecBytesMax) + " bytes");
    if (spec.desired_role() != node->spec().desired_role()) {
      if (spec.desired_role() == api::WORKER)
        return make_error(Code::kFailedPrecondition, "attempting to demote the last manager of the swarm");
      return make_error(Code::kUnimplemented, "a swarm has one manager; promoting further nodes is not supported yet");
    }
    api::Node changed = *node;
    auto membership = changed.spec().membership();
    *changed.mutable_spec() = std::move(spec);
    changed.mutable_spec()->set_membership(membership);
    tx.update(std::move(changed));
    return {};
  });
}

Manager::Reply<void> Manager::drop_node(std::string id, bool is_forced) {
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto node = tx.view().get<api::Node>(id);
    if (!node) return make_error(Code::kNotFound, "node " + id + " not found");
    if (node->has_manager_status())
      return make_error(
          Code::kFailedPrecondition,
          "node " + id +
              " is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal");
    if (!is_forced && node->status().state() == api::NodeStatus::READY)
      return make_error(Code::kFailedPrecondition, "node " + id + " is not down and can't be removed");
    for (const auto& task : tx.view().tasks_on_node(id)) {
      tx.remove<api::Task>(task->id());
      tx.allow_cut();
    }
    api::Cluster cluster = *tx.view().cluster();
    api::BlacklistedCertificate entry;
    *entry.mutable_expiry() = model::to_timestamp(tx.now() + ca::kNodeCertificateLifeDefault);
    (*cluster.mutable_blacklisted_certificates())[id] = entry;
    tx.update(std::move(cluster));
    tx.remove<api::Node>(id);
    return {};
  });
  if (!done.ok()) co_return done;
  dispatcher_.drop(id);
  server_.disconnect([&](const rpc::Peer& peer) { return peer.common_name == id; });
  co_return done;
}

Manager::Reply<void> Manager::change_cluster(uint64_t version, std::optional<api::ClusterSpec> spec,
                                             cluster::Rotation rotation) {
  std::string next_root;
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto current = tx.view().cluster();
    if (!current) return make_error(Code::kNotFound, "cluster not found");
    SKEIN_TRY_ASSIGN(auto cluster, tx.at_version<api::Cluster>(current->id(), version));
    api::Cluster changed = *cluster;
    if (spec) {
      SKEIN_TRY(cluster::check_cluster_spec(*spec));
      *changed.mutable_spec() = *spec;
      SKEIN_TRY_ASSIGN(*changed.mutable_root_ca(),
                       choose_root(cluster->root_ca(), spec->ca_config(), tx.now(), random_));
      if (changed.root_ca().root_rotation().ca_cert() != cluster->root_ca().root_rotation().ca_cert())
        next_root = model::issuing_root(changed.root_ca());
      // Used up; the key must be nowhere but in the root's own place.
      changed.mutable_spec()->mutable_ca_config()->clear_signing_ca_cert();
      changed.mutable_spec()->mutable_ca_config()->clear_signing_ca_key();
    }
    auto* tokens = changed.mutable_root_ca()->mutable_join_tokens();
    const std::string& root = changed.root_ca().ca_cert();
    if (rotation.worker_token) tokens->set_worker(wire::make_join_token(root, random_).text());
    if (rotation.manager_token) tokens->set_manager(wire::make_join_token(root, random_).text());
    cluster::update_unlock_keys(changed, rotation.unlock_key, random_);
    if (rotation.network_keys) {
      SKEIN_TRY_ASSIGN(changed, rotate_keys_at_once(std::move(changed), tx.now(), random_));
    }
    tx.update(std::move(changed));
    return {};
  });
  if (done.ok() && rotation.network_keys) log_info("network-keys-rotated", {{"why", "asked for"}});
  if (done.ok() && !next_root.empty()) log_info("root-rotation-wanted", {{"root", root_digest(next_root)}});
  co_return done;
}

}  // namespace skein::manager
