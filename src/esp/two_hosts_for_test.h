// For tests: two hosts with a worker each, joined by an underlay of MTU 1500, and a container on each, in namespaces of
// their own. Needs root.
//
//   container "ca" 10.0.0.1 -- TAP, worker -- host "ha" 10.99.0.1 ==== 10.99.0.2 "hb" -- worker, TAP -- 10.0.0.2 "cb"
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "base/addresses_for_test.h"
#include "esp/control/control_client.h"
#include "esp/crypto/key_for_test.h"
#include "esp/packet/outer.h"

namespace skein::esp {

constexpr auto kPatience = std::chrono::seconds(20);

// A process of skein-espd. Killed with its owner.
class EspProcess {
 public:
  EspProcess(const std::string& namespace_path, const std::string& name, const std::string& folder)
      : socket_path_(folder + "/" + name + ".sock") {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "skein-espd";
    const std::string state = folder + "/" + name + ".state";
    int log[2];
    EXPECT_EQ(pipe2(log, 0), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const int space = open(namespace_path.c_str(), O_RDONLY);
      if (setns(space, CLONE_NEWNET) != 0) _exit(3);
      close(space), close(log[0]);
      dup2(log[1], 2);
      // The search for leaks needs to trace, which this program forbids.
      setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
      execl(program.c_str(), "skein-espd", "--socket", socket_path_.c_str(), "--state", state.c_str(), nullptr);
      _exit(4);
    }
    close(log[1]);
    log_ = Descriptor(log[0]);
    wait_for("event=ready");
  }
  ~EspProcess() { kill_hard(); }
  EspProcess(const EspProcess&) = delete;
  EspProcess& operator=(const EspProcess&) = delete;

  void kill_hard() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  ControlClient client() const { return ControlClient::connect(socket_path_, kPatience).value(); }
  void apply(const Config& config) const {
    auto applied = client().apply(config);
    EXPECT_TRUE(applied.ok()) << applied.error().text();
  }
  Status status() const { return client().status().value(); }
  pid_t pid() const { return pid_; }

 private:
  void wait_for(const std::string& word) {
    std::string seen;
    char bytes[512];
    while (seen.find(word) == std::string::npos) {
      const ssize_t got = read(log_.get(), bytes, sizeof bytes);
      ASSERT_GT(got, 0) << "skein-espd ended: " << seen;
      seen.append(bytes, static_cast<size_t>(got));
    }
  }

  std::string socket_path_;
  Descriptor log_;
  pid_t pid_ = -1;
};

class TwoHosts : public testing::Test {
 protected:
  void SetUp() override {
    home_network_ = Descriptor(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    home_mounts_ = Descriptor(open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
    home_folder_ = Descriptor(open(".", O_PATH | O_CLOEXEC));
    char path[] = "/tmp/skein-esp-XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    folder_ = path;
    ASSERT_EQ(unshare(CLONE_NEWNS | CLONE_NEWNET), 0) << "needs root";
    ASSERT_EQ(mount("", "/", "none", MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(mount("none", path, "tmpfs", 0, nullptr), 0);
    std::filesystem::create_directories("/run/netns");
    ASSERT_EQ(mount("none", "/run/netns", "tmpfs", 0, nullptr), 0);
    for (const char* name : {"ha", "hb", "ca", "cb"})
      sh(std::string("ip netns add ") + name + " && ip -n " + name + " link set lo up");
    sh("ip link add u0 netns ha type veth peer name u0 netns hb");
    make_host("a", 1);
    make_host("b", 2);
  }

  void TearDown() override {
    a_.reset(), b_.reset();
    ASSERT_EQ(setns(home_network_.get(), CLONE_NEWNET), 0);
    ASSERT_EQ(unshare(CLONE_FS), 0);  // a thread that is just ending may still share the folder, which forbids the next
    ASSERT_EQ(setns(home_mounts_.get(), CLONE_NEWNS), 0);
    ASSERT_EQ(fchdir(home_folder_.get()), 0);
    rmdir(folder_.c_str());
  }

  static std::string path_of(const std::string& space) { return "/run/netns/" + space; }

  static std::string sh(const std::string& command, bool may_fail = false) {
    std::string output;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (!pipe) return "popen failed";
    char part[4096];
    while (size_t size = fread(part, 1, sizeof part, pipe)) output.append(part, size);
    const int status = pclose(pipe);
    EXPECT_TRUE(may_fail || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << command << "\n" << output;
    return output;
  }

  // What is made in it stays there.
  template <class Make>
  auto in_space(const std::string& name, Make make) {
    const Descriptor before(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    const Descriptor space(open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(setns(space.get(), CLONE_NEWNET), 0);
    auto made = make();
    EXPECT_EQ(setns(before.get(), CLONE_NEWNET), 0);
    return made;
  }

  // The TAP device, and as the container's interface a kernel's VXLAN device that reaches the peer by it.
  void make_ways(const std::string& letter, int number) {
    const std::string host = "h" + letter, container = "c" + letter, digit = std::to_string(number);
    sh("ip netns exec " + host + " ip tuntap add esp0 mode tap multi_queue vnet_hdr && ip -n " + host +
       " link set esp0 address " + kTapMac.text() + " mtu 9000 up && ip netns exec " + host +
       " sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.esp0.rp_filter=0");
    const std::string peer = "10.99.0." + std::to_string(3 - number);
    sh("ip -n " + host + " route add " + peer + " dev esp0 metric 100 && ip -n " + host + " neigh add " + peer +
       " lladdr 02:00:00:00:00:01 dev esp0");
    sh("ip -n " + host + " link add c0 mtu 1400 address 02:42:0a:00:00:0" + digit +
       " type vxlan id 4097 local 10.99.0." + digit + " remote " + peer + " dstport 4789 noudpcsum dev esp0 && ip -n " +
       host + " link set c0 netns " + container + " && ip -n " + container + " link set c0 up && ip -n " + container +
       " addr add 10.0.0." + digit + "/24 dev c0");
  }

  void make_host(const std::string& letter, int number) {
    const std::string host = "h" + letter, container = "c" + letter;
    sh("ip -n " + host + " addr add 10.99.0." + std::to_string(number) + "/24 dev u0 && ip -n " + host +
       " link set u0 up");
    // Nothing but what tests send.
    for (const std::string& space : {host, container})
      sh("ip netns exec " + space +
         " sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    sh("ip -n " + host + " route add 10.99.0." + std::to_string(3 - number) + " dev u0 metric 1");
    make_ways(letter, number);
  }

  void start_a() { a_ = std::make_unique<EspProcess>(path_of("ha"), "a", folder_); }
  void start_b() { b_ = std::make_unique<EspProcess>(path_of("hb"), "b", folder_); }

  // `keys` from the oldest: each is an SA in both directions. Sends with the key at `out`.
  static Config config_of(int number, const Peer& form, const std::vector<uint8_t>& keys, size_t out) {
    const uint32_t to_peer = number == 1 ? 0x1000 : 0x2000, from_peer = 0x3000 - to_peer;
    Config config{.tap = "esp0", .local = ip("10.99.0." + std::to_string(number))};
    Peer peer = form;
    peer.address = ip("10.99.0." + std::to_string(3 - number));
    peer.out = Sa{to_peer + keys[out], key_of(keys[out])};
    for (uint8_t key : keys) peer.in.push_back({from_peer + key, key_of(key)});
    config.peers = {peer};
    return config;
  }

  void start_both(const Peer& form) {
    start_a(), start_b();
    a_->apply(config_of(1, form, {1}, 0));
    b_->apply(config_of(2, form, {1}, 0));
  }

  void expect_ping(const std::string& container, const std::string& target) {
    sh("ip netns exec " + container + " ping -c 1 -w 20 " + target);
  }

  Descriptor socket_in(const std::string& space, int type, const char* address, uint16_t port) {
    return in_space(space, [&] {
      Descriptor made(socket(AF_INET, type | SOCK_CLOEXEC, 0));
      const sockaddr_in own = socket_address(address, port);
      EXPECT_EQ(bind(made.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0) << strerror(errno);
      const timeval limit{.tv_sec = kPatience.count(), .tv_usec = 0};
      setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      setsockopt(made.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      const int bytes = 8 << 20;
      setsockopt(made.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
      return made;
    });
  }

  static sockaddr_in socket_address(const char* address, uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    result.sin_addr.s_addr = htonl(ip(address).value);
    return result;
  }

  std::string folder_;
  std::unique_ptr<EspProcess> a_, b_;

 private:
  Descriptor home_network_, home_mounts_, home_folder_;
};

}  // namespace skein::esp
