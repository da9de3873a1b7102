// What the data path says about itself: counts per exit, and the verdict on a single frame.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <numeric>

#include "kernel/datapath/datapath_state.h"

namespace skein::kernel {
namespace {

#define SKEIN_REASON_NAME(name, meaning) #name,
constexpr std::array<const char*, SKEIN_REASON_COUNT> kReasonNames = {SKEIN_REASONS(SKEIN_REASON_NAME)};

constexpr size_t kFrameBytesMax = 64 * 1024;

Verdict::Action action_of(uint32_t returned) {
  switch (returned) {
    case TC_ACT_REDIRECT: return Verdict::Action::kRedirect;
    case TC_ACT_SHOT: return Verdict::Action::kDrop;
    default: return Verdict::Action::kPass;
  }
}

}  // namespace

Result<std::map<std::string, uint64_t>> DataPath::counters() const {
  int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return make_error(Code::kInternal, "read the data path's counters", strerror(-cpus));
  std::map<std::string, uint64_t> counters;
  std::vector<uint64_t> per_cpu(static_cast<size_t>(cpus));
  for (uint32_t reason = 0; reason < SKEIN_REASON_COUNT; ++reason) {
    if (bpf_map_lookup_elem(state_->counters_fd(), &reason, per_cpu.data()) != 0)
      return make_error(Code::kInternal, "read the data path's counters", strerror(errno));
    counters[kReasonNames[reason]] = std::accumulate(per_cpu.begin(), per_cpu.end(), uint64_t{0});
  }
  return counters;
}

Result<Verdict> DataPath::try_packet(uint32_t interface, std::span<const uint8_t> frame) const {
  skein_attachment attachment{};
  if (!state_->attachments.find(interface, &attachment))
    return make_error(Code::kNotFound, "try a packet on interface " + std::to_string(interface),
                      "no program is attached");

  __sk_buff before{}, after{};
  before.ifindex = interface;
  Verdict verdict;
  verdict.frame.resize(kFrameBytesMax);
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = verdict.frame.data(),
              .data_size_in = static_cast<uint32_t>(frame.size()), .data_size_out = kFrameBytesMax, .ctx_in = &before,
              .ctx_out = &after, .ctx_size_in = sizeof(before), .ctx_size_out = sizeof(after));
  if (bpf_prog_test_run_opts(state_->program_for(interface, attachment), &options) != 0)
    return make_error(Code::kInvalidArgument, "try a packet on interface " + std::to_string(interface),
                      strerror(errno));

  verdict.frame.resize(options.data_size_out);
  verdict.action = action_of(options.retval);
  verdict.reason = after.cb[0] < SKEIN_REASON_COUNT ? kReasonNames[after.cb[0]] : "";
  verdict.target_interface = after.cb[1];
  return verdict;
}

}  // namespace skein::kernel
