/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* ICMP errors (RFC 792, RFC 1191), with which a program answers a container in the name of the destination. */
#ifndef SKEIN_KERNEL_BPF_ICMP_H_
#define SKEIN_KERNEL_BPF_ICMP_H_

#include "kernel/bpf/packet.h"

#define ICMP_ECHOREPLY 0
#define ICMP_DEST_UNREACH 3
#define ICMP_ECHO 8
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12
#define ICMP_HOST_UNREACH 1 /* codes of ICMP_DEST_UNREACH */
#define ICMP_PORT_UNREACH 3
#define ICMP_FRAG_NEEDED 4

struct icmp_unreachable {
  __u8 type, code;
  __be16 checksum;
  __be16 unused, mtu;
};
#define ICMP_HEADER_BYTES sizeof(struct icmp_unreachable)
#define ICMP_ID_OFFSET 4 /* of an echo */
#define QUOTE_BYTES_MAX (60 + 20)

/* How much is quoted behind the IP header. 8 bytes are what every packet has that gets an answer; the kernel will not
 * cut off the checksum fields of TCP and SCTP. */
INLINE __u32 quoted_transport_bytes(__u8 protocol) {
  if (protocol == IPPROTO_TCP) return 20;
  return protocol == IPPROTO_SCTP ? 12 : 8;
}

/* RFC 1122 3.2.2: no error about an error, nor about a fragment other than the first. */
INLINE int may_be_answered(struct __sk_buff* skb, const struct iphdr* ip) {
  __u8 type = 0;
  if (ip->frag_off & bpf_htons(IP_OFFSET)) return 0;
  if (ip->protocol != IPPROTO_ICMP) return 1;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + ip->ihl * 4, &type, 1)) return 0;
  return type == ICMP_ECHO || type == ICMP_ECHOREPLY;
}

struct icmp_answer {
  __u8 alignment[2];
  struct ethhdr eth;
  struct iphdr ip;
  struct icmp_unreachable icmp;
  __u8 quote[QUOTE_BYTES_MAX];
};
#define ICMP_ANSWER_HEADER_BYTES (ETH_HLEN + sizeof(struct iphdr) + ICMP_HEADER_BYTES)

enum icmp_outcome { ICMP_ANSWERED = 0, ICMP_NOT_TO_BE_ANSWERED, ICMP_NOT_IPV4, ICMP_NO_MEMORY };

/* Turns the packet into "destination unreachable" of that code. `known_as` is the address by which the container knows
 * the destination, from which the answer seems to come, and which replaces the one in what it quotes. */
__noinline int turn_into_unreachable(struct __sk_buff* skb, __u32 code, __u32 mtu, __be32 known_as) {
  struct icmp_answer answer = {};
  struct iphdr* ip = (void*)answer.quote;
  if (bpf_skb_load_bytes(skb, 0, &answer.eth, ETH_HLEN) || bpf_skb_load_bytes(skb, ETH_HLEN, ip, sizeof(*ip)))
    return ICMP_NOT_IPV4;
  if (!may_be_answered(skb, ip)) return ICMP_NOT_TO_BE_ANSWERED;

  __u32 quoted = (ip->ihl & 0xf) * 4 + quoted_transport_bytes(ip->protocol);
  __be32 target = ip->saddr;
  __u8 mac[ETH_ALEN];
  __builtin_memcpy(mac, answer.eth.h_dest, ETH_ALEN);
  __builtin_memcpy(answer.eth.h_dest, answer.eth.h_source, ETH_ALEN);
  __builtin_memcpy(answer.eth.h_source, mac, ETH_ALEN);
  if (quoted > QUOTE_BYTES_MAX || bpf_skb_load_bytes(skb, ETH_HLEN, answer.quote, quoted)) return ICMP_NOT_IPV4;

  __be32 before = ip->daddr;
  if (known_as != before) {
    ip->check = fold((__u32)bpf_csum_diff(&before, sizeof(before), &known_as, sizeof(known_as), (__u16)~ip->check));
    ip->daddr = known_as;
  }
  answer.icmp.type = ICMP_DEST_UNREACH;
  answer.icmp.code = code;
  answer.icmp.mtu = bpf_htons(mtu);
  answer.icmp.checksum = fold((__u32)bpf_csum_diff(NULL, 0, (__be32*)&answer.icmp, ICMP_HEADER_BYTES + quoted, 0));
  fill_ipv4(&answer.ip, IPPROTO_ICMP, known_as, target, sizeof(struct iphdr) + ICMP_HEADER_BYTES + quoted);

  if (bpf_skb_change_tail(skb, ETH_HLEN + quoted, 0) ||
      bpf_skb_adjust_room(skb, sizeof(struct iphdr) + ICMP_HEADER_BYTES, BPF_ADJ_ROOM_MAC, 0) ||
      bpf_skb_store_bytes(skb, 0, &answer.eth, ICMP_ANSWER_HEADER_BYTES, 0) ||
      bpf_skb_store_bytes(skb, ICMP_ANSWER_HEADER_BYTES, answer.quote, sizeof(struct iphdr), 0))
    return ICMP_NO_MEMORY;
  return ICMP_ANSWERED;
}

/* Sends the answer back; counts `answered`, or `silent` for what must not be answered. */
INLINE int answer_unreachable(struct __sk_buff* skb, __u32 code, __u32 mtu, __be32 known_as, enum skein_reason answered,
                              enum skein_reason silent) {
  __u32 ifindex = skb->ifindex;
  switch (turn_into_unreachable(skb, code, mtu, known_as)) {
    case ICMP_ANSWERED: return leave_towards(skb, answered, ifindex, bpf_redirect(ifindex, 0));
    case ICMP_NOT_TO_BE_ANSWERED: return leave(skb, silent, DROP);
    case ICMP_NOT_IPV4: return leave(skb, SKEIN_REASON_drop_malformed, DROP);
    default: return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  }
}

#endif
