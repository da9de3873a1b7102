// What a label restricts is what its author meant, and what nobody could mean is refused.
#include "model/port_access.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace skein::model {
namespace {

std::string of_label(const std::string& name, const std::string& value) {
  auto label = parse_publish_label(name, value);
  if (!label.ok()) return label.error().text();
  return std::to_string(label->port) + (label->protocol ? "/" + std::to_string(*label->protocol) : "") + " " +
         label->access.text();
}

TEST(PortAccess, a_label_is_read) {
  EXPECT_EQ(of_label("skein.publish.8080.address", "192.168.1.11"), "8080 address=192.168.1.11");
  EXPECT_EQ(of_label("skein.publish.53/udp.source", "10.1.2.3/8,fd00::/8"), "53/17 source=10.0.0.0/8,fd00::/8");
  EXPECT_EQ(of_label("skein.publish.443/tcp.interface", "lo,eth1,lo"), "443/6 interface=eth1,lo");
}

TEST(PortAccess, what_means_nothing_is_refused) {
  for (const char* name :
       {"skein.publish.8080", "skein.publish.address", "skein.publish.0.address", "skein.publish.080.address",
        "skein.publish..source", "skein.publish.65536.address", "skein.publish.80x.address",
        "skein.publish.80/icmp.address", "skein.publish.80.adress", "skein.publis.80.address"})
    EXPECT_EQ(of_label(name, "10.0.0.1"),
              "invalid label " + std::string(name) +
                  "; it must be skein.publish.PORT[/PROTOCOL].address, .interface or .source");
  for (const char* value : {"", "10.0.0", "10.0.0.1/33", "fd00::/129", "10.0.0.1,", "a", "::ffff:10.0.0.1"})
    EXPECT_TRUE(of_label("skein.publish.80.source", value).starts_with("invalid address or prefix")) << value;
  for (const char* value : {"", "a b", ".", "\"", "an-interface-name", "eth0,"})
    EXPECT_TRUE(of_label("skein.publish.80.interface", value).starts_with("invalid interface")) << value;
  std::string many = "10.0.0.1";
  for (size_t i = 0; i < kAccessItemsMax; ++i) many += ",10.0.0.1";
  EXPECT_TRUE(of_label("skein.publish.80.source", many).starts_with("invalid list"));
}

TEST(PortAccess, all_labels_of_a_port_hold_together) {
  const std::map<std::string, std::string> labels = {{"skein.publish.80.address", "10.0.0.5"},
                                                     {"skein.publish.80.interface", "eth1"},
                                                     {"skein.publish.80/udp.source", "10.0.0.0/8"},
                                                     {"skein.publish.81.address", "10.0.0.6"},
                                                     {"skein.weight", "2"}};
  EXPECT_EQ(port_access(labels, IPPROTO_TCP, 80).text(), "address=10.0.0.5;interface=eth1");
  EXPECT_EQ(port_access(labels, IPPROTO_UDP, 80).text(), "address=10.0.0.5;interface=eth1;source=10.0.0.0/8");
  EXPECT_TRUE(port_access(labels, IPPROTO_TCP, 82).is_open());
}

TEST(PortAccess, a_label_that_cannot_be_read_closes_the_ports) {
  PortAccess access = port_access({{"skein.publish.80.addres", "10.0.0.5"}}, IPPROTO_TCP, 80);
  EXPECT_EQ(access.text(), "source=0.0.0.0");
}

TEST(PortAccess, what_is_longer_than_hosts_tell_each_other_is_refused) {
  std::map<std::string, std::string> labels = {{"skein.publish.80.source", "fd00:1111:2222:3333:4444:5555:6666:1000"}};
  EXPECT_TRUE(check_port_access(labels, IPPROTO_TCP, 80).ok());
  for (int i = 1; i < 16; ++i)
    labels["skein.publish.80.source"] += ",fd00:1111:2222:3333:4444:5555:6666:" + std::to_string(1000 + i);
  EXPECT_TRUE(check_port_access(labels, IPPROTO_TCP, 80)
                  .error()
                  .text()
                  .starts_with("the labels of the published port 80 are too long: together they have 646 characters"));
  EXPECT_TRUE(check_port_access(labels, IPPROTO_TCP, 81).ok());
  EXPECT_EQ(port_access(labels, IPPROTO_TCP, 80).text(), "source=0.0.0.0") << "it must not be open instead";
}

TEST(PortAccess, its_text_is_read_back) {
  for (const char* text : {"", "address=10.0.0.5", "address=10.0.0.5,fd00::1;interface=eth1,lo;source=10.0.0.0/8"})
    EXPECT_EQ(PortAccess::parse(text)->text(), text);
  for (const std::string& text : {std::string("address"), std::string("port=1"), std::string("source=x"),
                                  "source=" + std::string(kAccessTextMax, '1')})
    EXPECT_FALSE(PortAccess::parse(text).ok()) << text;
}

}  // namespace
}  // namespace skein::model
