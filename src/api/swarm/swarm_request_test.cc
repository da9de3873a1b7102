// Bodies of `swarm init` and `swarm join`, as Docker's clients send them and as they should not.
#include "api/swarm/swarm_request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cluster/cluster_spec.h"

namespace skein::api {
namespace {

using nlohmann::json;

TEST(SwarmRequest, an_init_with_a_spec_takes_what_is_set_and_defaults_for_zeros) {
  auto body = json::parse(R"({"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"192.168.1.11","DataPathAddr":"eth1",
    "DataPathPort":4790,"ForceNewCluster":false,"DefaultAddrPool":["10.20.0.0/16"],"SubnetSize":26,"AutoLockManagers":false,
    "Availability":"drain","Spec":{"Labels":null,"Orchestration":{"TaskHistoryRetentionLimit":7},"Raft":{},
    "Dispatcher":{"HeartbeatPeriod":0},"CAConfig":{"NodeCertExpiry":0},"TaskDefaults":{},
    "EncryptionConfig":{"AutoLockManagers":false}}})");
  auto request = init_request_from_json(body);
  ASSERT_TRUE(request.ok()) << request.error().text();
  EXPECT_EQ(request->listen_address, "0.0.0.0:2377");
  EXPECT_EQ(request->advertise_address, "192.168.1.11");
  EXPECT_EQ(request->data_path_address, "eth1");
  EXPECT_EQ(request->data_path_port, 4790u);
  EXPECT_EQ(request->default_address_pools, std::vector<std::string>{"10.20.0.0/16"});
  EXPECT_EQ(request->subnet_size, 26u);
  EXPECT_EQ(request->availability, swarm::DRAIN);
  ASSERT_TRUE(request->spec);
  EXPECT_EQ(request->spec->orchestration().task_history_retention_limit(), 7);
  auto defaults = cluster::default_cluster_spec();
  EXPECT_EQ(request->spec->dispatcher().SerializeAsString(), defaults.dispatcher().SerializeAsString());
  EXPECT_EQ(request->spec->ca_config().node_cert_expiry().seconds(), defaults.ca_config().node_cert_expiry().seconds());
}

TEST(SwarmRequest, an_empty_init_is_one_without_wishes) {
  auto request = init_request_from_json(json::object());
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->availability, swarm::ACTIVE);
  EXPECT_FALSE(request->spec);
  EXPECT_FALSE(request->force_new_cluster);
}

// A swarm that its user wants locked must not be open because it was said in one of two places.
TEST(SwarmRequest, autolock_is_on_wherever_it_is_asked_for) {
  const json on{{"EncryptionConfig", {{"AutoLockManagers", true}}}},
      off{{"EncryptionConfig", {{"AutoLockManagers", false}}}};
  auto is_on = [](const json& body) {
    return init_request_from_json(body)->spec->encryption_config().auto_lock_managers();
  };
  EXPECT_TRUE(is_on({{"AutoLockManagers", true}}));
  EXPECT_TRUE(is_on({{"AutoLockManagers", true}, {"Spec", off}}));
  EXPECT_TRUE(is_on({{"AutoLockManagers", false}, {"Spec", on}}));
  EXPECT_FALSE(is_on({{"AutoLockManagers", false}, {"Spec", off}}));
}

TEST(SwarmRequest, a_join_is_taken_as_it_is_sent) {
  auto request = join_request_from_json(json::parse(
      R"({"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"","DataPathAddr":"","RemoteAddrs":["192.168.1.11:2377"],
    "JoinToken":"SWMTKN-1-x","Availability":"pause"})"));
  ASSERT_TRUE(request.ok()) << request.error().text();
  EXPECT_EQ(request->remote_addresses, std::vector<std::string>{"192.168.1.11:2377"});
  EXPECT_EQ(request->token, "SWMTKN-1-x");
  EXPECT_EQ(request->availability, swarm::AVAILABILITY_PAUSE);
}

TEST(SwarmRequest, wrong_types_and_words_are_refused) {
  for (const json& body :
       {json::array(), json{{"ListenAddr", 1}}, json{{"DataPathPort", -1}}, json{{"DefaultAddrPool", "10.0.0.0/8"}},
        json{{"Availability", "asleep"}}, json{{"Spec", {{"CAConfig", {{"NodeCertExpiry", "soon"}}}}}}}) {
    auto request = init_request_from_json(body);
    ASSERT_FALSE(request.ok()) << body.dump();
    EXPECT_EQ(request.error().code, Code::kInvalidArgument) << body.dump();
  }
  for (const json& body : {json::array(), json{{"RemoteAddrs", "x"}}, json{{"JoinToken", 5}}})
    EXPECT_FALSE(join_request_from_json(body).ok()) << body.dump();
}

}  // namespace
}  // namespace skein::api
