// Life of the data path: loading, adopting, attaching, its tables, and being removed without a trace.
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include <filesystem>

#include "kernel/bpf/hooks.h"
#include "kernel/bpf/maps.h"
#include "kernel/testing/data_path_host.h"

namespace skein::kernel::testing {
namespace {

class DataPathLife : public DataPathHost {
 protected:
  // At ingress: filters, and tcx links, which Debian's bpftool does not know, where the kernel has them.
  static size_t programs_on(const char* interface, bool has_tcx) {
    std::string filters = sh(std::string("tc filter show dev ") + interface + " ingress");
    size_t count = 0;
    for (size_t at = 0; (at = filters.find("direct-action", at)) != std::string::npos; ++at) ++count;
    return count + (has_tcx ? tcx_on(interface) : 0);
  }
  static size_t tcx_on(const char* interface) {
    bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.query.target_fd = if_nametoindex(interface);
    attributes.query.attach_type = 46;
    EXPECT_EQ(syscall(SYS_bpf, BPF_PROG_QUERY, &attributes, sizeof attributes), 0) << strerror(errno);
    return attributes.query.prog_cnt;
  }
};

TEST_F(DataPathLife, what_was_written_is_read_back) {
  DataPathState state = path_->observe().value();
  EXPECT_EQ(state.data_path_address, ip("192.0.2.1"));
  EXPECT_EQ(state.data_path_port, 4789);
  EXPECT_EQ(state.attached, (std::map<uint32_t, EndpointConfig>{{index("red"), red()}}));
  EXPECT_EQ(state.underlays, std::set<uint32_t>{index("under")});
  EXPECT_EQ(state.endpoints, entries());
  plan::HostPath path{index("under"), ip("192.0.2.1"), under_mac_, kFarHostMac, 1500};
  EXPECT_EQ(state.hosts, (std::map<Ipv4, plan::HostPath>{{ip("192.0.2.2"), path}}));
  plan::FloodList list{{"red", "blue"}, {ip("192.0.2.2")}};
  EXPECT_EQ(state.floods, (std::map<Vni, plan::FloodList>{{kNetwork, list}}));
}

TEST_F(DataPathLife, a_new_process_adopts_all_and_keeps_counting) {
  DataPathState before = path_->observe().value();
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.3"), udp(1, 2, {}))), "to_local");
  load();
  DataPathState after = path_->observe().value();
  EXPECT_EQ(after.endpoints, before.endpoints);
  EXPECT_EQ(after.hosts, before.hosts);
  EXPECT_EQ(after.floods, before.floods);
  EXPECT_EQ(after.attached, before.attached);
  EXPECT_EQ(after.underlays, before.underlays);
  EXPECT_EQ(count("to_local"), 1u);
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.3"), udp(1, 2, {}))), "to_local");
}

TEST_F(DataPathLife, interfaces_that_went_away_meanwhile_are_forgotten) {
  path_.reset();
  sh("ip link del red");
  load();
  EXPECT_TRUE(path_->observe()->attached.empty());
  EXPECT_EQ(path_->observe()->endpoints.at({kNetwork, ip("10.0.1.2")}).host_interface.front(), '#');
}

TEST_F(DataPathLife, deleting_detaching_and_repeating_are_no_errors) {
  EXPECT_TRUE(path_->attach_endpoint(index("red"), red()).ok());
  EXPECT_TRUE(path_->attach_underlay(index("under")).ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(path_->set_endpoints({}, {{kNetwork, ip("10.0.1.2")}, {kNetwork, ip("10.0.1.4")}}).ok());
    EXPECT_TRUE(path_->set_hosts({}, {ip("192.0.2.2")}).ok());
    EXPECT_TRUE(path_->set_floods({}, {kNetwork}).ok());
    EXPECT_TRUE(path_->detach(index("red")).ok());
    EXPECT_TRUE(path_->detach(index("under")).ok());
  }
  DataPathState state = path_->observe().value();
  EXPECT_EQ(state.endpoints.size(), 1u);
  EXPECT_TRUE(state.hosts.empty() && state.floods.empty() && state.attached.empty() && state.underlays.empty());
  EXPECT_EQ(path_->try_packet(index("red"), from_red(ip("10.0.1.3"), {})).error().code, Code::kNotFound);
}

TEST_F(DataPathLife, a_missing_interface_is_named_and_keeps_no_other_entry_from_being_written) {
  auto wanted = entries();
  wanted.at({kNetwork, ip("10.0.1.3")}).host_interface = "gone";
  wanted.at({kNetwork, ip("10.0.1.4")}).mac = mac("10.0.1.44");
  auto written = path_->set_endpoints(wanted, {});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Code::kNotFound);
  EXPECT_NE(written.error().text().find("gone"), std::string::npos);
  EXPECT_EQ(path_->observe()->endpoints.at({kNetwork, ip("10.0.1.4")}).mac, mac("10.0.1.44"));
  EXPECT_EQ(path_->set_floods({{kNetwork, {{"gone", "red"}, {}}}}, {}).error().code, Code::kNotFound);
  EXPECT_EQ(path_->observe()->floods.at(kNetwork).local_interfaces, std::set<std::string>{"red"});
  EXPECT_EQ(path_->attach_endpoint(9999, red()).error().code, Code::kNotFound);
  EXPECT_EQ(path_->attach_underlay(9999).error().code, Code::kNotFound);
}

TEST_F(DataPathLife, more_receivers_than_the_limit_are_cut_not_refused) {
  plan::FloodList list;
  for (uint32_t i = 0; i < 300; ++i) list.hosts.insert(Ipv4{ip("192.0.3.0").value + i});
  ASSERT_TRUE(path_->set_floods({{kNetwork, list}}, {}).ok());
  EXPECT_EQ(path_->observe()->floods.at(kNetwork).hosts.size(), 256u);
}

TEST_F(DataPathLife, ten_thousand_endpoints_are_a_matter_of_one_call) {
  std::map<plan::EndpointKey, plan::EndpointEntry> many;
  for (uint32_t i = 0; i < 10000; ++i)
    many[{kNetwork, Ipv4{ip("10.1.0.0").value + i}}] = {plan::EndpointEntry::Where::kRemote, {}, "", ip("192.0.2.2")};
  ASSERT_TRUE(path_->set_endpoints(many, {}).ok());
  EXPECT_EQ(path_->observe()->endpoints.size(), 10003u);
}

// By tcx a program gets along with others', by a filter it is attached without keeping the kernel's lock for long.
TEST_F(DataPathLife, own_devices_have_filters_and_those_of_the_host_tcx_links) {
  if (!path_->uses_tcx()) GTEST_SKIP() << "this kernel has no tcx";
  EXPECT_EQ(tcx_on("red"), 0u);
  EXPECT_EQ(programs_on("red", true), 1u);
  EXPECT_EQ(tcx_on("under"), 1u);
  EXPECT_EQ(programs_on("under", true), 1u);
}

// Earlier versions attached to own devices by tcx, too.
TEST_F(DataPathLife, a_link_of_an_earlier_version_is_detached_once_the_filter_is_there) {
  if (!path_->uses_tcx()) GTEST_SKIP() << "this kernel has no tcx";
  const bpf_insn leave_alone[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1}, {.code = BPF_JMP | BPF_EXIT}};
  net::Fd program(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "earlier", "GPL", leave_alone, 2, nullptr));
  ASSERT_TRUE(program) << strerror(errno);
  bpf::Hooks earlier(directory_ + "/bpf/v" + std::to_string(SKEIN_LAYOUT), true);
  ASSERT_TRUE(earlier.attach(index("red"), program.get(), bpf::Device::kOfHost).ok());
  ASSERT_EQ(tcx_on("red"), 1u);
  path_.reset();
  load();
  EXPECT_EQ(tcx_on("red"), 0u);
  EXPECT_EQ(programs_on("red", true), 1u);
  EXPECT_EQ(reason("red", from_red(ip("10.0.1.3"), udp(1, 2, {}))), "to_local");
}

TEST_F(DataPathLife, programs_of_another_layout_serve_until_ours_are_attached) {
  path_.reset();
  std::string pins = directory_ + "/bpf";
  ASSERT_EQ(rename((pins + "/v" + std::to_string(SKEIN_LAYOUT)).c_str(), (pins + "/v0").c_str()), 0) << strerror(errno);
  load();
  EXPECT_TRUE(path_->observe()->endpoints.empty());
  EXPECT_EQ(programs_on("red", path_->uses_tcx()), 1u);
  ASSERT_TRUE(path_->attach_endpoint(index("red"), red()).ok());
  EXPECT_EQ(programs_on("red", path_->uses_tcx()), 1u);
  // The underlay's link is still needed; a filter holds its program by itself.
  EXPECT_EQ(std::filesystem::exists(pins + "/v0"), path_->uses_tcx());
  sh("ip link del under");
  ASSERT_TRUE(path_->attach_endpoint(index("red"), red()).ok());
  EXPECT_FALSE(std::filesystem::exists(pins + "/v0"));
}

TEST_F(DataPathLife, removal_leaves_neither_programs_nor_pins) {
  bool uses_tcx = path_->uses_tcx();
  ASSERT_TRUE(path_->remove().ok());
  path_.reset();
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/bpf/v" + std::to_string(SKEIN_LAYOUT)));
  EXPECT_EQ(programs_on("red", uses_tcx), 0u);
}

TEST_F(DataPathLife, a_kernel_without_tcx_is_served_by_clsact) {
  ASSERT_TRUE(path_->remove().ok());
  load(true);
  EXPECT_FALSE(path_->uses_tcx());
  for (int i = 0; i < 2; ++i) {  // the second time replaces
    ASSERT_TRUE(path_->attach_endpoint(index("red"), red()).ok());
    ASSERT_TRUE(path_->attach_underlay(index("under")).ok());
    std::string filters = sh("tc filter show dev red ingress");
    EXPECT_NE(filters.find("from_container"), std::string::npos) << filters;
    EXPECT_EQ(filters.find("direct-action"), filters.rfind("direct-action")) << filters;
    load(true);
  }
  ASSERT_TRUE(path_->detach(index("red")).ok());
  ASSERT_TRUE(path_->detach(index("red")).ok());
  ASSERT_TRUE(path_->detach(index("blue")).ok());  // never had one
  EXPECT_EQ(sh("tc filter show dev red ingress").find("from_container"), std::string::npos);
}

}  // namespace
}  // namespace skein::kernel::testing
