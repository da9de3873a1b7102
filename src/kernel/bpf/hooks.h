// Programs on interfaces: attached where packets come in (tc ingress), replaced without a gap, detached.
//
// On devices of the host by tcx links, pinned so that they outlive the daemon (Linux 6.6): they get along with the
// filters of others. On our own devices, and where there is no tcx, by a filter on a clsact qdisc, which lives with its
// interface: to attach by tcx, the kernel holds its lock of all devices until every processor has forgotten the state
// of before, 10 to 20 ms in which nobody on the host can make a container. Debian 12's libbpf does not know tcx, hence
// the bare system call.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace skein::kernel::bpf {

// Whether this kernel has tcx. `program` is any loaded program of type sched_cls.
bool has_tcx(int program);

enum class Device { kOurs, kOfHost };

class Hooks {
 public:
  Hooks() = default;
  Hooks(std::string pin_directory, bool uses_tcx) : pin_directory_(std::move(pin_directory)), uses_tcx_(uses_tcx) {}

  // Attaches, or puts the program in the place of the one that is attached; one of another layout, or of an earlier
  // version's in the other way, is detached once this one is in force. kNotFound: no such interface.
  Result<void> attach(uint32_t interface, int program, Device device);

  // Succeeds when nothing is attached, or when the interface is gone.
  Result<void> detach(uint32_t interface, Device device);

  bool uses_tcx() const { return uses_tcx_; }

 private:
  Result<void> attach_tcx(uint32_t interface, int program);
  Result<void> attach_clsact(uint32_t interface, int program);
  void detach_tcx(uint32_t interface);

  std::string pin_directory_;
  bool uses_tcx_ = true;
};

}  // namespace skein::kernel::bpf
