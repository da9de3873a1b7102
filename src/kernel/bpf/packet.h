/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Reading packets, and leaving a program with a counted reason. */
#ifndef SKEIN_KERNEL_BPF_PACKET_H_
#define SKEIN_KERNEL_BPF_PACKET_H_

/* libbpf's headers need linux/bpf.h before them. */
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
// clang-format on
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include "kernel/bpf/maps.h"

#define INLINE static __always_inline

/* "Not ours": TCX_NEXT on a tcx link, TC_ACT_UNSPEC on clsact. Either lets other programs and the stack go on, which
 * TC_ACT_OK would not. */
#define PASS (-1)
#define DROP TC_ACT_SHOT
#define GO_ON SKEIN_REASON_COUNT /* no reason to leave, no action: the caller goes on */

#define IP_FRAGMENT 0x3fff /* more-fragments flag and offset */
#define IP_OFFSET 0x1fff
#define IP_DF 0x4000

/* ARP for IPv4 over Ethernet, RFC 826. (linux/if_arp.h and linux/icmp.h pull in the C library.) */
#define ARPHRD_ETHER 1
#define ARPOP_REQUEST 1
#define ARPOP_REPLY 2
struct arp_ipv4 {
  __be16 hardware, protocol;
  __u8 hardware_bytes, protocol_bytes;
  __be16 operation;
  __u8 sender_mac[6];
  __be32 sender;
  __u8 target_mac[6];
  __be32 target;
} __attribute__((packed, aligned(2)));

struct arp_frame {
  struct ethhdr eth;
  struct arp_ipv4 arp;
};

struct vxlan {
  __u8 flags; /* 0x08: the VNI is valid */
  __u8 reserved[3];
  __be32 vni; /* upper 24 bits */
};

INLINE void count(enum skein_reason reason) {
  __u32 key = reason;
  __u64* counter = bpf_map_lookup_elem(&counters, &key);
  if (counter) *counter += 1; /* per CPU, and a program is not interrupted by another one of ours */
}

/* cb tells a test run (DataPath::try_packet) what was decided; the stack does not look at it. */
INLINE int leave(struct __sk_buff* skb, enum skein_reason reason, int action) {
  count(reason);
  skb->cb[0] = reason;
  return action;
}

INLINE int leave_towards(struct __sk_buff* skb, enum skein_reason reason, __u32 ifindex, int action) {
  skb->cb[1] = ifindex;
  return leave(skb, reason, action);
}

/* The bounds of what is readable. Loaded anew each time: kept in a register across a branch, the compiler would copy
 * them as 32-bit numbers, which the kernel no longer knows for packet pointers. */
INLINE void* packet_start(struct __sk_buff* skb) { return (void*)(long)*(volatile __u32*)&skb->data; }
INLINE void* packet_end(struct __sk_buff* skb) { return (void*)(long)*(volatile __u32*)&skb->data_end; }

/* The first `size` bytes of the packet, readable; NULL if there are fewer. */
INLINE void* first_bytes(struct __sk_buff* skb, __u32 size) {
  void* start = packet_start(skb);
  if (start + size <= packet_end(skb)) return start;
  if (skb->len < size || bpf_skb_pull_data(skb, size)) return NULL;
  start = packet_start(skb);
  return start + size <= packet_end(skb) ? start : NULL;
}

INLINE int same_mac(const void* left, const void* right) {
  const __u16 *a = left, *b = right;
  return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2])) == 0;
}

INLINE int no_mac(const void* mac) {
  const __u16* a = mac;
  return (a[0] | a[1] | a[2]) == 0;
}

INLINE int is_group(const void* mac) { return *(const __u8*)mac & 1; }

INLINE __u16 fold(__u64 sum) {
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~((sum & 0xffff) + (sum >> 16));
}

/* The checksum of an IPv4 header without options. */
INLINE void seal_ipv4(struct iphdr* ip) {
  __u32 sum = 0;
  const __u16* words = (const void*)ip;
  ip->check = 0;
#pragma unroll
  for (int i = 0; i < 10; i++) sum += words[i];
  ip->check = fold(sum);
}

/* An IPv4 header without options, complete but for its checksum's inputs given here. */
INLINE void fill_ipv4(struct iphdr* ip, __u8 protocol, __be32 source, __be32 target, __u32 total_bytes) {
  ip->version = 4;
  ip->ihl = 5;
  ip->tos = 0;
  ip->tot_len = bpf_htons(total_bytes > 0xffff ? 0 : total_bytes); /* above: a large frame, cut before the wire */
  ip->id = 0;                                                      /* meaningless with DF, RFC 6864 4.1 */
  ip->frag_off = bpf_htons(IP_DF);
  ip->ttl = 64;
  ip->protocol = protocol;
  ip->saddr = source;
  ip->daddr = target;
  seal_ipv4(ip);
}

INLINE struct skein_mesh* mesh_of_host(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&mesh, &zero);
}

/* The host's own clients are known to backends by an address of the network that no endpoint has. */
INLINE int is_host_in_mesh(__u32 vni, __be32 address) {
  struct skein_mesh* own = mesh_of_host();
  return own && own->vni && own->vni == vni && own->address == address;
}

INLINE int is_mesh(__u32 vni) {
  struct skein_mesh* own = mesh_of_host();
  return own && vni && own->vni == vni;
}

/* The address by which a Docker Engine takes part in the network; it asks from there for its clients. */
INLINE int is_engine_itself(const struct skein_endpoint* endpoint) {
  return endpoint->flags & SKEIN_DOCKER_ENGINES && !endpoint->service;
}

INLINE struct skein_endpoint* find_endpoint(__u32 vni, __be32 address) {
  struct skein_endpoint_key key = {vni, address};
  return bpf_map_lookup_elem(&endpoints, &key);
}

#endif
