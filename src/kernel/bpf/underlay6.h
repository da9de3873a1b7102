/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* IPv6 out of the tunnel: of the routing mesh alone. */
#ifndef SKEIN_KERNEL_BPF_UNDERLAY6_H_
#define SKEIN_KERNEL_BPF_UNDERLAY6_H_

#include "kernel/bpf/mesh/mesh_backend6.h"

/* Leaves the inner frame, of which these are the headers, alone in the packet. The kernel believes what is left to be
 * IPv4, as the outer header was: of the inner one so much goes too that making IPv6 of IPv4 fills it up again. */
INLINE long strip6(struct __sk_buff* skb, __u32 front, const struct ethhdr* eth, const struct ipv6hdr* ip) {
  if (front == FRONT_STRIPPED) return bpf_skb_store_bytes(skb, 0, eth, sizeof(*eth), 0);
  if (bpf_skb_adjust_room(skb, -(__s32)(SKEIN_OVERHEAD_BYTES + sizeof(*ip) - IPV6_GROWTH), BPF_ADJ_ROOM_MAC,
                          BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET))
    return -1;
  bpf_csum_level(skb, BPF_CSUM_LEVEL_DEC);
  if (front == FRONT_WITHOUT_LINK && bpf_skb_change_head(skb, ETH_HLEN, 0)) return -1;
  if (bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0) || bpf_skb_store_bytes(skb, 0, eth, sizeof(*eth), 0))
    return -1;
  return bpf_skb_store_bytes(skb, ETH_HLEN, ip, sizeof(*ip), BPF_F_RECOMPUTE_CSUM);
}

/* From `sender`, an answer of one of its endpoints, or a client's packet for one here. */
__noinline int ipv6_arrival(struct __sk_buff* skb, __u32 front, __be32 sender, __u32 vni) {
  struct mesh_scratch* s = scratch();
  if (!s || bpf_skb_load_bytes(skb, front - ETH_HLEN, &s->eth, sizeof(s->eth)) ||
      bpf_skb_load_bytes(skb, front, &s->ip6, sizeof(s->ip6)) || s->ip6.version != 6)
    return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (is_group(s->eth.h_dest)) return leave(skb, SKEIN_REASON_drop_protocol, DROP);
  if (!bpf_map_lookup_elem(&hosts, &sender)) return leave(skb, SKEIN_REASON_drop_unknown_host, DROP);

  const struct skein_address *source = (const void*)&s->ip6.saddr, *target = (const void*)&s->ip6.daddr;
  int is_answer = is_endpoint6(source);
  struct skein_endpoint* endpoint = find_endpoint(vni, is_answer ? source->words[3] : target->words[3]);
  if (is_answer && (!endpoint || endpoint->host != sender)) return leave(skb, SKEIN_REASON_drop_foreign_source, DROP);
  if (!is_answer && is_ours6(source)) return leave(skb, SKEIN_REASON_drop_foreign_source, DROP);
  if (!is_answer && (!is_endpoint6(target) || !endpoint || endpoint->host))
    return leave(skb, SKEIN_REASON_drop_not_here, DROP);
  if (strip6(skb, front, &s->eth, &s->ip6)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  if (!is_answer) return from_entry6(skb, sender, vni);
  int action = answer6(skb, vni);
  return action == GO_ON ? leave(skb, SKEIN_REASON_drop_unknown_destination, DROP) : action;
}

#endif
