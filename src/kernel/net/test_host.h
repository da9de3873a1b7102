// For tests: a host of one's own in network and mount namespaces, so that nothing of the machine is seen or touched.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include "base/addresses_for_test.h"
#include "kernel/net/links/namespace.h"
#include "plan/compile.h"

namespace skein::kernel::net {

// The test's thread lives in new network and mount namespaces from SetUp to TearDown. Needs root.
class TestHost : public testing::Test {
 protected:
  void SetUp() override {
    home_network_ = Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    home_mounts_ = Fd(open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
    home_folder_ = Fd(open(".", O_PATH | O_CLOEXEC));
    char path[] = "/tmp/skein-test-XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    directory_ = path;
    ASSERT_EQ(unshare(CLONE_NEWNS | CLONE_NEWNET), 0) << "needs root";
    ASSERT_EQ(mount("", "/", "none", MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(mount("none", path, "tmpfs", 0, nullptr), 0);
    namespaces_ = directory_ + "/netns";
    sh("ip link set lo up");
  }

  // The namespaces end with their last user, and all that was made in them.
  void TearDown() override {
    ASSERT_EQ(setns(home_network_.get(), CLONE_NEWNET), 0);
    ASSERT_EQ(setns(home_mounts_.get(), CLONE_NEWNS), 0);
    ASSERT_EQ(fchdir(home_folder_.get()), 0);  // entering mounts leads to their root
    rmdir(directory_.c_str());
  }

  static std::string sh(const std::string& command) {
    std::string output;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (!pipe) return "popen failed";
    char part[4096];
    while (size_t size = fread(part, 1, sizeof part, pipe)) output.append(part, size);
    int status = pclose(pipe);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << "\n" << output;
    return output;
  }
  static std::string sh_in(const std::string& path, const std::string& command) {
    return sh("nsenter --net=" + path + " " + command);
  }

  std::string make_ns(const std::string& key) { return make_namespace(namespaces_, key).value(); }

  // An outside machine at 192.0.2.2 behind our uplink `up0` 192.0.2.1; returns the path of its namespace.
  std::string make_outside() {
    std::string path = make_ns("outside");
    sh("ip link add up0 type veth peer name eth0 netns " + path + " && ip addr add 192.0.2.1/24 dev up0 && " +
       "ip link set up0 up && ip route add default via 192.0.2.2");
    sh_in(path, "ip addr add 192.0.2.2/24 dev eth0");
    sh_in(path, "ip link set eth0 up");
    // The kernel notes a carrier when it gets round to it, and drops what is sent before.
    int looks = 0;
    while (looks < 2000 && sh("ip -o link show up0").find("state UP") == std::string::npos) ++looks;
    EXPECT_LT(looks, 2000) << "up0 has no carrier";
    return path;
  }

  std::string directory_;   // a tmpfs
  std::string namespaces_;  // for make_namespace

 private:
  Fd home_network_, home_mounts_, home_folder_;
};

inline sockaddr_in socket_address(Ipv4 address, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(address.value);
  return result;
}

// A UDP socket of a namespace.
class UdpSocket {
 public:
  UdpSocket(const std::string& namespace_path, Ipv4 address, uint16_t port) {
    auto opened = run_in_namespace(namespace_path, [&]() -> Result<void> {
      fd_ = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      int yes = 1;
      setsockopt(fd_.get(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
      sockaddr_in own = socket_address(address, port);
      EXPECT_EQ(bind(fd_.get(), reinterpret_cast<sockaddr*>(&own), sizeof own), 0) << strerror(errno);
      return {};
    });
    EXPECT_TRUE(opened.ok());
  }

  // False if the kernel refuses at once.
  bool send(Ipv4 target, uint16_t port, const std::string& message) {
    sockaddr_in address = socket_address(target, port);
    return sendto(fd_.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&address),
                  sizeof address) >= 0;
  }

  struct Datagram {
    std::string message;
    Ipv4 source;
    uint16_t port = 0;
  };
  // The next one to arrive; waits for it, at most some seconds.
  std::optional<Datagram> receive() {
    pollfd waiting{.fd = fd_.get(), .events = POLLIN};
    if (poll(&waiting, 1, 5000) != 1) return std::nullopt;
    char buffer[2048];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    ssize_t received = recvfrom(fd_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (received < 0) return std::nullopt;
    return Datagram{std::string(buffer, static_cast<size_t>(received)), Ipv4{ntohl(from.sin_addr.s_addr)},
                    ntohs(from.sin_port)};
  }

 private:
  Fd fd_;
};

inline plan::NetworkState test_network(uint32_t vni, const char* subnet, const char* gateway) {
  plan::NetworkState network;
  network.vni = Vni{vni};
  network.subnet = Subnet::parse(subnet).value();
  network.gateway = ip(gateway);
  return network;
}

// Its id is 64 times the digit.
inline plan::LocalEndpoint test_endpoint(char digit, const char* address, const std::string& namespace_path) {
  return {std::string(64, digit), namespace_path, "eth0", ip(address), Mac::from_ipv4(ip(address)), true};
}

}  // namespace skein::kernel::net
