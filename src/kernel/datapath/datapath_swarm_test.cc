// Real packets between containers of several hosts: what a user of the network sees of the data path.
#include <linux/if_tun.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "kernel/bpf/maps.h"
#include "kernel/testing/swarm.h"

namespace skein::kernel::testing {
namespace {

constexpr uint32_t kBlue = 4097, kGreen = 4098;

// Two hosts with two containers each on one network.
class TwoHosts : public Swarm {
 protected:
  void build(bool uses_clsact = false) {
    add_host(true, uses_clsact);
    add_host(true, uses_clsact);
    connect_hosts();
    for (size_t host : {0, 1})
      for (const char* address : host ? std::vector{"10.0.1.4", "10.0.1.5"} : std::vector{"10.0.1.2", "10.0.1.3"})
        add_container(host, kBlue, address);
  }
  const Container& near() { return *containers_[0]; }
  const Container& neighbour() { return *containers_[1]; }
  const Container& far() { return *containers_[2]; }

  void everything_passes() {
    for (const Container* peer : {&neighbour(), &far()}) {
      sh_in(near().netns, "ping -q -c 2 -i 0.01 -W 5 " + peer->address.text());
      sh_in(near().netns, "ping -q -c 1 -s 1422 -M do -W 5 " + peer->address.text());
      for (size_t size_bytes : {60, 1400}) {
        EXPECT_TRUE(echoes(near(), *peer, size_bytes));
        EXPECT_TRUE(echoes(*peer, near(), size_bytes));
        EXPECT_EQ(transfer(connect(near(), *peer), size_bytes), size_bytes);
        EXPECT_EQ(transfer(connect(*peer, near()), size_bytes), size_bytes);
      }
    }
  }
};

// tcx came with Linux 6.6.
bool kernel_has_tcx() {
  utsname kernel{};
  uname(&kernel);
  int major = 0, minor = 0;
  EXPECT_EQ(sscanf(kernel.release, "%d.%d", &major, &minor), 2) << kernel.release;
  return std::pair(major, minor) >= std::pair(6, 6);
}

TEST_F(TwoHosts, containers_reach_each_other_by_ping_udp_and_tcp) {
  build();
  EXPECT_EQ(hosts_[0].path->uses_tcx(), kernel_has_tcx());
  everything_passes();
}

TEST_F(TwoHosts, the_same_holds_on_kernels_without_tcx) {
  build(true);
  everything_passes();
}

TEST_F(TwoHosts, bulk_data_crosses_in_frames_far_larger_than_the_mtu) {
  build();
  constexpr size_t kBytes = 16 * 1024 * 1024;
  EXPECT_EQ(transfer(connect(near(), far()), kBytes), kBytes);
  EXPECT_LT(count(0, "to_remote"), kBytes / 1400 / 2);
  EXPECT_EQ(count(0, "too_big_answered"), 0u);
}

TEST_F(TwoHosts, an_unresolved_next_hop_costs_speed_not_packets) {
  build();
  connect_hosts(1500, false);
  EXPECT_TRUE(echoes(near(), far(), 1400));
  EXPECT_EQ(transfer(connect(near(), far()), 1 << 20), size_t{1} << 20);
  EXPECT_GT(count(0, "to_remote_slow"), 0u);
}

TEST_F(TwoHosts, a_narrower_path_is_told_to_senders_of_datagrams_and_of_streams) {
  build();
  Connection stream = connect(near(), far());
  ASSERT_EQ(transfer(stream, 1 << 20), size_t{1} << 20);
  connect_hosts(1400);

  Fd datagrams = open_socket(near().netns, SOCK_DGRAM);
  int discover = IP_PMTUDISC_DO, yes = 1;
  setsockopt(datagrams.get(), IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover);
  setsockopt(datagrams.get(), IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
  sockaddr_in target = socket_address(far().address, 6000);
  ASSERT_EQ(::connect(datagrams.get(), reinterpret_cast<sockaddr*>(&target), sizeof target), 0);
  std::string message(1400, 'x');
  ASSERT_EQ(send(datagrams.get(), message.data(), message.size(), 0), 1400);
  pollfd waiting{.fd = datagrams.get(), .events = 0};
  ASSERT_EQ(poll(&waiting, 1, 5000), 1);
  int mtu_bytes = 0;
  socklen_t size = sizeof mtu_bytes;
  ASSERT_EQ(getsockopt(datagrams.get(), IPPROTO_IP, IP_MTU, &mtu_bytes, &size), 0);
  EXPECT_EQ(mtu_bytes, 1350);

  EXPECT_EQ(transfer(connect(near(), far()), 1 << 20), size_t{1} << 20);
  EXPECT_EQ(transfer(stream, 1 << 20), size_t{1} << 20);
}

TEST_F(TwoHosts, streams_learn_of_a_narrower_path_in_the_middle) {
  build();
  Connection stream = connect(near(), far());
  ASSERT_EQ(transfer(stream, 1 << 20), size_t{1} << 20);
  connect_hosts(1400);
  EXPECT_EQ(transfer(stream, 1 << 20), size_t{1} << 20);
  EXPECT_GT(count(0, "too_big_answered"), 0u);
}

TEST_F(TwoHosts, multicast_and_broadcast_reach_all_members_once) {
  build();
  struct Member {
    const Container* container;
    Fd fd;
  };
  std::vector<Member> members;
  for (const auto& container : containers_) {
    members.push_back({container.get(), open_socket(container->netns, SOCK_DGRAM)});
    int fd = members.back().fd.get(), yes = 1, no = 0;
    sockaddr_in any = socket_address({}, 6000);
    ip_mreqn group{.imr_multiaddr = {htonl(ip("239.1.2.3").value)},
                   .imr_address = {htonl(container->address.value)},
                   .imr_ifindex = 0};
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &no, sizeof no);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    ASSERT_EQ(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group), 0);
  }
  for (const char* target : {"239.1.2.3", "10.0.1.255"}) {
    sockaddr_in address = socket_address(ip(target), 6000);
    std::string message(1400, 'm');
    for (char mark : {'1', '2'}) {
      message[0] = mark;
      ASSERT_EQ(sendto(members[0].fd.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&address),
                       sizeof address),
                1400);
    }
    char buffer[2000];
    for (size_t i = 1; i < members.size(); ++i)
      for (char mark : {'1', '2'}) {  // a second copy of the first would come before the second
        ASSERT_TRUE(is_readable(members[i].fd.get())) << target << " to " << members[i].container->address.text();
        ASSERT_EQ(recv(members[i].fd.get(), buffer, sizeof buffer, 0), 1400);
        EXPECT_EQ(buffer[0], mark);
      }
  }
}

TEST_F(TwoHosts, networks_with_equal_addresses_stay_apart) {
  build();
  const Container& green_near = add_container(0, kGreen, "10.0.1.2");
  const Container& green_far = add_container(1, kGreen, "10.0.1.4");
  add_container(1, kGreen, "10.0.1.77");
  net::UdpSocket blue_server(far().netns, far().address, 6000), green_server(green_far.netns, green_far.address, 6000);
  net::UdpSocket blue(near().netns, near().address, 5000), green(green_near.netns, green_near.address, 5000);
  ASSERT_TRUE(blue.send(far().address, 6000, "blue") && green.send(green_far.address, 6000, "green"));
  EXPECT_EQ(blue_server.receive()->message, "blue");
  EXPECT_EQ(green_server.receive()->message, "green");

  uint64_t before = count(0, "drop_arp_unknown");
  blue.send(ip("10.0.1.77"), 6000, "whoever");  // only in green
  EXPECT_GT(count(0, "drop_arp_unknown"), before);
}

TEST_F(TwoHosts, what_is_outside_the_network_is_the_hosts_business) {
  build();
  sh_in(hosts_[0].netns, "ip route add 10.0.1.2/32 dev c1");
  sh_in(hosts_[0].netns, "ip neigh add 10.0.1.2 lladdr 02:42:0a:00:01:02 dev c1");
  net::UdpSocket client(near().netns, near().address, 5000), server(hosts_[0].netns, ip("192.0.2.1"), 6000);
  ASSERT_TRUE(client.send(ip("192.0.2.1"), 6000, "there"));
  auto received = server.receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->source, near().address);
  ASSERT_TRUE(server.send(near().address, 5000, "back"));
  EXPECT_EQ(client.receive()->message, "back");
}

TEST_F(TwoHosts, a_plain_kernel_vxlan_device_is_a_full_peer) {
  build();
  add_host(false);
  connect_hosts();
  Host& peer = hosts_[2];
  sh_in(peer.netns,
        "ip link add vx0 address 02:42:0a:00:01:09 type vxlan id 4097 dstport 4789 local 192.0.2.3 udpcsum");
  sh_in(peer.netns, "ip addr add 10.0.1.9/24 dev vx0");
  sh_in(peer.netns, "ip link set vx0 mtu 1450 up");
  for (const char* host : {"192.0.2.1", "192.0.2.2"})  // asks them all, as nobody told it of anything
    sh_in(peer.netns, std::string("bridge fdb append 00:00:00:00:00:00 dev vx0 dst ") + host);
  Container endpoint{peer.netns, "vx0", 2, Vni{kBlue}, ip("10.0.1.9")};
  announce(endpoint);

  for (const Container* container : {&near(), &far()}) {
    sh_in(peer.netns, "ping -q -c 2 -i 0.01 -W 5 " + container->address.text());
    sh_in(container->netns, "ping -q -c 1 -s 1422 -M do -W 5 10.0.1.9");
    for (size_t size_bytes : {60, 1400}) EXPECT_TRUE(echoes(*container, endpoint, size_bytes));
    EXPECT_EQ(transfer(connect(*container, endpoint), 1 << 20), size_t{1} << 20);
    EXPECT_EQ(transfer(connect(endpoint, *container), 1 << 20), size_t{1} << 20);
  }
  EXPECT_EQ(count(0, "arp_answered_remote"), 1u);
  EXPECT_EQ(count(1, "arp_answered_remote"), 1u);
}

// The cable between two tun devices.
class Cable {
 public:
  Cable(Fd left, Fd right) : process_(fork()) {
    if (process_ == 0) carry(left.get(), right.get());
  }
  ~Cable() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

 private:
  [[noreturn]] static void carry(int left, int right) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pollfd ends[] = {{left, POLLIN, 0}, {right, POLLIN, 0}};
    char packet[4096];
    while (poll(ends, 2, -1) > 0)
      for (int i : {0, 1})
        if (ends[i].revents & POLLIN)
          if (ssize_t size = read(ends[i].fd, packet, sizeof packet); size > 0)
            if (write(ends[1 - i].fd, packet, static_cast<size_t>(size)) < 0) continue;  // lost, as on a cable
    _exit(0);
  }
  pid_t process_;
};

TEST_F(TwoHosts, an_underlay_without_link_layer_carries_everything_as_well) {
  build();
  std::vector<Fd> tuns;
  for (Host& host : hosts_) {
    inside(host, [&] {
      tuns.emplace_back(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
      ifreq request{};
      strcpy(request.ifr_name, "t0");
      request.ifr_flags = IFF_TUN | IFF_NO_PI;
      ASSERT_EQ(ioctl(tuns.back().get(), TUNSETIFF, &request), 0) << strerror(errno);
      sh("ip link set t0 up");
      ASSERT_TRUE(host.path->attach_underlay(if_nametoindex("t0")).ok());
    });
    host.underlay = index(host.netns, "t0");
    host.underlay_mac = {};
  }
  Cable cable(std::move(tuns[0]), std::move(tuns[1]));
  connect_hosts(1500, false);
  everything_passes();
  EXPECT_EQ(count(0, "to_remote_slow"), 0u);

  Fd client = open_socket(near().netns, SOCK_DGRAM);
  net::UdpSocket server(far().netns, {}, 6000);
  sockaddr_in everybody = socket_address({~0u}, 6000);
  int yes = 1;
  setsockopt(client.get(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
  ASSERT_EQ(sendto(client.get(), "all", 3, 0, reinterpret_cast<sockaddr*>(&everybody), sizeof everybody), 3);
  auto received = server.receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->message, "all");
}

TEST_F(TwoHosts, a_container_without_configuration_is_cut_off) {
  build();
  inside(hosts_[0], [&] {
    uint32_t veth = if_nametoindex("c1");
    std::string key;
    for (int i = 0; i < 4; ++i) key += " " + std::to_string(veth >> 8 * i & 0xff);
    sh("bpftool map delete pinned " + directory_ + "/bpf1/v" + std::to_string(SKEIN_LAYOUT) + "/attachments key" + key);
  });
  net::UdpSocket client(near().netns, near().address, 5000);
  client.send(neighbour().address, 6000, "anybody?");
  EXPECT_GT(count(0, "drop_unconfigured"), 0u);
}

TEST_F(TwoHosts, killing_and_replacing_the_daemon_loses_no_packet) {
  build();
  hosts_[0].path.reset();  // from here on other processes hold it, or nobody
  std::string output = directory_ + "/ping";
  pid_t ping = fork();
  if (ping == 0) {
    std::string command = "nsenter --net=" + near().netns + " ping -q -i 0.005 -c 300 -W 5 " + far().address.text() +
                          " > " + output + " 2>&1";
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  for (int i = 0; i < 5; ++i) {
    int loaded[2];
    ASSERT_EQ(pipe2(loaded, O_CLOEXEC), 0);
    pid_t daemon = fork();
    if (daemon == 0) {
      inside(hosts_[0], [&] {
        load(hosts_[0], "bpf1");
        bool is_complete = hosts_[0].path && hosts_[0].path->attach_underlay(hosts_[0].underlay).ok();
        if (is_complete && write(loaded[1], "!", 1) == 1) pause();
      });
      _exit(1);
    }
    close(loaded[1]);
    EXPECT_TRUE(is_readable(loaded[0], 20000));
    char mark = 0;
    EXPECT_EQ(read(loaded[0], &mark, 1), 1);
    close(loaded[0]);
    kill(daemon, SIGKILL);
    ASSERT_EQ(waitpid(daemon, nullptr, 0), daemon);
  }
  int status = 0;
  ASSERT_EQ(waitpid(ping, &status, 0), ping);
  std::string report = sh("cat " + output);
  EXPECT_NE(report.find("300 received, 0% packet loss"), std::string::npos) << report;
}

}  // namespace
}  // namespace skein::kernel::testing
