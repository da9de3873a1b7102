/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Packets that exceed the path's MTU: measured, and answered by ICMP "fragmentation needed" (RFC 1191). */
#ifndef SKEIN_KERNEL_BPF_TOO_BIG_H_
#define SKEIN_KERNEL_BPF_TOO_BIG_H_

#include "kernel/bpf/icmp.h"

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

/* The answer seems to come from the destination, as the kernel's vxlan device does it too: an internal network has no
 * gateway to speak for it. */
INLINE int answer_too_big(struct __sk_buff* skb, __u32 mtu, __be32 known_as) {
  return answer_unreachable(skb, ICMP_FRAG_NEEDED, mtu, known_as, SKEIN_REASON_too_big_answered,
                            SKEIN_REASON_drop_too_big);
}

#endif
