#include "api/containers/network_counters.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace skein::api {
namespace {

using nlohmann::json;

const char* const kTwoNetworks =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n"
    "    lo:   38351     219    0    0    0     0          0         0    38351     219    0    0    0     0       0   "
    " "
    "      0\n"
    "  eth0: 118412988    2417    1    2    3     4          5         6    92728    1286    7    8    9     0       0 "
    "  "
    "       0\n"
    "eth1:       0       0    0    0    0     0          0         0        11       1    0    0    0     0       0    "
    "      0\n";

TEST(NetworkCounters, are_shown_for_each_network_but_the_loopback) {
  const json shown = network_counters(kTwoNetworks);
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown["eth0"], json::parse(R"({"rx_bytes": 118412988, "rx_packets": 2417, "rx_errors": 1, "rx_dropped": 2,
                                           "tx_bytes": 92728, "tx_packets": 1286, "tx_errors": 7, "tx_dropped": 8})"));
  EXPECT_EQ(shown["eth1"]["tx_bytes"], 11);
}

TEST(NetworkCounters, leave_out_what_is_none) {
  for (const char* text : {"", ":", "eth0", "eth0: 1 2 3", "eth0: a b c d e f g h i j k l m n o p", "   : 1"})
    EXPECT_EQ(network_counters(text), json::object()) << text;
}

TEST(NetworkCounters, are_read_from_the_process_own_network_only) {
  EXPECT_TRUE(read_network_counters(::getpid(), "").is_object());
  EXPECT_TRUE(read_network_counters(::getpid(), "/proc/self/ns/net").is_object());
  EXPECT_TRUE(read_network_counters(::getpid(), "/proc/self/ns/mnt").is_null());
  EXPECT_TRUE(read_network_counters(::getpid(), "/no/such/file").is_null());
  EXPECT_TRUE(read_network_counters(0, "").is_null());
}

}  // namespace
}  // namespace skein::api
