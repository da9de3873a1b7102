/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * IPv6 of clients: reading it, and making IPv4 of it and IPv6 of answers again (RFC 7915).
 *
 * Headers of extensions are not for the mesh, nor are datagrams in fragments.
 */
#ifndef SKEIN_KERNEL_BPF_MESH_TRANSLATE_H_
#define SKEIN_KERNEL_BPF_MESH_TRANSLATE_H_

#include "kernel/bpf/mesh/mesh_flow.h"

#define IPV6_GROWTH (sizeof(struct ipv6hdr) - sizeof(struct iphdr))

INLINE int read_ip6(struct __sk_buff* skb, struct mesh_scratch* s) {
  return bpf_skb_load_bytes(skb, ETH_HLEN, &s->ip6, sizeof(s->ip6)) || s->ip6.version != 6 ? -1 : 0;
}

INLINE int read_key6(struct __sk_buff* skb, struct mesh_scratch* s) {
  s->traits.protocol = s->ip6.nexthdr;
  s->traits.transport = ETH_HLEN + sizeof(s->ip6);
  s->traits.quote = 0;
  if (!has_ports(s->traits.protocol) || read_ports(skb, &s->traits)) return -1;
  __builtin_memcpy(&s->key.source, &s->ip6.saddr, sizeof(s->key.source));
  __builtin_memcpy(&s->key.target, &s->ip6.daddr, sizeof(s->key.target));
  s->key.source_port = s->traits.source_port;
  s->key.target_port = s->traits.target_port;
  s->key.protocol = s->traits.protocol;
  s->key.vni = s->key.host = 0;
  return 0;
}

/* The transport header's checksum, which covers the addresses: `sum` is the difference that they make. */
INLINE long adjust_checksum(struct __sk_buff* skb, const struct traits* traits, __s64 sum) {
  if (traits->protocol == IPPROTO_TCP)
    return bpf_l4_csum_replace(skb, traits->transport + TCP_CHECKSUM_OFFSET, 0, sum, BPF_F_PSEUDO_HDR);
  if (traits->protocol == IPPROTO_UDP)
    return bpf_l4_csum_replace(skb, traits->transport + UDP_CHECKSUM_OFFSET, 0, sum,
                               BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0);
  return 0; /* SCTP's covers no addresses */
}

/* The other family's header in the place of this one, and the checksum behind it. A checksum of 0 stands for none,
 * which IPv6 does not know. */
INLINE long exchange_header(struct __sk_buff* skb, struct traits* traits, __be16 family, const void* header,
                            __u32 header_bytes, __s64 sum) {
  __be16 none = 1;
  if (traits->protocol == IPPROTO_UDP &&
      (bpf_skb_load_bytes(skb, traits->transport + UDP_CHECKSUM_OFFSET, &none, sizeof(none)) || !none))
    return -1;
  if (bpf_skb_change_proto(skb, family, 0)) return -1;
  traits->transport = ETH_HLEN + header_bytes;
  if (bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_proto), &family, sizeof(family), 0) ||
      bpf_skb_store_bytes(skb, ETH_HLEN, header, header_bytes, BPF_F_RECOMPUTE_CSUM))
    return -1;
  return adjust_checksum(skb, traits, sum);
}

/* A client's packet with the flow's addresses; s->ip is its header then. Its ports stay. */
INLINE long into_ipv4(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  __u32 class = bpf_ntohl(*(__be32*)&s->ip6) >> 20 & 0xff;
  fill_ipv4(&s->ip, s->traits.protocol, flow->source.words[3], flow->target.words[3],
            skb->len - ETH_HLEN - IPV6_GROWTH);
  s->ip.tos = class;
  s->ip.ttl = s->ip6.hop_limit;
  seal_ipv4(&s->ip);
  __s64 sum = bpf_csum_diff((__be32*)&s->ip6.saddr, 2 * sizeof(s->ip6.saddr), &s->ip.saddr, 2 * sizeof(s->ip.saddr), 0);
  return exchange_header(skb, &s->traits, bpf_htons(ETH_P_IP), &s->ip, sizeof(s->ip), sum);
}

/* An answer with the flow's addresses. */
INLINE long into_ipv6(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  __u32 bytes = skb->len - ETH_HLEN - sizeof(s->ip);
  if (s->ip.ihl != 5) return -1;
  __builtin_memset(&s->ip6, 0, sizeof(s->ip6));
  *(__be32*)&s->ip6 = bpf_htonl(6 << 28 | s->ip.tos << 20);
  s->ip6.payload_len = bpf_htons(bytes > 0xffff ? 0 : bytes);
  s->ip6.nexthdr = s->traits.protocol;
  s->ip6.hop_limit = s->ip.ttl;
  __builtin_memcpy(&s->ip6.saddr, &flow->source, sizeof(flow->source));
  __builtin_memcpy(&s->ip6.daddr, &flow->target, sizeof(flow->target));
  __s64 sum = bpf_csum_diff(&s->ip.saddr, 2 * sizeof(s->ip.saddr), (__be32*)&s->ip6.saddr, 2 * sizeof(s->ip6.saddr), 0);
  return exchange_header(skb, &s->traits, bpf_htons(ETH_P_IPV6), &s->ip6, sizeof(s->ip6), sum);
}

#endif
