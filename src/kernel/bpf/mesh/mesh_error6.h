/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* ICMP errors about flows of clients that came in by IPv6: of either family, and from one to the other (RFC 7915 4.2,
 * 5.2). */
#ifndef SKEIN_KERNEL_BPF_MESH_ERROR6_H_
#define SKEIN_KERNEL_BPF_MESH_ERROR6_H_

#include "kernel/bpf/mesh/mesh_answer6.h"

/* What an inner error says, in ICMPv6 (RFC 7915 4.2): type and code. */
INLINE __u32 kind_of_error6(__u8 type, __u8 code) {
  if (type == ICMP_TIME_EXCEEDED) return ICMPV6_TIME_EXCEEDED << 8;
  if (code == ICMP_FRAG_NEEDED) return ICMPV6_TOO_BIG << 8;
  return ICMPV6_UNREACHABLE << 8 | (code == ICMP_PORT_UNREACH ? ICMPV6_PORT_UNREACH : ICMPV6_ADDRESS_UNREACH);
}

/* An error of ICMP becomes one of ICMPv6, about what the flow's target has sent. 0, or the reason for dropping it. */
INLINE int translate_error4(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  struct icmp_unreachable icmp;
  struct iphdr quoted;
  if (bpf_skb_load_bytes(skb, s->traits.transport, &icmp, sizeof(icmp)) ||
      bpf_skb_load_bytes(skb, s->traits.quote, &quoted, sizeof(quoted)))
    return SKEIN_REASON_drop_malformed;
  __u32 kind = kind_of_error6(icmp.type, icmp.code);
  __u32 mtu = kind == ICMPV6_TOO_BIG << 8 ? bpf_ntohs(icmp.mtu) + IPV6_GROWTH : 0;
  __builtin_memset(&s->ip6, 0, sizeof(s->ip6));
  *(__be32*)&s->ip6 = bpf_htonl(6 << 28);
  s->ip6.payload_len = bpf_htons(bpf_ntohs(quoted.tot_len) - quoted.ihl * 4);
  s->ip6.nexthdr = quoted.protocol;
  s->ip6.hop_limit = quoted.ttl;
  __builtin_memcpy(&s->ip6.saddr, &flow->target, sizeof(flow->target));
  __builtin_memcpy(&s->ip6.daddr, &flow->source, sizeof(flow->source));
  struct ports ports = {flow->target_port, flow->source_port};
  return put_error6(skb, kind, mtu, s->traits.quote + quoted.ihl * 4, *(__u32*)&ports);
}

/* The same, to the flow's target, which is a client. */
INLINE int tell_error6(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  int reason = translate_error4(skb, s, flow);
  if (reason) return leave(skb, reason, DROP);
  int is_too_big = s->answer.error.type == ICMPV6_TOO_BIG;
  return send_answer6(skb, s, is_too_big ? SKEIN_REASON_too_big_answered : SKEIN_REASON_mesh_unreachable);
}

/* What an outer error says, in ICMP: type and code; 0: nothing that a backend could use. */
INLINE __u32 kind_of_error4(__u8 type, __u8 code) {
  if (type == ICMPV6_TIME_EXCEEDED) return ICMP_TIME_EXCEEDED << 8;
  if (type == ICMPV6_TOO_BIG) return ICMP_DEST_UNREACH << 8 | ICMP_FRAG_NEEDED;
  if (type != ICMPV6_UNREACHABLE) return 0;
  return ICMP_DEST_UNREACH << 8 | (code == ICMPV6_PORT_UNREACH ? ICMP_PORT_UNREACH : ICMP_HOST_UNREACH);
}

/* Reads an error about an answer: what it says into s->answer, whose flow it is into s->key. Returns its kind in ICMP.
 */
INLINE __u32 read_error6(struct __sk_buff* skb, struct mesh_scratch* s) {
  struct icmp6_error* error = &s->answer.error;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(s->ip6), error, sizeof(*error))) return 0;
  if (error->about.version != 6 || !has_ports(error->about.nexthdr)) return 0;
  const struct ports* ports = (const void*)error->quoted;
  __builtin_memcpy(&s->key.source, &error->about.daddr, sizeof(s->key.source));
  __builtin_memcpy(&s->key.target, &error->about.saddr, sizeof(s->key.target));
  s->key.source_port = ports->target;
  s->key.target_port = ports->source;
  s->key.protocol = error->about.nexthdr;
  s->key.vni = s->key.host = 0;
  return kind_of_error4(error->type, error->code);
}

/* The error that was read gets the flow's addresses, and stays one of ICMPv6. 0, or the reason for dropping it. */
INLINE int readdress_error6(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  const struct icmp6_error* error = &s->answer.error;
  struct ports ports = {flow->target_port, flow->source_port};
  s->ip6 = error->about;
  __builtin_memcpy(&s->ip6.saddr, &flow->target, sizeof(flow->target));
  __builtin_memcpy(&s->ip6.daddr, &flow->source, sizeof(flow->source));
  return put_error6(skb, error->type << 8 | error->code, bpf_ntohl(error->mtu),
                    ETH_HLEN + sizeof(s->ip6) + offsetof(struct icmp6_error, quoted), *(__u32*)&ports);
}

/* The error that was read becomes one of ICMP, about what the flow's backend has sent; s->ip is its header. -1: there
 * is no memory. */
INLINE long put_error4(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow, __u32 kind) {
  struct icmp_error* out = &s->error4;
  const __s32 taken = 64;
  const __u32 bytes = sizeof(s->ip) + sizeof(*out);
  struct icmp6_error* error = &s->answer.error;
  __be16 protocol = bpf_htons(ETH_P_IP);
  __u32 mtu = bpf_ntohl(error->mtu);
  __builtin_memset(out, 0, sizeof(*out));
  out->icmp.type = kind >> 8;
  out->icmp.code = kind;
  if (error->type == ICMPV6_TOO_BIG) out->icmp.mtu = bpf_htons(mtu < 0xffff ? mtu - IPV6_GROWTH : 0xffff);
  fill_ipv4(&out->about, error->about.nexthdr, flow->target.words[3], flow->source.words[3],
            bpf_ntohs(error->about.payload_len) + sizeof(out->about));
  __builtin_memcpy(out->quoted, error->quoted, sizeof(out->quoted));
  struct ports* ports = (void*)out->quoted;
  ports->source = flow->target_port;
  ports->target = flow->source_port;
  out->icmp.checksum = fold((__u32)bpf_csum_diff(NULL, 0, (__be32*)out, sizeof(*out), 0));
  fill_ipv4(&s->ip, IPPROTO_ICMP, flow->source.words[3], flow->target.words[3], bytes);
  if (bpf_skb_change_proto(skb, protocol, 0) || bpf_skb_change_tail(skb, ETH_HLEN + bytes + taken, 0) ||
      bpf_skb_adjust_room(skb, -taken, BPF_ADJ_ROOM_MAC, 0) ||
      bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_proto), &protocol, sizeof(protocol), 0) ||
      bpf_skb_store_bytes(skb, ETH_HLEN, &s->ip, sizeof(s->ip), 0))
    return -1;
  return bpf_skb_store_bytes(skb, ETH_HLEN + sizeof(s->ip), out, sizeof(*out), 0);
}

#endif
