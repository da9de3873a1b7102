#include "control/scheduler/constraint.h"

#include <gtest/gtest.h>

namespace skein::control {
namespace {

google::protobuf::RepeatedPtrField<std::string> list(std::initializer_list<std::string> texts) {
  google::protobuf::RepeatedPtrField<std::string> out;
  for (const std::string& text : texts) *out.Add() = text;
  return out;
}

std::string error_of(const std::string& text) {
  auto parsed = parse_constraints(list({text}));
  return parsed.ok() ? "" : parsed.error().what;
}

api::Node node() {
  api::Node out;
  out.set_id("n0de1d");
  out.set_role(api::MANAGER);
  out.mutable_status()->set_addr("192.168.7.9");
  auto* description = out.mutable_description();
  description->set_hostname("Alpha");
  description->mutable_platform()->set_os("linux");
  description->mutable_platform()->set_architecture("x86_64");
  (*description->mutable_engine()->mutable_labels())["storage"] = "ssd";
  (*out.mutable_spec()->mutable_annotations()->mutable_labels())["Zone"] = "Berlin 1";
  return out;
}

bool matches(const std::string& text, const api::Node& on = node()) {
  auto parsed = parse_constraints(list({text}));
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() && satisfies(*parsed, on);
}

// A user who copies an error into a search engine finds Docker's answers.
TEST(Constraint, what_cannot_be_read_is_refused_in_dockers_words) {
  EXPECT_EQ(error_of(""), "constraint expected one operator from ==, !=");
  EXPECT_EQ(error_of("node.role=manager"), "constraint expected one operator from ==, !=");
  EXPECT_EQ(error_of("==x"), "key '' is invalid");
  EXPECT_EQ(error_of("1node.id==x"), "key '1node.id' is invalid");
  EXPECT_EQ(error_of("n==x"), "key 'n' is invalid") << "Docker wants two characters";
  EXPECT_EQ(error_of(" node id == x"), "key 'node id' is invalid");
  EXPECT_EQ(error_of("node.id== "), "value '' is invalid");
  EXPECT_EQ(error_of("node.id==a,b"), "value 'a,b' is invalid");
  EXPECT_EQ(error_of("node.id==a==b"), "value 'a==b' is invalid");
  EXPECT_EQ(error_of("node.id!=a==b"), "key 'node.id!=a' is invalid") << "== is looked for first";
  EXPECT_EQ(error_of("node.id==h\xc3\xa9"), "value 'h\xc3\xa9' is invalid");
  EXPECT_EQ(error_of("node.labels.a==x.*()?+[]\\^$|/:-_ y"), "");
  EXPECT_EQ(parse_constraints(list({"node.id==a", "oops"})).error().code, Code::kInvalidArgument);
}

// A constraint that can never hold must not become a service that waits for ever.
TEST(Constraint, what_can_never_match_is_refused_with_the_way_out) {
  auto unknown = parse_constraints(list({"node.foo==1"}));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().text(),
            "key 'node.foo' is unknown: the keys of constraints are node.id, node.hostname, node.ip, node.role, "
            "node.platform.os, node.platform.arch, node.labels.<label>, engine.labels.<label>");
  for (const char* key : {"node.idx", "node.labels.", "node.labels", "engine.labels.", "labels.a", "node.platform"})
    EXPECT_EQ(error_of(std::string(key) + "==1"), "key '" + std::string(key) + "' is unknown");
  EXPECT_EQ(error_of("node.role==manger"), "value 'manger' is invalid");
  for (const char* address :
       {"10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "fd00::/129", "10.0.0.0/8/8", "host"})
    EXPECT_EQ(error_of(std::string("node.ip==") + address), "value '" + std::string(address) + "' is invalid");
}

TEST(Constraint, every_key_compares_without_regard_to_case) {
  for (const char* text :
       {"node.id==N0DE1D", "NODE.ID == n0de1d", "node.hostname==alpha", "node.role==Manager", "node.role!=worker",
        "node.platform.os==Linux", "node.platform.arch==X86_64", "node.labels.Zone==berlin 1", "node.ip==192.168.7.9",
        "engine.labels.storage==SSD", "Engine.Labels.storage==ssd", "\tnode.hostname\t!=\tbeta "})
    EXPECT_TRUE(matches(text)) << text;
  for (const char* text : {"node.id==n0de1", "node.id!=n0de1d", "node.hostname==alph*", "node.role==worker",
                           "node.platform.os==windows", "node.platform.arch==amd64", "engine.labels.storage!=ssd",
                           "node.labels.Zone==berlin", "node.labels.zone==Berlin 1"})
    EXPECT_FALSE(matches(text)) << text;
}

TEST(Constraint, what_a_node_lacks_is_the_empty_value) {
  api::Node bare;
  for (const char* key :
       {"node.id", "node.hostname", "node.platform.os", "node.platform.arch", "node.labels.a", "engine.labels.a"}) {
    EXPECT_FALSE(matches(std::string(key) + "==x", bare)) << key;
    EXPECT_TRUE(matches(std::string(key) + "!=x", bare)) << key;
  }
  EXPECT_TRUE(matches("node.role==worker", bare));
  EXPECT_FALSE(matches("node.ip==10.0.0.1", bare));
  EXPECT_TRUE(matches("node.ip!=10.0.0.0/8", bare));
}

TEST(Constraint, addresses_match_by_value_and_by_subnet) {
  EXPECT_TRUE(matches("node.ip==192.168.0.0/16"));
  EXPECT_TRUE(matches("node.ip==192.168.7.200/24")) << "host bits are ignored";
  EXPECT_TRUE(matches("node.ip==192.168.7.8/31"));
  EXPECT_FALSE(matches("node.ip==192.168.7.10/31"));
  EXPECT_FALSE(matches("node.ip!=192.168.0.0/16"));
  EXPECT_TRUE(matches("node.ip==0.0.0.0/0"));
  EXPECT_TRUE(matches("node.ip==::ffff:192.168.7.9"));
  EXPECT_FALSE(matches("node.ip==::/0")) << "families are apart";
  api::Node six = node();
  six.mutable_status()->set_addr("fd00:0::1");
  EXPECT_TRUE(matches("node.ip==FD00::1", six));
  EXPECT_TRUE(matches("node.ip==fd00::/9", six));
  EXPECT_FALSE(matches("node.ip==fe00::/9", six));
  EXPECT_TRUE(matches("node.ip==::/0", six));
  EXPECT_FALSE(matches("node.ip==0.0.0.0/0", six));
}

TEST(Constraint, all_of_several_must_hold) {
  auto both = parse_constraints(list({"node.role==manager", "node.labels.Zone!=Paris"}));
  EXPECT_TRUE(satisfies(*both, node()));
  auto one = parse_constraints(list({"node.role==manager", "node.labels.Zone==Paris"}));
  EXPECT_FALSE(satisfies(*one, node()));
  EXPECT_TRUE(satisfies({}, api::Node()));
}

}  // namespace
}  // namespace skein::control
