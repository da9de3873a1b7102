#include "esp/devices.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "esp/packet/tap_frame.h"

#ifndef TUN_F_USO4  // headers of Linux before 6.2
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

namespace skein::esp {
namespace {

constexpr int kSocketBufferBytes = 4 << 20;

Error os_error(const std::string& what) { return make_error(Code::kUnavailable, what, std::strerror(errno)); }

bool set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// The kernel's limits are for programs without privileges.
void set_buffers(int fd) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBufferBytes))
    set_option(fd, SOL_SOCKET, SO_RCVBUF, kSocketBufferBytes);
  if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, kSocketBufferBytes))
    set_option(fd, SOL_SOCKET, SO_SNDBUF, kSocketBufferBytes);
}

Result<void> bind_to(int fd, Ipv4 local, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(local.value);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return os_error("bind to " + local.text() + " port " + std::to_string(port));
  return {};
}

// Accepts the whole packet if the source's last octet, modulo `count`, is `index`.
Result<void> keep_share(int fd, unsigned index, unsigned count) {
  std::array<sock_filter, 5> code{{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 15),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, index, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0x40000),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  sock_fprog program{code.size(), code.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    return os_error("raw socket's filter");
  return {};
}

}  // namespace

Result<Descriptor> open_tap_queue(const std::string& name) {
  Descriptor queue(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!queue) return os_error("open /dev/net/tun");
  // Without this the kernel would make a device of the name.
  if (device_index(name) == 0) return make_error(Code::kNotFound, "no device " + name);
  ifreq request{};
  std::copy_n(name.begin(), std::min<size_t>(name.size(), IFNAMSIZ - 1), request.ifr_name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
  if (ioctl(queue.get(), TUNSETIFF, &request) != 0) return os_error("take a queue of " + name);
  int header = kVnetBytes;
  if (ioctl(queue.get(), TUNSETVNETHDRSZ, &header) != 0) return os_error("virtio header of " + name);
  constexpr unsigned long kOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  if (ioctl(queue.get(), TUNSETOFFLOAD, kOffloads | TUN_F_USO4 | TUN_F_USO6) != 0 &&
      ioctl(queue.get(), TUNSETOFFLOAD, kOffloads) != 0)
    return os_error("offloads of " + name);
  return queue;
}

unsigned device_index(const std::string& name) { return if_nametoindex(name.c_str()); }

Result<Descriptor> open_udp_socket(Ipv4 local, uint16_t port) {
  Descriptor udp(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!udp) return os_error("UDP socket");
  set_buffers(udp.get());
  if (!set_option(udp.get(), SOL_SOCKET, SO_REUSEPORT, 1) ||
      !set_option(udp.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO) ||
      !set_option(udp.get(), IPPROTO_UDP, UDP_GRO, 1))
    return os_error("options of the UDP socket");
  SKEIN_TRY(bind_to(udp.get(), local, port));
  return udp;
}

Result<Descriptor> open_raw_socket(Ipv4 local, unsigned index, unsigned count) {
  Descriptor raw(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ESP));
  if (!raw) return os_error("raw socket");
  set_buffers(raw.get());
  if (!set_option(raw.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)) return os_error("options of the raw socket");
  SKEIN_TRY(keep_share(raw.get(), index, count));
  SKEIN_TRY(bind_to(raw.get(), local, 0));
  return raw;
}

}  // namespace skein::esp
