#include <gtest/gtest.h>

#include "api/replies/typed_forms_for_test.h"

namespace skein::api {
namespace {

using nlohmann::json;

TEST(TypedForms, find_what_dockers_client_would_not_decode) {
  const char* const kFine = R"({"Endpoint":{"VirtualIPs":[{"Addr":"10.0.1.2/24"},{"Addr":""}]},
    "NetworksAttachments":[{"Addresses":["10.0.1.3/24"]}],"IPAM":{"Config":[{"Subnet":"10.0.1.0/24","Gateway":"10.0.1.1"}]},
    "Status":{"IPAM":{"Subnets":{"10.0.1.0/24":{}}},"Addr":"0.0.0.0"},"Containers":{"c":{"IPv4Address":"10.0.1.3/24",
    "IPv6Address":"","MacAddress":"02:42:0a:00:01:03"}},"IPAMConfig":{"IPv4Address":"10.0.1.3"},
    "Ports":[{"IP":"::","PrivatePort":80}],"Peers":[{"IP":"192.168.1.11"}],"Gateway":null})";
  EXPECT_EQ(TypedForms::malformed(json::parse(kFine)), std::vector<std::string>());
  const char* const kWrong[] = {R"({"VirtualIPs":[{"Addr":"10.0.1.2"}]})",
                                R"({"NetworksAttachments":[{"Addresses":["10.0.1.3"]}]})",
                                R"({"Subnet":"10.0.1.0"})",
                                R"({"Gateway":"10.0.1.1/24"})",
                                R"({"Gateway":7})",
                                R"({"IPAM":{"Subnets":{"10.0.1.0":{}}}})",
                                R"({"Containers":{"c":{"IPv4Address":"10.0.1.3"}}})",
                                R"({"IPAMConfig":{"IPv4Address":"10.0.1.3/24"}})",
                                R"({"MacAddress":"02:42"})",
                                R"({"Ports":[{"IP":"any"}]})",
                                R"({"Dns":["8.8.8.8","name"]})"};
  for (const char* wrong : kWrong) EXPECT_EQ(TypedForms::malformed(json::parse(wrong)).size(), 1u) << wrong;
}

}  // namespace
}  // namespace skein::api
