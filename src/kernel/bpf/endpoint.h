/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a container sends: tc ingress on the host end of its veth. */
#ifndef SKEIN_KERNEL_BPF_ENDPOINT_H_
#define SKEIN_KERNEL_BPF_ENDPOINT_H_

#include "kernel/bpf/arp.h"
#include "kernel/bpf/endpoint6.h"
#include "kernel/bpf/flood.h"
#include "kernel/bpf/mesh/mesh_backend.h"
#include "kernel/bpf/reset.h"
#include "kernel/bpf/service.h"
#include "kernel/bpf/too_big.h"
#include "kernel/bpf/tunnel.h"

/* Straight into the receiver's namespace, without a queue between. Its stack drops silently what the Ethernet header
 * addressed to somebody else, hence the packet type: the header was judged against the host end's MAC on arrival. */
INLINE int deliver_here(struct __sk_buff* skb, const struct skein_endpoint* endpoint, const struct ethhdr* eth) {
  __u32 ifindex = endpoint->ifindex;
  if (!same_mac(eth->h_dest, endpoint->mac) && bpf_skb_store_bytes(skb, 0, endpoint->mac, ETH_ALEN, 0))
    return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  bpf_skb_change_type(skb, PACKET_HOST);
  return leave_towards(skb, SKEIN_REASON_to_local, ifindex, bpf_redirect_peer(ifindex, 0));
}

/* `known_as`: the address by which the container knows the receiver. */
INLINE int send_to_host(struct __sk_buff* skb, const struct skein_attachment* self,
                        const struct skein_endpoint* endpoint, const struct iphdr* ip, __be32 known_as) {
  struct outer outer;
  __be32 host = endpoint->host;
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  if (!path) return leave(skb, SKEIN_REASON_drop_no_path, DROP);

  __u32 is_encrypted = endpoint->flags & SKEIN_ENCRYPTED;
  __u32 mtu = inner_mtu(path, is_encrypted);
  if (self->mtu < mtu) mtu = self->mtu;
  if (wire_bytes(skb, ip) > mtu) return answer_too_big(skb, mtu, known_as);

  __u32 frame_bytes = skb->len;
  __builtin_memcpy(outer.inner.h_dest, endpoint->mac, ETH_ALEN);
  __builtin_memcpy(outer.inner.h_source, self->mac, ETH_ALEN);
  outer.inner.h_proto = bpf_htons(ETH_P_IP);
  fill_tunnel(&outer, source_port(skb), tunnel_port(), self->vni, frame_bytes);
  fill_path(&outer.eth, &outer.ip, path, host, frame_bytes);
  if (wrap(skb, &outer, is_encrypted)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return is_encrypted ? send_to_esp(skb) : send(skb, path, SKEIN_REASON_to_remote);
}

/* To the gateway, or through it: the stack of this host forwards it, if rules let it. */
INLINE int hand_to_stack(struct __sk_buff* skb, const struct skein_attachment* self, const struct ethhdr* eth) {
  if (self->is_internal) return leave(skb, SKEIN_REASON_drop_internal, DROP);
  if (!same_mac(eth->h_dest, self->host_mac) && bpf_skb_store_bytes(skb, 0, self->host_mac, ETH_ALEN, 0))
    return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  bpf_skb_change_type(skb, PACKET_HOST);
  return leave(skb, SKEIN_REASON_to_host, PASS);
}

/* Answers to clients of published ports go back as they came. By the gateway's address clients by IPv6 ask a container
 * for a port of its own. GO_ON: this is none. */
INLINE int answer_client_of_mesh(struct __sk_buff* skb, const struct skein_attachment* self, __be32 target) {
  return is_mesh(self->vni) || target == self->gateway ? to_known_client(skb, self->vni) : GO_ON;
}

/* All but answers leaves through the host. */
INLINE int leave_network(struct __sk_buff* skb, const struct skein_attachment* self, __be32 target) {
  int action = answer_client_of_mesh(skb, self, target);
  if (action != GO_ON) return action;
  struct ethhdr* eth = first_bytes(skb, sizeof(*eth));
  if (!eth) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  return hand_to_stack(skb, self, eth);
}

INLINE int is_in_network(const struct skein_attachment* self, __be32 address) {
  return (address & self->mask) == (self->address & self->mask) && address != self->gateway;
}

/* Between endpoints themselves; a backend's answers are made to come from its service. */
INLINE int between_endpoints(struct __sk_buff* skb, const struct skein_attachment* self,
                             const struct skein_endpoint* endpoint) {
  if (endpoint->service) forget_flow(skb, self->vni, endpoint->service);
  if (endpoint->host) return 0;
  struct skein_endpoint* own = find_endpoint(self->vni, self->address);
  return own && own->service ? from_service(skb, self->vni, own->service) : 0;
}

INLINE int leave_service(struct __sk_buff* skb, __u32 protocol, __be32 service, int reason) {
  __u32 code = protocol == IPPROTO_UDP ? ICMP_PORT_UNREACH : ICMP_HOST_UNREACH;
  if (reason == SKEIN_REASON_service_reset) return answer_reset(skb);
  if (reason == SKEIN_REASON_service_unreachable)
    return answer_unreachable(skb, code, 0, service, SKEIN_REASON_service_unreachable, SKEIN_REASON_drop_no_backend);
  return leave(skb, reason, DROP);
}

INLINE int ipv4_from_container(struct __sk_buff* skb, const struct skein_attachment* self) {
  struct ethhdr* eth = first_bytes(skb, sizeof(*eth) + sizeof(struct iphdr));
  struct iphdr* ip = (void*)(eth + 1);
  if (!eth || ip->version != 4 || ip->ihl < 5) return leave(skb, SKEIN_REASON_drop_malformed, DROP);

  int to_group = is_group(eth->h_dest);
  __be32 source = ip->saddr, target = ip->daddr;
  int is_own = source == self->address || (source == 0 && to_group); /* DHCP asks with no address yet */
  if (!is_own) return leave(skb, SKEIN_REASON_drop_spoofed, DROP);
  if (to_group) return flood_from_container(skb, self);

  struct skein_endpoint* endpoint = find_endpoint(self->vni, target);
  if (endpoint && is_engine_itself(endpoint)) {
    int action = answer_client_of_mesh(skb, self, target);
    if (action != GO_ON) return action;
  }
  if (endpoint) {
    if (between_endpoints(skb, self, endpoint)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  } else if (is_in_network(self, target) && !is_host_in_mesh(self->vni, target)) {
    __u32 protocol = ip->protocol;
    int reason = to_service(skb, self->vni);
    if (reason != GO_ON) return leave_service(skb, protocol, target, reason);
  } else {
    return leave_network(skb, self, target);
  }

  eth = first_bytes(skb, sizeof(*eth) + sizeof(struct iphdr));
  ip = (void*)(eth + 1);
  if (!eth) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (!endpoint) endpoint = find_endpoint(self->vni, ip->daddr);
  if (!endpoint) return leave(skb, SKEIN_REASON_drop_unknown_destination, DROP);
  if (!endpoint->host) return deliver_here(skb, endpoint, eth);
  return send_to_host(skb, self, endpoint, ip, target);
}

INLINE int frame_from_container(struct __sk_buff* skb) {
  __u32 ifindex = skb->ifindex;
  struct skein_attachment* self = bpf_map_lookup_elem(&attachments, &ifindex);
  if (!self || self->kind != SKEIN_ENDPOINT) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
  struct ethhdr* eth = first_bytes(skb, sizeof(*eth));
  if (!eth) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (!same_mac(eth->h_source, self->mac)) return leave(skb, SKEIN_REASON_drop_spoofed, DROP);
  if (skb->vlan_present) return leave(skb, SKEIN_REASON_drop_protocol, DROP);

  if (eth->h_proto == bpf_htons(ETH_P_IP)) return ipv4_from_container(skb, self);
  if (eth->h_proto == bpf_htons(ETH_P_ARP)) return arp_from_container(skb, self);
  if (eth->h_proto == bpf_htons(ETH_P_IPV6) && is_mesh(self->vni))
    return ipv6_from_container(skb, self, is_group(eth->h_dest));
  if (eth->h_proto == bpf_htons(ETH_P_IPV6) && is_group(eth->h_dest)) return flood_from_container(skb, self);
  return leave(skb, SKEIN_REASON_drop_protocol, DROP);
}

#endif
