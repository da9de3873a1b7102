#include "manager/addresses/resource_allocator.h"

#include "manager/addresses/network_addresses.h"
#include "manager/ca/caller_certificate.h"

namespace skein::manager {

namespace api = store::api;

void ResourceAllocator::register_with(rpc::Server& server) {
  server.unary<api::AttachNetworkRequest, api::AttachNetworkResponse>(
      "/docker.swarmkit.v1.ResourceAllocator/AttachNetwork",
      [this](const rpc::Call& call, const api::AttachNetworkRequest& request) { return attach(call, request); });
  server.unary<api::DetachNetworkRequest, api::DetachNetworkResponse>(
      "/docker.swarmkit.v1.ResourceAllocator/DetachNetwork",
      [this](const rpc::Call& call, const api::DetachNetworkRequest& request) { return detach(call, request); });
}

Result<std::string> ResourceAllocator::caller(const rpc::Call& call) const {
  auto cluster = store_.view().cluster();
  if (!cluster) return make_error(Code::kUnavailable, "this manager has no swarm");
  return authorize(call.peer(), *cluster, {ca::NodeRole::WORKER, ca::NodeRole::MANAGER});
}

ResourceAllocator::Reply<api::AttachNetworkResponse> ResourceAllocator::attach(
    const rpc::Call& call, const api::AttachNetworkRequest& request) {
  SKEIN_CO_TRY_ASSIGN(std::string node_id, caller(call));
  std::string task_id = random_.object_id();
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto network = tx.view().find<api::Network>(request.config().target());
    if (!network.ok()) return network.error();
    const std::string& name = model::name_of(**network);
    if (!(*network)->spec().attachable())
      return make_error(Code::kPermissionDenied, "network " + name + " not manually attachable");
    api::Task task;
    task.set_id(task_id);
    task.set_node_id(node_id);
    task.mutable_annotations();
    task.mutable_service_annotations();
    task.mutable_spec()->mutable_attachment()->set_container_id(request.container_id());
    auto* config = task.mutable_spec()->add_networks();
    *config = request.config();
    config->set_target((*network)->id());
    task.set_desired_state(api::RUNNING);
    task.mutable_status()->set_state(api::ASSIGNED);
    *task.mutable_status()->mutable_timestamp() = model::to_timestamp(tx.now());
    task.mutable_status()->set_message("scheduler confirmed task can run on preassigned node");
    auto* attachment = task.add_networks();
    *attachment->mutable_network() = **network;
    for (const auto& address : request.config().addresses()) attachment->add_addresses(address);
    for (const auto& alias : request.config().aliases()) attachment->add_aliases(alias);
    return attach_task(tx, std::move(task), true);
  });
  SKEIN_CO_TRY(done);
  api::AttachNetworkResponse response;
  response.set_attachment_id(task_id);
  co_return response;
}

ResourceAllocator::Reply<api::DetachNetworkResponse> ResourceAllocator::detach(
    const rpc::Call& call, const api::DetachNetworkRequest& request) {
  SKEIN_CO_TRY_ASSIGN(std::string node_id, caller(call));
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto task = tx.view().get<api::Task>(request.attachment_id());
    if (!task || !model::is_attachment(*task))
      return make_error(Code::kNotFound, "attachment " + request.attachment_id() + " not found");
    if (task->node_id() != node_id)
      return make_error(Code::kPermissionDenied,
                        "attachment " + request.attachment_id() + " doesn't belong to this node");
    remove_attachment(tx, *task);
    return {};
  });
  SKEIN_CO_TRY(done);
  co_return api::DetachNetworkResponse();
}

}  // namespace skein::manager
