/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a client gets by IPv6 instead of an answer of a backend: resets, and errors of ICMPv6 (RFC 4443). */
#ifndef SKEIN_KERNEL_BPF_MESH_ANSWER6_H_
#define SKEIN_KERNEL_BPF_MESH_ANSWER6_H_

#include "kernel/bpf/mesh/mesh_way.h"

#define ICMPV6_UNREACHABLE 1
#define ICMPV6_TOO_BIG 2
#define ICMPV6_TIME_EXCEEDED 3
#define ICMPV6_PORT_UNREACH 4 /* codes of ICMPV6_UNREACHABLE */
#define ICMPV6_ADDRESS_UNREACH 3
#define ICMPV6_NO_ROUTE 0

/* Puts the answer to the packet that s->ip6 is the header of in its place; `bytes` follow the IP header. The kernel may
 * refuse to shorten what came out of the tunnel: then a rest stays behind the packet, which whoever gets it cuts off.
 */
INLINE long put_answer6(struct __sk_buff* skb, struct mesh_scratch* s, __u8 protocol, const __u32 bytes,
                        __be16* checksum) {
  struct answer6* answer = &s->answer;
  const __u32 kept = ETH_HLEN + sizeof(answer->ip) + sizeof(struct tcphdr);
  *(__be32*)&answer->ip = bpf_htonl(6 << 28);
  answer->ip.payload_len = bpf_htons(bytes);
  answer->ip.nexthdr = protocol;
  answer->ip.hop_limit = 64;
  answer->ip.saddr = s->ip6.daddr;
  answer->ip.daddr = s->ip6.saddr;
  answer->eth.h_proto = bpf_htons(ETH_P_IPV6);
  __s64 sum = bpf_csum_diff(NULL, 0, (__be32*)&answer->ip.saddr, 2 * sizeof(answer->ip.saddr),
                            bpf_htonl(bytes) + bpf_htonl(protocol));
  *checksum = fold((__u32)bpf_csum_diff(NULL, 0, (__be32*)&answer->tcp, bytes, sum));
  if (skb->protocol == bpf_htons(ETH_P_IP) && bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0)) return -1;
  bpf_skb_change_tail(skb, kept, 0);
  __s32 more = ETH_HLEN + sizeof(answer->ip) + bytes - skb->len;
  if (more > 0 && bpf_skb_adjust_room(skb, more, BPF_ADJ_ROOM_MAC, 0)) return -1;
  return bpf_skb_store_bytes(skb, 0, &answer->eth, ETH_HLEN + sizeof(answer->ip) + bytes, 0);
}

INLINE int send_answer6(struct __sk_buff* skb, struct mesh_scratch* s, enum skein_reason reason) {
  __builtin_memcpy(&s->to, &s->ip6.saddr, sizeof(s->to));
  return to_client6(skb, s, 0, reason);
}

/* A reset (RFC 9293 3.5.2) in the place of the packet that s->ip6 and s->traits tell of. 0, or the reason for dropping
 * it. */
__noinline int put_reset6(struct __sk_buff* skb) {
  struct tcphdr sent;
  struct mesh_scratch* s = scratch();
  if (!s || bpf_skb_load_bytes(skb, s->traits.transport, &sent, sizeof(sent))) return SKEIN_REASON_drop_malformed;
  struct tcphdr* tcp = &s->answer.tcp;
  __builtin_memset(&s->answer, 0, sizeof(s->answer));
  if (sent.ack) {
    tcp->seq = sent.ack_seq;
  } else {
    __u32 data_bytes = bpf_ntohs(s->ip6.payload_len) - sent.doff * 4;
    tcp->ack = 1;
    tcp->ack_seq = bpf_htonl(bpf_ntohl(sent.seq) + data_bytes + sent.syn + sent.fin);
  }
  tcp->rst = 1;
  tcp->doff = sizeof(*tcp) / 4;
  tcp->source = sent.dest;
  tcp->dest = sent.source;
  return put_answer6(skb, s, IPPROTO_TCP, sizeof(*tcp), &tcp->check) ? SKEIN_REASON_drop_no_memory : 0;
}

__noinline int reset_client6(struct __sk_buff* skb) {
  struct mesh_scratch* s = scratch();
  int reason = put_reset6(skb);
  if (!s || reason) return leave(skb, reason, DROP);
  return send_answer6(skb, s, SKEIN_REASON_mesh_reset);
}

INLINE __u32 ports_of(const struct traits* traits) { return *(const __u32*)&traits->source_port; }

/* An error about the packet that s->ip6 is the header of, whose transport header is at `quoted` and has these ports, in
 * the place of what is there. 0, or the reason for dropping it. */
__noinline int put_error6(struct __sk_buff* skb, __u32 kind, __u32 mtu, __u32 quoted, __u32 ports) {
  struct mesh_scratch* s = scratch();
  if (!s) return SKEIN_REASON_drop_unconfigured;
  struct icmp6_error* error = &s->answer.error;
  __builtin_memset(&s->answer, 0, sizeof(s->answer));
  if (bpf_skb_load_bytes(skb, quoted, error->quoted, QUOTED6_BYTES)) return SKEIN_REASON_drop_malformed;
  *(__u32*)error->quoted = ports;
  error->type = kind >> 8;
  error->code = kind;
  error->mtu = bpf_htonl(mtu);
  error->about = s->ip6;
  return put_answer6(skb, s, IPPROTO_ICMPV6, sizeof(*error), &error->checksum) ? SKEIN_REASON_drop_no_memory : 0;
}

/* The same to the client that sent it. */
__noinline int tell_client6(struct __sk_buff* skb, __u32 kind, __u32 mtu, __u32 quoted, __u32 ports) {
  struct mesh_scratch* s = scratch();
  int reason = put_error6(skb, kind, mtu, quoted, ports);
  if (!s || reason) return leave(skb, reason, DROP);
  return send_answer6(skb, s, mtu ? SKEIN_REASON_too_big_answered : SKEIN_REASON_mesh_unreachable);
}

#endif
