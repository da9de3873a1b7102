#include "kernel/bpf/hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/bpf/pins.h"
#include "kernel/net/links/namespace.h"

namespace skein::kernel::bpf {
namespace {

using net::Fd;

// From linux/bpf.h of Linux 6.6, which build machines may not have.
constexpr uint32_t kTcxIngress = 46;
struct TcxLinkInfo {
  uint32_t type, id, program, reserved, interface, attach_type;
};

// Ours among the filters of a clsact qdisc.
constexpr uint32_t kFilterHandle = 1;
constexpr uint32_t kFilterPriority = 1;

constexpr uint32_t kNoSuchInterface = 0x7fffffff;

int create_tcx_link(uint32_t interface, int program) {
  bpf_attr attributes;
  memset(&attributes, 0, sizeof(attributes));
  attributes.link_create.prog_fd = static_cast<uint32_t>(program);
  attributes.link_create.target_ifindex = interface;
  attributes.link_create.attach_type = kTcxIngress;
  return static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes)));
}

// A link whose interface is gone stays as a husk with interface 0.
bool is_link_of(int link, uint32_t interface) {
  TcxLinkInfo info{};
  uint32_t size_bytes = sizeof(info);
  return bpf_obj_get_info_by_fd(link, &info, &size_bytes) == 0 && info.interface == interface;
}

Error failure(const std::string& what, uint32_t interface) {
  Code code = errno == ENODEV || errno == ENXIO ? Code::kNotFound
              : errno == EPERM                  ? Code::kPermissionDenied
                                                : Code::kInternal;
  return make_error(code, what + " interface " + std::to_string(interface), strerror(errno));
}

bpf_tc_hook clsact_of(uint32_t interface) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = static_cast<int>(interface);
  hook.attach_point = BPF_TC_INGRESS;
  return hook;
}

bool exists(uint32_t interface) {
  char name[IF_NAMESIZE];
  return if_indextoname(interface, name) != nullptr;
}

}  // namespace

bool has_tcx(int program) {
  Fd link(create_tcx_link(kNoSuchInterface, program));
  return errno == ENODEV;  // older kernels refuse the attach type first, with EINVAL
}

Result<void> Hooks::attach(uint32_t interface, int program, Device device) {
  if (uses_tcx_ && device == Device::kOfHost) {
    SKEIN_TRY(attach_tcx(interface, program));
  } else {
    SKEIN_TRY(attach_clsact(interface, program));
    detach_tcx(interface);
  }
  retire_other_layouts(pin_directory_, interface);
  return {};
}

Result<void> Hooks::attach_tcx(uint32_t interface, int program) {
  if (Fd before(bpf_obj_get(link_pin(pin_directory_, interface).c_str())); before) {
    if (is_link_of(before.get(), interface) && bpf_link_update(before.get(), program, nullptr) == 0) return {};
    unlink(link_pin(pin_directory_, interface).c_str());
  }
  Fd link(create_tcx_link(interface, program));
  if (!link) return failure("attach a program to", interface);
  if (bpf_obj_pin(link.get(), link_pin(pin_directory_, interface).c_str()) != 0)
    return failure("pin the program of", interface);
  return {};
}

Result<void> Hooks::attach_clsact(uint32_t interface, int program) {
  bpf_tc_hook hook = clsact_of(interface);
  int failed = bpf_tc_hook_create(&hook);
  if (failed != 0 && failed != -EEXIST) return errno = -failed, failure("put a clsact qdisc on", interface);
  LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program, .flags = BPF_TC_F_REPLACE, .handle = kFilterHandle,
              .priority = kFilterPriority);
  failed = bpf_tc_attach(&hook, &options);
  if (failed != 0) return errno = -failed, failure("attach a program to", interface);
  return {};
}

void Hooks::detach_tcx(uint32_t interface) {
  Fd link(bpf_obj_get(link_pin(pin_directory_, interface).c_str()));
  if (!link) return;
  if (is_link_of(link.get(), interface)) bpf_link_detach(link.get());
  unlink(link_pin(pin_directory_, interface).c_str());
}

Result<void> Hooks::detach(uint32_t interface, Device device) {
  detach_tcx(interface);
  if (uses_tcx_ && device == Device::kOfHost) return {};
  if (!exists(interface)) return {};
  bpf_tc_hook hook = clsact_of(interface);
  LIBBPF_OPTS(bpf_tc_opts, options, .handle = kFilterHandle, .priority = kFilterPriority);
  int failed = bpf_tc_detach(&hook, &options);
  if (failed != 0 && failed != -ENOENT && failed != -EINVAL) return errno = -failed, failure("detach from", interface);
  return {};  // EINVAL: there is no clsact qdisc
}

}  // namespace skein::kernel::bpf
