// What a service's virtual address costs against its backend's own: one client and one server on two hosts, both ends
// on one CPU, so that the path is what remains. Reads LOAD (the program of bench/load.cc), ROUNDS and EACH (seconds)
// from the environment. Needs root.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "kernel/testing/swarm.h"

namespace skein::kernel::testing {
namespace {

constexpr Vni kNetwork{4097};
constexpr uint32_t kServices = 10000;

std::string environment(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value ? value : otherwise;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class VipBench : public Swarm {
 protected:
  void SetUp() override {
    Swarm::SetUp();
    add_host();
    add_host();
    connect_hosts();
    client_ = &add_container(0, kNetwork.value, "10.0.1.2");
    server_ = &add_container(1, kNetwork.value, "10.0.1.4");
    balance(kNetwork, kVip, {{}, {{server_->address, 1}}});
    std::string serve = "exec nsenter --net=" + server_->netns + " " + load_ + " serve 9000";
    process_ = fork();
    if (process_ == 0) {
      execl("/bin/sh", "sh", "-c", serve.c_str(), nullptr);
      _exit(127);
    }
    std::string once = "nsenter --net=" + client_->netns + " " + load_ + " crr " + server_->address.text() + " 9000 1";
    while (system((once + " >/dev/null 2>&1").c_str()) != 0) std::this_thread::yield();
  }
  void TearDown() override {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    Swarm::TearDown();
  }

  double load(const char* mode, Ipv4 target) {
    return atof(sh_in(client_->netns, load_ + " " + mode + " " + target.text() + " 9000 " + seconds_).c_str());
  }

  void compare(const char* mode, const char* name, const char* when) {
    std::vector<double> direct, vip;
    for (int round = 0; round < rounds_; ++round) {
      direct.push_back(load(mode, server_->address));
      vip.push_back(load(mode, kVip));
    }
    printf("%-28s %-18s %14.0f %14.0f %8.2f\n", name, when, median(direct), median(vip), median(vip) / median(direct));
  }

  void compare_all(const char* when) {
    compare("rr", "TCP request/response, 1/s", when);
    compare("crr", "TCP connections, 1/s", when);
    compare("udp", "UDP 64 bytes, packets/s", when);
    compare("stream", "TCP 1 stream, bit/s", when);
  }

  static inline const Ipv4 kVip = ip("10.0.1.100");
  const std::string load_ =
      "taskset -c " + std::to_string(std::thread::hardware_concurrency() - 1) + " " + environment("LOAD", "load");
  const std::string seconds_ = environment("EACH", "2");
  const int rounds_ = std::max(1, atoi(environment("ROUNDS", "5").c_str()));
  const Container *client_ = nullptr, *server_ = nullptr;
  pid_t process_ = -1;
};

TEST_F(VipBench, virtual_address_against_direct_one) {
  printf("%-28s %-18s %14s %14s %8s\n", "measure", "services", "direct", "vip", "ratio");
  compare_all("1");
  std::map<plan::EndpointKey, plan::ServiceEntry> many;
  for (uint32_t i = 0; i < kServices; ++i)
    many[{kNetwork, Ipv4{ip("10.1.0.0").value + i}}].backends = {{Ipv4{ip("10.2.0.0").value + 2 * i}},
                                                                 {Ipv4{ip("10.2.0.1").value + 2 * i}}};
  auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(hosts_[0].path->set_services(many, {}).ok());
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  compare_all("10,001");
  printf("10,000 services of 2 backends written in %.0f ms\n", took.count());
}

}  // namespace
}  // namespace skein::kernel::testing
