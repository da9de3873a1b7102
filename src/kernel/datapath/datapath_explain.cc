// What the data path says about itself: counts per exit, and the verdict on a single frame.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <numeric>
#include <vector>

#include "kernel/bpf/datapath.skel.h"
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

namespace {

Error not_tried(uint32_t interface, Code code, const char* why) {
  return make_error(code, "try a packet on interface " + std::to_string(interface), why);
}

Result<Verdict> run(int program, uint32_t interface, std::span<const uint8_t> frame) {
  __sk_buff before{}, after{};
  before.ifindex = interface;
  Verdict verdict;
  verdict.frame.resize(kFrameBytesMax);
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = verdict.frame.data(),
              .data_size_in = static_cast<uint32_t>(frame.size()), .data_size_out = kFrameBytesMax, .ctx_in = &before,
              .ctx_out = &after, .ctx_size_in = sizeof(before), .ctx_size_out = sizeof(after));
  if (bpf_prog_test_run_opts(program, &options) != 0)
    return not_tried(interface, Code::kInvalidArgument, strerror(errno));

  verdict.frame.resize(options.data_size_out);
  verdict.action = action_of(options.retval);
  verdict.reason = after.cb[0] < SKEIN_REASON_COUNT ? kReasonNames[after.cb[0]] : "";
  verdict.target_interface = after.cb[1];
  return verdict;
}

// What the programs only read; all other tables they change as well.
constexpr std::array<std::string_view, 7> kRead = {"attachments", "endpoints", "backends", "hosts",
                                                   "ports",       "mesh",      "settings"};

using Bytes = std::vector<uint8_t>;

// All rows; of what comes or goes meanwhile, some.
Result<void> copy_rows(const bpf_map* from, const bpf_map* to, const std::function<void(uint8_t*)>& change) {
  const size_t key_bytes = bpf_map__key_size(from), value_bytes = bpf_map__value_size(from);
  Bytes key(key_bytes), next(key_bytes), value(value_bytes);
  const uint8_t* before = nullptr;
  while (bpf_map_get_next_key(bpf_map__fd(from), before, next.data()) == 0) {
    std::swap(key, next);
    before = key.data();
    if (bpf_map_lookup_elem(bpf_map__fd(from), key.data(), value.data()) != 0) continue;
    change(value.data());
    if (bpf_map_update_elem(bpf_map__fd(to), key.data(), value.data(), BPF_ANY) != 0)
      return make_error(Code::kInternal, std::string("copy the table of ") + bpf_map__name(from), strerror(errno));
  }
  return {};
}

void take_receivers_out(uint8_t* value) {
  skein_flood flood;
  memcpy(&flood, value, sizeof flood);
  flood.local_count = flood.host_count = 0;
  memcpy(value, &flood, sizeof flood);
}

Result<void> copy_changed(const bpf_object* from, const bpf_object* to) {
  const bpf_map* map;
  bpf_object__for_each_map(map, from) {
    const std::string_view name = bpf_map__name(map);
    if (std::ranges::count(kRead, name) || name == "counters" || name == "mesh_scratch" || bpf_map__is_internal(map))
      continue;
    const auto keep = [](uint8_t*) {};
    const bool is_flood = name == "floods";  // copies would be sent
    SKEIN_TRY(copy_rows(map, bpf_object__find_map_by_name(to, bpf_map__name(map)),
                        is_flood ? std::function<void(uint8_t*)>(take_receivers_out) : keep));
  }
  return {};
}

}  // namespace

Result<Verdict> DataPath::try_packet(uint32_t interface, std::span<const uint8_t> frame) const {
  skein_attachment attachment{};
  if (!state_->attachments.find(interface, &attachment))
    return not_tried(interface, Code::kNotFound, "no program is attached");
  return run(state_->program_for(interface, attachment), interface, frame);
}

Result<Verdict> DataPath::explain(uint32_t interface, std::span<const uint8_t> frame) const {
  State copy;
  copy.skeleton.reset(datapath_bpf__open());
  if (!copy.skeleton) return not_tried(interface, Code::kInternal, strerror(errno));
  for (const std::string_view name : kRead) {
    const int fd = bpf_object__find_map_fd_by_name(state_->skeleton->obj, name.data());
    bpf_map__reuse_fd(bpf_object__find_map_by_name(copy.skeleton->obj, name.data()), fd);
  }
  if (datapath_bpf__load(copy.skeleton.get()) != 0) return not_tried(interface, Code::kInternal, strerror(errno));
  SKEIN_TRY(copy_changed(state_->skeleton->obj, copy.skeleton->obj));
  skein_attachment attachment{};
  if (!state_->attachments.find(interface, &attachment))
    return not_tried(interface, Code::kNotFound, "no program is attached");
  return run(copy.program_for(interface, attachment), interface, frame);
}

}  // namespace skein::kernel
