/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* ARP of containers, answered from the endpoint table: no request leaves the host. */
#ifndef SKEIN_KERNEL_BPF_ARP_H_
#define SKEIN_KERNEL_BPF_ARP_H_

#include "kernel/bpf/packet.h"

INLINE int is_arp_for_ipv4(const struct arp_ipv4* arp) {
  return arp->hardware == bpf_htons(ARPHRD_ETHER) && arp->protocol == bpf_htons(ETH_P_IP) && arp->hardware_bytes == 6 &&
         arp->protocol_bytes == 4;
}

/* Makes a reply out of a request: `mac` has the address that was asked for. */
INLINE void turn_into_reply(struct arp_ipv4* arp, const __u8* mac) {
  __be32 asked = arp->target;
  arp->operation = bpf_htons(ARPOP_REPLY);
  __builtin_memcpy(arp->target_mac, arp->sender_mac, ETH_ALEN);
  arp->target = arp->sender;
  __builtin_memcpy(arp->sender_mac, mac, ETH_ALEN);
  arp->sender = asked;
}

/* The MAC that Docker's endpoints have: 02:42 and the address. No frame with it gets far: a virtual address has no
 * interface. */
INLINE int service_mac(__u32 vni, __be32 address, __u8* mac) {
  struct skein_endpoint_key key = {vni, address};
  if (!bpf_map_lookup_elem(&services, &key)) return 0;
  mac[0] = 0x02, mac[1] = 0x42;
  __builtin_memcpy(mac + 2, &address, sizeof(address));
  return 1;
}

INLINE int arp_from_container(struct __sk_buff* skb, const struct skein_attachment* self) {
  struct arp_frame frame;
  if (bpf_skb_load_bytes(skb, 0, &frame, sizeof(frame)) || !is_arp_for_ipv4(&frame.arp))
    return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  struct arp_ipv4* arp = &frame.arp;
  if (!same_mac(arp->sender_mac, self->mac) || (arp->sender && arp->sender != self->address))
    return leave(skb, SKEIN_REASON_drop_spoofed, DROP);
  if (arp->operation == bpf_htons(ARPOP_REPLY) && same_mac(frame.eth.h_dest, self->host_mac))
    return leave(skb, SKEIN_REASON_to_host, PASS);
  if (arp->operation != bpf_htons(ARPOP_REQUEST) || arp->target == self->address)
    return leave(skb, SKEIN_REASON_drop_arp_ignored, DROP);

  __u8 virtual_mac[ETH_ALEN];
  struct skein_endpoint* endpoint = find_endpoint(self->vni, arp->target);
  if (endpoint)
    turn_into_reply(arp, endpoint->mac);
  else if (service_mac(self->vni, arp->target, virtual_mac))
    turn_into_reply(arp, virtual_mac);
  else if (is_host_in_mesh(self->vni, arp->target))
    turn_into_reply(arp, self->host_mac);
  else if (self->gateway && arp->target == self->gateway)
    turn_into_reply(arp, self->host_mac);
  else
    return leave(skb, SKEIN_REASON_drop_arp_unknown, DROP);

  __builtin_memcpy(frame.eth.h_dest, self->mac, ETH_ALEN);
  __builtin_memcpy(frame.eth.h_source, arp->sender_mac, ETH_ALEN);
  if (bpf_skb_store_bytes(skb, 0, &frame, sizeof(frame), 0)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  __u32 ifindex = skb->ifindex;
  return leave_towards(skb, SKEIN_REASON_arp_answered, ifindex, bpf_redirect(ifindex, 0));
}

#endif
