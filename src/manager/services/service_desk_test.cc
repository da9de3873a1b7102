// What users ask of services is done as a whole or refused in Docker's words, and no address is ever lost.
#include "manager/services/service_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <set>

#include "manager/addresses/network_addresses.h"
#include "store/memory_journal.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;
namespace api = store::api;
using testing::HasSubstr;

class Desk : public testing::Test {
 protected:
  Desk() {
    restart();
    add_network("blue", "10.1.0.0/24");
    add_network("tiny", "10.2.0.0/29");  // gateway and five more
    api::Network ingress = make_network("ingress", "10.255.0.0/24");
    ingress.mutable_spec()->set_ingress(true);
    change([&](store::Transaction& tx) { tx.create(*with_subnets(ingress, tx.view())); });
    api::Network host = make_network("host", "");
    host.mutable_spec()->mutable_driver_config()->set_name("host");
    change([&](store::Transaction& tx) { tx.create(host); });
  }

  // The manager is killed and comes back with what is on disk.
  void restart() {
    desk_.reset();
    store_ = std::make_unique<store::Store>(io_.get_executor(), std::make_unique<store::MemoryJournal>(contents_),
                                            system_clock());
    ASSERT_TRUE(wait(store_->open()).ok());
    desk_ = std::make_unique<ServiceDesk>(tasks_, *store_, random_);
  }

  template <class T>
  Result<T> wait(asio::awaitable<Result<T>> work) {
    std::optional<Result<T>> out;
    auto run = [&]() -> asio::awaitable<void> { out = co_await std::move(work); };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    io_.restart();
    io_.run();
    return *out;
  }
  void change(const std::function<void(store::Transaction&)>& decide) {
    ASSERT_TRUE(wait(store_->update([&](store::Transaction& tx) -> Result<void> {
                  decide(tx);
                  return {};
                })).ok());
  }

  static api::Network make_network(const std::string& name, const std::string& subnet) {
    api::Network network;
    network.set_id("id" + name);
    network.mutable_spec()->mutable_annotations()->set_name(name);
    if (!subnet.empty()) network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet(subnet);
    return network;
  }
  void add_network(const std::string& name, const std::string& subnet) {
    change([&](store::Transaction& tx) { tx.create(*with_subnets(make_network(name, subnet), tx.view())); });
  }

  static api::ServiceSpec spec(const std::string& name, const std::vector<std::string>& networks = {}) {
    api::ServiceSpec out;
    out.mutable_annotations()->set_name(name);
    out.mutable_task()->mutable_container()->set_image("nginx");
    out.mutable_replicated()->set_replicas(1);
    for (const auto& network : networks) out.mutable_task()->add_networks()->set_target(network);
    return out;
  }

  std::string create(api::ServiceSpec wanted) {
    auto created = wait(desk_->create(std::move(wanted)));
    EXPECT_TRUE(created.ok()) << created.error().text();
    return created.ok() ? created->id : "";
  }
  Error refusal(api::ServiceSpec wanted) {
    auto created = wait(desk_->create(std::move(wanted)));
    EXPECT_FALSE(created.ok());
    return created.ok() ? Error() : created.error();
  }
  Result<ServiceDesk::Warnings> update(const std::string& id, api::ServiceSpec wanted) {
    return wait(desk_->update(id, version(id), std::move(wanted), false));
  }
  Result<ServiceDesk::Warnings> roll_back(const std::string& id) {
    return wait(desk_->update(id, version(id), {}, true));
  }

  const api::Service& service(const std::string& id) { return *store_->view().get<api::Service>(id); }
  uint64_t version(const std::string& id) { return service(id).meta().version().index(); }
  // Network and address of each virtual address.
  std::map<std::string, std::string> vips(const std::string& id) {
    std::map<std::string, std::string> out;
    for (const auto& vip : service(id).endpoint().virtual_ips()) out[vip.network_id()] = vip.addr();
    return out;
  }
  uint64_t used(const std::string& network) {
    return store_->view().index<control::TakenAddresses>().usage("id" + network).used;
  }

  asio::io_context io_;
  io::TaskScope tasks_{io_.get_executor()};
  std::shared_ptr<store::MemoryJournal::Contents> contents_ = std::make_shared<store::MemoryJournal::Contents>();
  SeededRandom random_{7};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ServiceDesk> desk_;
};

TEST_F(Desk, a_service_gets_an_address_on_each_network_and_keeps_it_until_it_is_removed) {
  std::string id = create(spec("web", {"blue", "idti"}));  // by name, and by the start of an id
  EXPECT_EQ(service(id).spec().task().networks(1).target(), "idtiny");
  EXPECT_EQ(service(id).spec_version().index(), version(id));
  auto first = vips(id);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first["idblue"], "10.1.0.2/24");

  add_network("red", "10.3.0.0/24");
  api::ServiceSpec moved = spec("web", {"red", "blue"});
  ASSERT_TRUE(update(id, moved).ok());
  auto second = vips(id);
  EXPECT_EQ(second["idblue"], first["idblue"]);
  EXPECT_EQ(second.count("idtiny"), 0u);
  EXPECT_EQ(second["idred"], "10.3.0.2/24");
  EXPECT_EQ(used("tiny"), 1u);  // the gateway

  ASSERT_TRUE(wait(desk_->remove(id)).ok());
  EXPECT_EQ(used("blue") + used("red") + used("tiny"), 3u);
  EXPECT_EQ(wait(desk_->remove(id)).error().text(), "service " + id + " not found");
}

TEST_F(Desk, dns_round_robin_needs_no_virtual_address) {
  api::ServiceSpec wanted = spec("rr", {"blue"});
  wanted.mutable_endpoint()->set_mode(api::EndpointSpec::DNSRR);
  std::string id = create(wanted);
  EXPECT_TRUE(vips(id).empty());
  wanted.mutable_endpoint()->set_mode(api::EndpointSpec::VIP);
  ASSERT_TRUE(update(id, wanted).ok());
  EXPECT_EQ(vips(id).size(), 1u);
  wanted.mutable_endpoint()->set_mode(api::EndpointSpec::DNSRR);
  ASSERT_TRUE(update(id, wanted).ok());
  EXPECT_TRUE(vips(id).empty());
  EXPECT_EQ(used("blue"), 1u);
}

TEST_F(Desk, a_restarted_manager_gives_no_address_out_twice) {
  std::set<std::string> seen;
  for (const char* name : {"a", "b"}) seen.insert(vips(create(spec(name, {"blue"})))["idblue"]);
  restart();
  seen.insert(vips(create(spec("c", {"blue"})))["idblue"]);
  EXPECT_EQ(seen.size(), 3u);
}

TEST_F(Desk, addresses_used_up_refuse_a_service_and_keep_the_others_as_they_were) {
  std::vector<std::string> ids;
  for (const char* name : {"a", "b", "c", "d", "e"}) ids.push_back(create(spec(name, {"tiny"})));
  uint64_t blue_before = used("blue");
  Error error = refusal(spec("f", {"blue", "tiny"}));
  EXPECT_THAT(error.text(), HasSubstr("tiny"));
  EXPECT_EQ(used("blue"), blue_before);
  EXPECT_EQ(store_->view().all<api::Service>().size(), 5u);

  std::string other = create(spec("g", {"blue"}));
  std::string before = service(other).SerializeAsString();
  EXPECT_FALSE(update(other, spec("g", {"blue", "tiny"})).ok());
  EXPECT_EQ(service(other).SerializeAsString(), before);
  ASSERT_TRUE(wait(desk_->remove(ids[0])).ok());
  EXPECT_TRUE(update(other, spec("g", {"blue", "tiny"})).ok());
}

TEST_F(Desk, a_disk_that_fails_loses_no_address) {
  std::string id = create(spec("web", {"blue"}));
  auto before = vips(id);
  contents_->is_failing = true;
  EXPECT_FALSE(wait(desk_->create(spec("other", {"blue"}))).ok());
  EXPECT_FALSE(update(id, spec("web", {"tiny"})).ok());
  EXPECT_FALSE(wait(desk_->remove(id)).ok());
  contents_->is_failing = false;
  EXPECT_EQ(vips(id), before);
  EXPECT_EQ(used("blue"), 2u);
  EXPECT_EQ(used("tiny"), 1u);
}

TEST_F(Desk, a_rollback_swaps_the_specs_and_their_versions) {
  std::string id = create(spec("web"));
  EXPECT_EQ(roll_back(id).error().text(), "service " + id + " does not have a previous spec");
  uint64_t first_version = service(id).spec_version().index();
  api::ServiceSpec next = spec("web");
  next.mutable_task()->mutable_container()->set_image("nginx:2");
  ASSERT_TRUE(update(id, next).ok());
  uint64_t second_version = service(id).spec_version().index();
  EXPECT_GT(second_version, first_version);
  EXPECT_EQ(second_version, version(id));

  ASSERT_TRUE(roll_back(id).ok());
  const api::Service& after = service(id);
  EXPECT_EQ(after.spec().task().container().image(), "nginx");
  EXPECT_EQ(after.previous_spec().task().container().image(), "nginx:2");
  EXPECT_EQ(after.spec_version().index(), first_version);
  EXPECT_EQ(after.previous_spec_version().index(), second_version);
  EXPECT_EQ(after.update_status().state(), api::UpdateStatus::ROLLBACK_STARTED);
  EXPECT_EQ(after.update_status().message(), "manually requested rollback");
  EXPECT_TRUE(after.update_status().has_started_at());

  ASSERT_TRUE(update(id, next).ok());
  EXPECT_FALSE(service(id).has_update_status());
}

TEST_F(Desk, a_rollback_to_a_network_that_is_gone_is_refused) {
  std::string id = create(spec("web", {"blue"}));
  ASSERT_TRUE(update(id, spec("web", {"tiny"})).ok());
  change([&](store::Transaction& tx) { tx.remove<api::Network>("idblue"); });
  EXPECT_EQ(roll_back(id).error().text(), "network idblue not found");
  EXPECT_EQ(vips(id).count("idtiny"), 1u);
}

TEST_F(Desk, an_update_of_what_has_changed_since_is_refused) {
  std::string id = create(spec("web"));
  uint64_t read = version(id);
  ASSERT_TRUE(update(id, spec("web")).ok());
  EXPECT_EQ(wait(desk_->update(id, read, spec("web"), false)).error().text(), "update out of sequence");
  EXPECT_EQ(wait(desk_->update("nosuch", 1, spec("web"), false)).error().code, Code::kNotFound);
}

TEST_F(Desk, neither_name_nor_mode_can_change) {
  std::string id = create(spec("web"));
  EXPECT_EQ(update(id, spec("web2")).error().text(), "renaming services is not supported");
  api::ServiceSpec global = spec("web");
  global.mutable_global();
  EXPECT_EQ(update(id, global).error().text(), "service mode change is not allowed");
}

TEST_F(Desk, a_job_starts_over_when_it_is_updated) {
  api::ServiceSpec job = spec("job");
  job.mutable_replicated_job()->set_max_concurrent(1);
  std::string id = create(job);
  EXPECT_EQ(service(id).job_status().job_iteration().index(), 0u);
  EXPECT_TRUE(service(id).job_status().has_last_execution());
  ASSERT_TRUE(update(id, job).ok());
  EXPECT_EQ(service(id).job_status().job_iteration().index(), 1u);
  EXPECT_FALSE(service(create(spec("web"))).has_job_status());
}

TEST_F(Desk, networks_that_no_service_can_be_on_are_refused) {
  EXPECT_EQ(refusal(spec("a", {"nosuch"})).text(), "network nosuch not found");
  EXPECT_EQ(refusal(spec("a", {"ingress"})).text(),
            "Service cannot be explicitly attached to the ingress network \"ingress\"");
  EXPECT_THAT(refusal(spec("a", {"none"})).text(), HasSubstr("network none not found"));
  EXPECT_THAT(refusal(spec("a", {"blue", "idblue"})).text(), HasSubstr("network blue is listed more than once"));
  EXPECT_EQ(used("blue"), 1u);
}

TEST_F(Desk, networks_in_the_old_place_count_unless_the_task_has_some) {
  api::ServiceSpec old = spec("web");
  old.add_networks()->set_target("blue");
  std::string id = create(old);
  EXPECT_EQ(service(id).spec().networks_size(), 0);
  EXPECT_EQ(vips(id).count("idblue"), 1u);
  old.mutable_task()->add_networks()->set_target("tiny");
  ASSERT_TRUE(update(id, old).ok());
  EXPECT_EQ(vips(id).count("idblue"), 0u);
  EXPECT_EQ(vips(id).count("idtiny"), 1u);
}

TEST_F(Desk, names_are_given_where_users_gave_none_and_are_unique) {
  std::string id = create(spec(""));
  std::string name = model::name_of(service(id));
  EXPECT_FALSE(name.empty());
  EXPECT_EQ(refusal(spec(name)).text(), "name conflicts with an existing object: service " + name + " already exists");
}

TEST_F(Desk, a_network_too_small_for_the_replicas_is_said_at_once) {
  api::ServiceSpec wanted = spec("web", {"tiny"});
  wanted.mutable_replicated()->set_replicas(6);
  auto created = wait(desk_->create(wanted));
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->warnings, ServiceDesk::Warnings{"network tiny has 6 addresses: it is too small for 6 tasks"});
  wanted.mutable_replicated()->set_replicas(5);
  EXPECT_TRUE(update(created->id, wanted)->empty());
  wanted = spec("web");
  wanted.mutable_replicated()->set_replicas(254);
  EXPECT_TRUE(update(created->id, wanted)->empty());
  wanted.mutable_endpoint()->add_ports()->set_target_port(80);
  EXPECT_EQ(*update(created->id, wanted),
            ServiceDesk::Warnings{"network ingress has 254 addresses: it is too small for 254 tasks"});
}

TEST_F(Desk, ports_of_the_mesh_come_with_an_address_on_ingress) {
  api::ServiceSpec wanted = spec("web", {"blue"});
  wanted.mutable_endpoint()->add_ports()->set_target_port(80);
  const std::string id = create(wanted);
  EXPECT_EQ(service(id).endpoint().ports(0).published_port(), 30'000u);
  EXPECT_EQ(service(id).spec().endpoint().ports(0).published_port(), 0u) << "as the user gave it";
  ASSERT_EQ(service(id).endpoint().virtual_ips_size(), 2);
  EXPECT_EQ(service(id).endpoint().virtual_ips(0).network_id(), "idingress") << "first, as with Docker";
  const auto before = vips(id);
  EXPECT_EQ(before.at("idingress"), "10.255.0.2/24");
  wanted.mutable_endpoint()->add_ports()->set_target_port(81);
  ASSERT_TRUE(update(id, wanted).ok());
  EXPECT_EQ(vips(id), before);
  EXPECT_EQ(service(id).endpoint().ports(0).published_port(), 30'000u);
  EXPECT_EQ(service(id).endpoint().ports(1).published_port(), 30'001u);
  wanted.clear_endpoint();
  ASSERT_TRUE(update(id, wanted).ok());
  EXPECT_EQ(vips(id).count("idingress"), 0u);
  EXPECT_EQ(used("ingress"), 1u);
}

TEST_F(Desk, what_a_service_gives_up_others_may_have_until_it_wants_it_back) {
  auto published = [](const std::string& name, uint32_t number) {
    api::ServiceSpec out = spec(name);
    auto* port = out.mutable_endpoint()->add_ports();
    port->set_target_port(80);
    port->set_published_port(number);
    return out;
  };
  const std::string id = create(published("web", 8080));
  EXPECT_EQ(refusal(published("other", 8080)).text(),
            "port '8080' is already in use by service 'web' (" + id + ") as an ingress port");
  ASSERT_TRUE(update(id, published("web", 9090)).ok());
  const std::string other = create(published("other", 8080));
  EXPECT_EQ(roll_back(id).error().text(),
            "port '8080' is already in use by service 'other' (" + other + ") as an ingress port");
  ASSERT_TRUE(wait(desk_->remove(other)).ok());
  EXPECT_TRUE(roll_back(id).ok());
}

TEST_F(Desk, without_an_ingress_network_no_port_of_the_mesh_is_published) {
  change([](store::Transaction& tx) { tx.remove<api::Network>("idingress"); });
  api::ServiceSpec wanted = spec("web");
  wanted.mutable_endpoint()->add_ports()->set_target_port(80);
  EXPECT_EQ(refusal(wanted).text(), "service needs ingress network, but no ingress network is present");
  EXPECT_EQ(refusal(wanted).code, Code::kFailedPrecondition);
  wanted.mutable_endpoint()->mutable_ports(0)->set_publish_mode(api::PortConfig::HOST);
  EXPECT_TRUE(vips(create(wanted)).empty());
}

TEST_F(Desk, published_ports_are_in_the_endpoint) {
  api::ServiceSpec wanted = spec("web");
  auto* port = wanted.mutable_endpoint()->add_ports();
  port->set_target_port(80);
  port->set_published_port(8080);
  port->set_publish_mode(api::PortConfig::HOST);
  std::string id = create(wanted);
  ASSERT_EQ(service(id).endpoint().ports_size(), 1);
  EXPECT_EQ(service(id).endpoint().ports(0).published_port(), 8080u);
  EXPECT_EQ(service(id).endpoint().spec().ports_size(), 1);
}

}  // namespace
}  // namespace skein::manager
