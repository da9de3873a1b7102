#include "manager/bootstrap.h"

#include <gtest/gtest.h>

#include "ca/node_certificate.h"
#include "cluster/unlock_keys.h"
#include "manager/addresses/network_addresses.h"
#include "wire/join_token.h"

namespace skein::manager {
namespace {

namespace api = model::api;

FirstObjects make() {
  static SeededRandom random(3);
  InitOptions options;
  options.advertise = {"192.168.1.11", 2377};
  return *make_first_objects(options, system_clock().wall(), random);
}

TEST(Bootstrap, the_first_node_is_a_manager_by_its_certificate) {
  FirstObjects objects = make();
  auto identity =
      ca::verify_node_certificate(objects.certificate_pem, objects.cluster.root_ca().ca_cert(), system_clock().wall());
  ASSERT_TRUE(identity.ok()) << identity.error().text();
  EXPECT_EQ(identity->node_id, objects.node.id());
  EXPECT_EQ(identity->cluster_id, objects.cluster.id());
  EXPECT_EQ(identity->role, api::MANAGER);
  EXPECT_EQ(objects.node.manager_status().addr(), "192.168.1.11:2377");
}

TEST(Bootstrap, tokens_lead_to_the_root_and_differ_in_their_secrets) {
  FirstObjects objects = make();
  const auto& root = objects.cluster.root_ca();
  auto worker = wire::JoinToken::parse(root.join_tokens().worker()),
       manager = wire::JoinToken::parse(root.join_tokens().manager());
  ASSERT_TRUE(worker.ok() && manager.ok());
  EXPECT_TRUE(wire::check_root(root.ca_cert(), worker->digest).ok());
  EXPECT_EQ(worker->digest, manager->digest);
  EXPECT_NE(worker->secret, manager->secret);
}

// Docker's workers expect ingress at 10.0.0.0/24 and VNI 4096, and put their first network beside it.
TEST(Bootstrap, ingress_gets_the_first_subnet_and_number) {
  FirstObjects objects = make();
  store::Tables tables;
  tables.apply({store::Kind::kCluster, objects.cluster.id(), store::Ref<api::Cluster>(),
                std::make_shared<const api::Cluster>(objects.cluster)});
  auto ingress = with_subnets(objects.networks[0], tables);
  ASSERT_TRUE(ingress.ok()) << ingress.error().text();
  EXPECT_EQ(model::vni_of(*ingress)->value, 4096u);
  EXPECT_EQ(model::gateway_of(*ingress)->text(), "10.0.0.1/24");
}

TEST(Bootstrap, a_swarm_can_begin_with_an_unlock_key) {
  SeededRandom random(1);
  InitOptions options;
  options.advertise = {"192.0.2.1", 2377};
  EXPECT_EQ(cluster::unlock_key_of(make_first_objects(options, WallTime{}, random)->cluster), "");
  options.spec.emplace().mutable_encryption_config()->set_auto_lock_managers(true);
  EXPECT_EQ(cluster::unlock_key_of(make_first_objects(options, WallTime{}, random)->cluster).size(), 32U);
}

}  // namespace
}  // namespace skein::manager
