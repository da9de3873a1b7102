/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Packets that exceed the path's MTU: measured, and answered by ICMP "fragmentation needed" (RFC 1191). */
#ifndef SKEIN_KERNEL_BPF_TOO_BIG_H_
#define SKEIN_KERNEL_BPF_TOO_BIG_H_

#include "packet.h"

#define ICMP_ECHOREPLY 0
#define ICMP_DEST_UNREACH 3
#define ICMP_ECHO 8
#define ICMP_FRAG_NEEDED 4

struct icmp_frag_needed {
  __u8 type, code;
  __be16 checksum;
  __be16 unused, mtu;
};
#define ICMP_HEADER_BYTES sizeof(struct icmp_frag_needed)
/* At least 8; 20 keep the checksum field of TCP, which the kernel will not cut off. */
#define QUOTED_TRANSPORT_BYTES 20
#define QUOTE_BYTES_MAX (60 + QUOTED_TRANSPORT_BYTES)

/* Bytes of the IP packet on the wire; of a large frame: of each of its segments. */
INLINE __u32 wire_bytes(struct __sk_buff* skb, const struct iphdr* ip) {
  __u32 payload = skb->gso_size;
  __u32 header = ip->ihl * 4;
  __u8 offset = 0;
  if (!payload) return skb->len - ETH_HLEN;
  if (ip->protocol != IPPROTO_TCP) return header + sizeof(struct udphdr) + payload;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + header + 12, &offset, 1)) return skb->len;
  return header + (offset >> 4) * 4 + payload;
}

/* RFC 1122 3.2.2: no error about an error, nor about a fragment other than the first. */
INLINE int may_be_answered(struct __sk_buff* skb, const struct iphdr* ip) {
  __u8 type = 0;
  if (ip->frag_off & bpf_htons(IP_OFFSET)) return 0;
  if (ip->protocol != IPPROTO_ICMP) return 1;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + ip->ihl * 4, &type, 1)) return 0;
  return type == ICMP_ECHO || type == ICMP_ECHOREPLY;
}

struct too_big {
  __u8 alignment[2];
  struct ethhdr eth;
  struct iphdr ip;
  struct icmp_frag_needed icmp;
  __u8 quote[QUOTE_BYTES_MAX];
};
#define TOO_BIG_HEADER_BYTES (ETH_HLEN + sizeof(struct iphdr) + ICMP_HEADER_BYTES)

/* Turns the packet into the answer and sends it back. The answer seems to come from the destination, as the kernel's
 * vxlan device does it too: an internal network has no gateway to speak for it. */
INLINE int answer_too_big(struct __sk_buff* skb, const struct iphdr* ip, __u32 mtu) {
  const struct ethhdr* eth = (const void*)ip - ETH_HLEN;
  struct too_big answer = {};
  if (!may_be_answered(skb, ip)) return leave(skb, SKEIN_REASON_drop_too_big, DROP);

  __u32 quoted = (ip->ihl & 0xf) * 4 + QUOTED_TRANSPORT_BYTES;
  __be32 source = ip->daddr, target = ip->saddr;
  __builtin_memcpy(answer.eth.h_dest, eth->h_source, ETH_ALEN);
  __builtin_memcpy(answer.eth.h_source, eth->h_dest, ETH_ALEN);
  answer.eth.h_proto = bpf_htons(ETH_P_IP);
  if (quoted > QUOTE_BYTES_MAX || bpf_skb_load_bytes(skb, ETH_HLEN, answer.quote, quoted))
    return leave(skb, SKEIN_REASON_drop_malformed, DROP);

  answer.icmp.type = ICMP_DEST_UNREACH;
  answer.icmp.code = ICMP_FRAG_NEEDED;
  answer.icmp.mtu = bpf_htons(mtu);
  answer.icmp.checksum = fold((__u32)bpf_csum_diff(NULL, 0, (__be32*)&answer.icmp, ICMP_HEADER_BYTES + quoted, 0));
  fill_ipv4(&answer.ip, IPPROTO_ICMP, source, target, sizeof(struct iphdr) + ICMP_HEADER_BYTES + quoted);

  if (bpf_skb_change_tail(skb, ETH_HLEN + quoted, 0) ||
      bpf_skb_adjust_room(skb, sizeof(struct iphdr) + ICMP_HEADER_BYTES, BPF_ADJ_ROOM_MAC, 0) ||
      bpf_skb_store_bytes(skb, 0, &answer.eth, TOO_BIG_HEADER_BYTES, 0))
    return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  __u32 ifindex = skb->ifindex;
  return leave_towards(skb, SKEIN_REASON_too_big_answered, ifindex, bpf_redirect(ifindex, 0));
}

#endif
