// For tests: joins an interface with a TAP device, so that what comes in at the one leaves at the other with the tag of
// a pair, and back without it. Two BPF programs of a few instructions do it, loaded without a compiler: kernels without
// VLAN devices still know tags. They live as long as the interfaces.
#pragma once

#include <linux/bpf.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace skein::esp {

inline bpf_insn move_constant(uint8_t target, int32_t value) {
  return {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = target, .imm = value};
}
inline bpf_insn call(int32_t helper) { return {.code = BPF_JMP | BPF_CALL, .imm = helper}; }
inline bpf_insn leave() { return {.code = BPF_JMP | BPF_EXIT}; }

// bpf_redirect(index, 0) as the last word.
inline void append_redirect(std::vector<bpf_insn>& code, unsigned index) {
  code.insert(code.end(),
              {move_constant(1, static_cast<int32_t>(index)), move_constant(2, 0), call(BPF_FUNC_redirect), leave()});
}

// False if the kernel refuses.
inline bool attach_at_ingress(unsigned index, const std::vector<bpf_insn>& code) {
  constexpr uint32_t kTcxIngress = 46;
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  load.insns = reinterpret_cast<uint64_t>(code.data());
  load.insn_cnt = static_cast<uint32_t>(code.size());
  load.license = reinterpret_cast<uint64_t>("GPL");
  const Descriptor program(static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load)));
  if (!program) return false;
  bpf_attr attach{};
  attach.target_fd = index;
  attach.attach_bpf_fd = static_cast<uint32_t>(program.get());
  attach.attach_type = kTcxIngress;
  return syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) == 0;
}

// In the caller's network namespace.
inline bool join_by_tag(const std::string& interface, const std::string& tap, uint16_t tag) {
  const unsigned interface_index = if_nametoindex(interface.c_str()), tap_index = if_nametoindex(tap.c_str());
  std::vector<bpf_insn> push = {move_constant(2, 0x0081), move_constant(3, tag), call(BPF_FUNC_skb_vlan_push)};
  append_redirect(push, tap_index);
  std::vector<bpf_insn> pop = {call(BPF_FUNC_skb_vlan_pop)};
  append_redirect(pop, interface_index);
  return attach_at_ingress(interface_index, push) && attach_at_ingress(tap_index, pop);
}

}  // namespace skein::esp
