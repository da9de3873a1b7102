/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Clients' packets that stay IPv6 up to the backend, which knows the client by its own address then.
 *
 * An endpoint's address by IPv6 follows from its IPv4 one. Nobody looks it up, and no name leads to it.
 */
#ifndef SKEIN_KERNEL_BPF_MESH_NATIVE6_H_
#define SKEIN_KERNEL_BPF_MESH_NATIVE6_H_

#include "kernel/bpf/mesh/mesh_error6.h"

#define IPV6_MIN_MTU 1280 /* RFC 8200 5 */

INLINE void put_endpoint6(struct skein_address* address, __be32 ipv4) {
  address->words[0] = bpf_htonl(SKEIN_MESH_PREFIX6_WORD0);
  address->words[1] = bpf_htonl(SKEIN_ENDPOINT_PREFIX6_WORD1);
  address->words[2] = 0;
  address->words[3] = ipv4;
}

/* Its last word is the endpoint's IPv4 address then. */
INLINE int is_endpoint6(const struct skein_address* address) {
  return address->words[0] == bpf_htonl(SKEIN_MESH_PREFIX6_WORD0) &&
         address->words[1] == bpf_htonl(SKEIN_ENDPOINT_PREFIX6_WORD1) && !address->words[2];
}

/* Of our own prefix, which no client has. */
INLINE int is_ours6(const struct skein_address* address) {
  return address->words[0] == bpf_htonl(SKEIN_MESH_PREFIX6_WORD0) &&
         (address->words[1] & bpf_htonl(0xffff0000)) == bpf_htonl(SKEIN_MESH_PREFIX6_WORD1);
}

/* A path to the host (0: this one) that is large enough for IPv6. */
INLINE int carries_ipv6(__be32 host) {
  if (!host) return 1;
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  return path && inner_mtu(path, is_mesh_encrypted()) >= IPV6_MIN_MTU;
}

/* As wire_bytes() for IPv4. */
INLINE __u32 wire_bytes6(struct __sk_buff* skb, const struct mesh_scratch* s) {
  const __u32 header = sizeof(s->ip6);
  __u32 payload = skb->gso_size;
  __u8 offset = 0;
  if (!payload) return skb->len - ETH_HLEN;
  if (s->ip6.nexthdr != IPPROTO_TCP) return header + sizeof(struct udphdr) + payload;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + header + 12, &offset, 1)) return skb->len;
  return header + (offset >> 4) * 4 + payload;
}

/* Gives the packet, whose header is s->ip6, the addresses and ports of the flow. */
INLINE long readdress6(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  const __u32 bytes = sizeof(flow->source) + sizeof(flow->target);
  __s64 sum = bpf_csum_diff((__be32*)&s->ip6.saddr, bytes, (__be32*)&flow->source, bytes, 0);
  if (bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct ipv6hdr, saddr), &flow->source, bytes,
                          BPF_F_RECOMPUTE_CSUM) ||
      adjust_checksum(skb, &s->traits, sum))
    return -1;
  return replace_port(skb, &s->traits, 1, s->traits.source_port, flow->source_port) ||
                 replace_port(skb, &s->traits, 0, s->traits.target_port, flow->target_port)
             ? -1
             : 0;
}

#endif
