#!/bin/bash
# Expected: a BPF program may put tunnel headers in front of a large frame (GSO) and redirect it to a TAP device whose reader
# takes large frames whole: bpf_skb_adjust_room is made for such headers, and BPF_F_ADJ_ROOM_FIXED_GSO leaves segments as they are.
# Happens: with that flag alone small frames arrive, and large ones vanish: every call succeeds, and nothing is read.
# With the flags that say what the headers are (ENCAP_L3, L4, L2) they arrive, cut into packets, whatever the reader asked for.
# Put in front of the frame by bpf_skb_change_head instead, they arrive whole; the virtio header's offsets are right.
# Why: room makes the kernel distrust the train, which a TAP device does not take as it is; then it is cut by its headers.
# Version: Linux 6.18; clang 14.0.6, libbpf 1.1.2.
# Why it matters: who encrypts, shapes or captures tunnels in user space loses the large frames, which are all that is fast.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages clang-14=1:14.0.6-12 libbpf-dev=1:1.1.2-0+deb12u1 bpftool iproute2=6.1.0-3 linux-libc-dev python3-minimal=3.11.2-1+b1
alone

cat >"$folder/room.bpf.c" <<'PROGRAM'
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Valid headers of VXLAN, without a UDP checksum. */
static __always_inline int wrapped(struct __sk_buff *skb, unsigned frame) {
  struct {
    unsigned char alignment[2];
    struct ethhdr eth;
    struct iphdr ip;
    struct udphdr udp;
    unsigned char vxlan[8];
    struct ethhdr inner;
  } outer = {};
  unsigned short *words = (void *)&outer.ip;
  unsigned sum = 0;
  outer.eth.h_proto = outer.inner.h_proto = bpf_htons(ETH_P_IP);
  outer.eth.h_dest[0] = outer.inner.h_dest[0] = 2;
  outer.ip.version = 4;
  outer.ip.ihl = 5;
  outer.ip.ttl = 64;
  outer.ip.protocol = 17;
  outer.ip.frag_off = bpf_htons(0x4000);
  outer.ip.tot_len = bpf_htons(frame + 36);
  outer.ip.saddr = bpf_htonl(0xc0000201);
  outer.ip.daddr = bpf_htonl(0xc0000202);
#pragma unroll
  for (int i = 0; i < 10; i++) sum += words[i];
  sum = (sum & 0xffff) + (sum >> 16);
  outer.ip.check = ~((sum & 0xffff) + (sum >> 16));
  outer.udp.dest = bpf_htons(4789);
  outer.udp.len = bpf_htons(frame + 16);
  outer.vxlan[0] = 8;
  outer.vxlan[6] = 1;
  if (bpf_skb_store_bytes(skb, 0, &outer.eth, 64, 0)) return TC_ACT_SHOT;
  return bpf_redirect(TARGET, 0);
}
#define PROGRAM(name, grow)                                      \
  SEC("tc") int name(struct __sk_buff *skb) {                    \
    unsigned frame = skb->len;                                   \
    if (skb->protocol != bpf_htons(ETH_P_IP)) return TC_ACT_OK;  \
    return (grow) ? TC_ACT_SHOT : wrapped(skb, frame);           \
  }
PROGRAM(change_head, bpf_skb_change_head(skb, 50, 0))
PROGRAM(adjust_room, bpf_skb_adjust_room(skb, 50, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO))
PROGRAM(adjust_room_for_tunnels,
        bpf_skb_adjust_room(skb, 50, BPF_ADJ_ROOM_MAC,
                            BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
                                BPF_F_ADJ_ROOM_ENCAP_L2(14) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH))
char _license[] SEC("license") = "GPL";
PROGRAM

cat >"$folder/reader.py" <<'PYTHON'
import fcntl, os, select, socket, struct, subprocess, sys

TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D0, 0x400454D8
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 2, 0x1000, 0x4000
CSUM, TSO4, TSO6, USO4, USO6 = 0x1, 0x2, 0x4, 0x20, 0x40
folder = sys.argv[1]

def sh(command):
    subprocess.run(command, shell=True, check=True, executable="/bin/bash")

tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
fcntl.ioctl(tap, TUNSETVNETHDRSZ, struct.pack("i", 12))
fcntl.ioctl(tap, TUNSETOFFLOAD, CSUM | TSO4 | TSO6 | USO4 | USO6)
sh("ip link set tap0 mtu 60000 up && ip link set wire up")
sh(f"clang-14 -target bpf -O2 -g -DTARGET={socket.if_nametoindex('tap0')} -I/usr/include/x86_64-linux-gnu "
   f"-c {folder}/room.bpf.c -o {folder}/room.o && bpftool prog loadall {folder}/room.o {folder}/bpf/all")
SEND = ("import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(17, 103, 1400); "
        "s.sendto(bytes(int(sys.argv[1])), ('192.0.2.20', 9))")  # UDP_SEGMENT
for program in ("change_head", "adjust_room", "adjust_room_for_tunnels"):
    sh(f"tc qdisc replace dev wire clsact && tc filter del dev wire ingress && "
       f"tc filter add dev wire ingress bpf da object-pinned {folder}/bpf/all/{program}")
    for size in (1000, 7000):
        sh(f'ip netns exec box /usr/bin/python3 -c "{SEND}" {size}')
        read = []
        while select.select([tap], [], [], 1)[0]:
            frame = os.read(tap, 70000)
            _, gso_type, _, gso_bytes, checksum_start, _ = struct.unpack_from("<BBHHHH", frame)
            read.append(f"{len(frame) - 12} bytes" + (f" in segments of {gso_bytes}, checksum at {checksum_start}" if gso_type else ""))
        print(f"{program}, datagrams of {size} bytes in all: {'; '.join(read) or 'nothing'}", flush=True)
PYTHON

mount -t tmpfs tmpfs /run # the names of namespaces
mkdir "$folder/bpf" && mount -t bpf bpf "$folder/bpf"
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add box
ip link add wire type veth peer name wire netns box
ip netns exec box sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ip -n box link set wire up && ip -n box addr add 192.0.2.10/24 dev wire
ip -n box neigh add 192.0.2.20 lladdr 02:00:00:00:00:02 dev wire
/usr/bin/python3 "$folder/reader.py" "$folder" | tee "$folder/seen"
says() { finds -xF "$1" "$folder/seen" || fail "not seen: $1"; }
for way in change_head adjust_room adjust_room_for_tunnels; do says "$way, datagrams of 1000 bytes in all: 1092 bytes"; done
says "change_head, datagrams of 7000 bytes in all: 7092 bytes in segments of 1400, checksum at 84"
says "adjust_room, datagrams of 7000 bytes in all: nothing"
says "adjust_room_for_tunnels, datagrams of 7000 bytes in all: 1492 bytes; 1492 bytes; 1492 bytes; 1492 bytes; 1492 bytes"
