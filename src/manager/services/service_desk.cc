#include "manager/services/service_desk.h"

#include "base/log.h"
#include "manager/addresses/network_addresses.h"
#include "manager/services/manager_request.h"
#include "manager/services/service_check.h"
#include "manager/services/service_name.h"
#include "manager/services/service_networks.h"
#include "manager/services/service_revision.h"

namespace skein::manager {

namespace api = store::api;

namespace {

Result<void> check(api::ServiceSpec& spec, const store::Tables& view, const std::string& id) {
  SKEIN_TRY(check_service_spec(spec));
  SKEIN_TRY(resolve_networks(spec, view));
  return check_service_fits(spec, view, id);
}

}  // namespace

Result<void> ServiceDesk::decide_create(store::Transaction& tx, api::Service& service) {
  api::ServiceSpec spec = service.spec();
  std::string& name = *spec.mutable_annotations()->mutable_name();
  auto is_taken = [&](const std::string& text) { return !tx.view().table<api::Service>().named(text).empty(); };
  if (name.empty()) name = choose_service_name(random_, is_taken);
  SKEIN_TRY(check(spec, tx.view(), service.id()));
  if (is_taken(name))
    return make_error(Code::kAlreadyExists,
                      "name conflicts with an existing object: service " + name + " already exists");
  service = first_revision(service.id(), std::move(spec), {tx.now(), tx.index()});
  return attach_service(tx.view(), service);
}

ServiceDesk::Reply<ServiceDesk::Created> ServiceDesk::create(api::ServiceSpec spec) {
  return request_in(tasks_, make(std::move(spec)));
}

ServiceDesk::Reply<ServiceDesk::Warnings> ServiceDesk::update(std::string id, uint64_t version, api::ServiceSpec spec,
                                                              bool wants_rollback) {
  return request_in(tasks_, change(std::move(id), version, std::move(spec), wants_rollback));
}

ServiceDesk::Reply<void> ServiceDesk::remove(std::string id) { return request_in(tasks_, drop(std::move(id))); }

ServiceDesk::Reply<ServiceDesk::Created> ServiceDesk::make(api::ServiceSpec spec) {
  api::Service service;
  service.set_id(random_.object_id());
  *service.mutable_spec() = std::move(spec);
  Warnings warnings;
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    SKEIN_TRY(decide_create(tx, service));
    warnings = warnings_of(service.spec(), tx.view());
    tx.create(service);
    return {};
  });
  if (!done.ok()) co_return done.error();
  log_info("service-created", {{"service", service.id()}, {"name", model::name_of(service)}});
  Created created{service.id(), std::move(warnings)};
  co_return created;
}

ServiceDesk::Reply<ServiceDesk::Warnings> ServiceDesk::change(std::string id, uint64_t version, api::ServiceSpec spec,
                                                              bool wants_rollback) {
  Warnings warnings;
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    SKEIN_TRY_ASSIGN(auto before, tx.at_version<api::Service>(id, version));
    const WriteStamp stamp{tx.now(), tx.index()};
    api::Service after;
    if (wants_rollback) {
      SKEIN_TRY_ASSIGN(after, rolled_back(*before, stamp));
    } else {
      after = next_revision(*before, spec, stamp);
    }
    SKEIN_TRY(check(*after.mutable_spec(), tx.view(), id));
    SKEIN_TRY(check_service_change(before->spec(), after.spec()));
    SKEIN_TRY(attach_service(tx.view(), after));
    warnings = warnings_of(after.spec(), tx.view());
    tx.update(std::move(after));
    return {};
  });
  if (!done.ok()) co_return done.error();
  log_info("service-updated", {{"service", id}, {"rollback", wants_rollback ? "yes" : "no"}});
  co_return warnings;
}

ServiceDesk::Reply<void> ServiceDesk::drop(std::string id) {
  auto done = co_await store_.update([&](store::Transaction& tx) -> Result<void> {
    auto service = tx.view().get<api::Service>(id);
    if (!service) return make_error(Code::kNotFound, "service " + id + " not found");
    tx.remove<api::Service>(id);
    return {};
  });
  if (done.ok()) log_info("service-removed", {{"service", id}});
  co_return done;
}

// Tasks beyond what a network has room for would wait for ever.
ServiceDesk::Warnings ServiceDesk::warnings_of(const api::ServiceSpec& spec, const store::Tables& view) const {
  Warnings out;
  const uint64_t tasks = spec.has_replicated() ? spec.replicated().replicas() : 0;
  std::vector<std::string> networks;
  for (const auto& attachment : spec.task().networks()) networks.push_back(attachment.target());
  if (needs_ingress(spec.endpoint())) networks.push_back(find_ingress(view)->id());
  for (const auto& network : networks) {
    const control::AddressUsage usage = view.index<control::TakenAddresses>().usage(network);
    if (tasks >= usage.total)  // one is the gateway's
      out.push_back("network " + model::name_of(*view.get<api::Network>(network)) + " has " +
                    std::to_string(usage.total) + " addresses: it is too small for " + std::to_string(tasks) +
                    " tasks");
  }
  return out;
}

}  // namespace skein::manager
