/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What arrives from other hosts: tc ingress on the underlay devices.
 *
 * Taken are tunnel packets for our address, for networks that we know; of them only those whose inner source belongs to
 * the host that sent them, and none from an address that no host can have. All else goes on to the stack as it came.
 * `front` (tunnel.h) tells what is in front of the inner packet.
 *
 * Who decrypts hands the same packets over by its own device, and by it only packets of encrypted networks are taken,
 * which are taken by no other.
 */
#ifndef SKEIN_KERNEL_BPF_UNDERLAY_H_
#define SKEIN_KERNEL_BPF_UNDERLAY_H_

#include "kernel/bpf/arp.h"
#include "kernel/bpf/flood.h"
#include "kernel/bpf/mesh/mesh.h"
#include "kernel/bpf/mesh/mesh_backend.h"
#include "kernel/bpf/service.h"
#include "kernel/bpf/tunnel.h"
#include "kernel/bpf/underlay6.h"

/* The headers as they arrive, from the outer IP header on; SKEIN_OVERHEAD_BYTES long. */
struct tunnel_headers {
  struct iphdr ip;
  struct udphdr udp;
  struct vxlan vxlan;
  struct ethhdr inner;
};

/* What has been read of a tunnel packet, before anything moves it. */
struct arrival {
  __be32 sender; /* outer source: tunnel endpoint of the host */
  __u32 vni;
  __u32 was_encrypted;
  struct ethhdr inner;
};

/* The outer headers of a packet that is a tunnel packet for us; NULL otherwise, with the reason for leaving it alone.
 */
INLINE struct tunnel_headers* tunnel_packet(struct __sk_buff* skb, const __u32 link_bytes, enum skein_reason* reason) {
  const __u32 bytes = link_bytes + SKEIN_OVERHEAD_BYTES;
  __u32 zero = 0;
  *reason = SKEIN_REASON_underlay_other;
  if (skb->protocol != bpf_htons(ETH_P_IP) || skb->pkt_type != PACKET_HOST || skb->len < bytes) return NULL;
  void* data = first_bytes(skb, bytes);
  struct skein_settings* own = bpf_map_lookup_elem(&settings, &zero);
  if (!data || !own || !own->tunnel_address) return NULL;
  struct tunnel_headers* outer = data + link_bytes;
  if (outer->ip.version != 4 || outer->ip.ihl != 5 || outer->ip.protocol != IPPROTO_UDP) return NULL;
  if (outer->ip.daddr != own->tunnel_address) return NULL;
  if (outer->ip.frag_off & bpf_htons(IP_FRAGMENT)) {
    if (outer->udp.dest == own->tunnel_port) *reason = SKEIN_REASON_underlay_fragment;
    return NULL;
  }
  return outer->udp.dest == own->tunnel_port ? outer : NULL;
}

/* RFC 1122 3.2.1.3: "this network" (0/8), loopback (127/8), multicast and reserved with broadcast (224/3). Zero would
 * also be taken for this host, which it is in the table of endpoints. */
INLINE int is_martian(__be32 sender) {
  __u32 first_octet = bpf_ntohl(sender) >> 24;
  return first_octet == 0 || first_octet == 127 || first_octet >= 224;
}

/* 0 if `source`, which was found in the network, belongs to the sender; otherwise the reason for dropping. */
INLINE int source_fault(const struct arrival* arrival, const struct skein_endpoint* source) {
  __be32 sender = arrival->sender;
  if (source && source->host == sender) return 0;
  return bpf_map_lookup_elem(&hosts, &sender) ? SKEIN_REASON_drop_foreign_source : SKEIN_REASON_drop_unknown_host;
}

INLINE int sender_fault(const struct arrival* arrival, __be32 address) {
  return source_fault(arrival, find_endpoint(arrival->vni, address));
}

/* Leaves the inner frame alone in the packet. */
INLINE long strip(struct __sk_buff* skb, const __u32 front, const struct ethhdr* eth) {
  if (front != FRONT_STRIPPED && close_room(skb)) return -1;
  if (front == FRONT_WITHOUT_LINK && bpf_skb_change_head(skb, ETH_HLEN, 0)) return -1;
  return bpf_skb_store_bytes(skb, 0, eth, sizeof(*eth), 0);
}

INLINE int unknown_network(struct __sk_buff* skb, const struct arrival* arrival) {
  return leave(skb, SKEIN_REASON_underlay_unknown_network, arrival->was_encrypted ? DROP : PASS);
}

/* 0 if the packet came as those of its network do; otherwise the reason for dropping. */
INLINE int clear_fault(const struct arrival* arrival, __u32 is_encrypted) {
  if (!is_encrypted == !arrival->was_encrypted) return 0;
  return is_encrypted ? SKEIN_REASON_drop_in_clear : SKEIN_REASON_drop_not_encrypted;
}

INLINE int flood_arrival(struct __sk_buff* skb, const __u32 front, struct arrival* arrival) {
  if (strip(skb, front, &arrival->inner)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  copy_to_locals(skb, arrival->vni, 0);
  return leave(skb, SKEIN_REASON_flooded_from_remote, DROP);
}

/* A client's packet for a backend here, from the host at which it came in. `service` as in from_entry(). */
INLINE int entry_arrival(struct __sk_buff* skb, const __u32 front, struct arrival* arrival, __u32 ifindex,
                         __be32 service) {
  if (strip(skb, front, &arrival->inner)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  int reason = from_entry(skb, arrival->sender, arrival->vni, service);
  if (reason != GO_ON) return leave(skb, reason, DROP);
  return leave_towards(skb, SKEIN_REASON_mesh_from_entry, ifindex, bpf_redirect_peer(ifindex, 0));
}

/* A backend's answer to a client that came in here. */
INLINE int answer_arrival(struct __sk_buff* skb, const __u32 front, struct arrival* arrival) {
  if (strip(skb, front, &arrival->inner)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  int action = to_known_client(skb, arrival->vni);
  return action == GO_ON ? leave(skb, SKEIN_REASON_drop_unknown_destination, DROP) : action;
}

INLINE int ipv4_arrival(struct __sk_buff* skb, const __u32 front, struct arrival* arrival) {
  struct iphdr ip;
  int fault;
  if (bpf_skb_load_bytes(skb, front, &ip, sizeof(ip)) || ip.version != 4)
    return leave(skb, SKEIN_REASON_drop_malformed, DROP);

  if (is_group(arrival->inner.h_dest)) {
    struct skein_flood* flood = bpf_map_lookup_elem(&floods, &arrival->vni);
    if (!flood) return unknown_network(skb, arrival);
    __be32 sender = arrival->sender;
    int asks_for_address = ip.saddr == 0 && bpf_map_lookup_elem(&hosts, &sender);
    fault = clear_fault(arrival, flood->is_encrypted);
    if (!fault && !asks_for_address) fault = sender_fault(arrival, ip.saddr);
    return fault ? leave(skb, fault, DROP) : flood_arrival(skb, front, arrival);
  }

  struct skein_endpoint* target = find_endpoint(arrival->vni, ip.daddr);
  struct skein_flood* flood = target || is_mesh(arrival->vni) ? NULL : bpf_map_lookup_elem(&floods, &arrival->vni);
  if (!target && !is_mesh(arrival->vni) && !flood) return unknown_network(skb, arrival);
  fault = clear_fault(arrival, target  ? target->flags & SKEIN_ENCRYPTED
                               : flood ? flood->is_encrypted
                                       : is_mesh_encrypted());
  if (fault) return leave(skb, fault, DROP);
  struct skein_endpoint* source = find_endpoint(arrival->vni, ip.saddr);
  fault = source_fault(arrival, source);
  if (fault == SKEIN_REASON_drop_foreign_source && !source && target && !target->host && is_mesh(arrival->vni)) {
    __builtin_memcpy(arrival->inner.h_dest, target->mac, ETH_ALEN);
    return entry_arrival(skb, front, arrival, target->ifindex, 0);
  }
  if (fault) return leave(skb, fault, DROP);
  if (!target && is_mesh(arrival->vni)) return answer_arrival(skb, front, arrival);
  if (!target) return leave(skb, SKEIN_REASON_drop_unknown_destination, DROP);
  if (target->host) return leave(skb, SKEIN_REASON_drop_not_here, DROP);

  __u32 ifindex = target->ifindex;
  __builtin_memcpy(arrival->inner.h_dest, target->mac, ETH_ALEN);
  if (source && is_engine_itself(source) && target->service && is_mesh(arrival->vni))
    return entry_arrival(skb, front, arrival, ifindex, target->service);
  __be32 service = source ? source->service : 0;
  if (strip(skb, front, &arrival->inner)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  if (service && from_service(skb, arrival->vni, service)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return leave_towards(skb, SKEIN_REASON_from_remote, ifindex, bpf_redirect_peer(ifindex, 0));
}

/* A kernel vxlan device may ask instead of being told. The reply is a new packet in the old one's place: stripping and
 * widening it also forgets that somebody meant to fill in the outer UDP checksum. */
INLINE int arp_arrival(struct __sk_buff* skb, const __u32 front, struct arrival* arrival) {
  struct mesh_scratch* s = scratch();
  __be32 sender = arrival->sender;
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &sender);
  if (!s) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
  struct outer* reply = &s->outer;
  struct arp_ipv4* arp = &reply->arp;

  struct skein_flood* flood = bpf_map_lookup_elem(&floods, &arrival->vni);
  if (!flood) return unknown_network(skb, arrival);
  if (!path) return leave(skb, SKEIN_REASON_drop_unknown_host, DROP);
  int fault = clear_fault(arrival, flood->is_encrypted);
  if (fault) return leave(skb, fault, DROP);
  if (bpf_skb_load_bytes(skb, front, arp, sizeof(*arp)) || !is_arp_for_ipv4(arp))
    return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  fault = arp->sender ? sender_fault(arrival, arp->sender) : 0;
  if (fault) return leave(skb, fault, DROP);
  if (arp->operation != bpf_htons(ARPOP_REQUEST)) return leave(skb, SKEIN_REASON_drop_arp_ignored, DROP);
  struct skein_endpoint* target = find_endpoint(arrival->vni, arp->target);
  if (!target) return leave(skb, SKEIN_REASON_drop_arp_unknown, DROP);
  if (target->host) return leave(skb, SKEIN_REASON_drop_not_here, DROP);

  __u32 frame_bytes = skb->len - front + ETH_HLEN;
  turn_into_reply(arp, target->mac);
  __builtin_memcpy(reply->inner.h_dest, arrival->inner.h_source, ETH_ALEN);
  __builtin_memcpy(reply->inner.h_source, target->mac, ETH_ALEN);
  reply->inner.h_proto = bpf_htons(ETH_P_ARP);
  if (front == FRONT_STRIPPED) {
    if (bpf_skb_store_bytes(skb, 0, &reply->inner, sizeof(reply->inner) + sizeof(reply->arp), 0) ||
        name_tunnel(skb, path->source, sender, arrival->vni))
      return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
    return send_to_esp(skb);
  }
  fill_tunnel(reply, source_port(skb), tunnel_port(), arrival->vni, frame_bytes);
  fill_path(&reply->eth, &reply->ip, path, sender, frame_bytes);
  if (close_room(skb) || bpf_skb_adjust_room(skb, SKEIN_OVERHEAD_BYTES, BPF_ADJ_ROOM_MAC, 0) ||
      bpf_skb_store_bytes(skb, 0, (void*)&reply->inner + ETH_HLEN - front, front + sizeof(reply->arp), 0))
    return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return arrival->was_encrypted ? send_to_esp(skb) : send(skb, path, SKEIN_REASON_arp_answered_remote);
}

/* A tunnel packet, of which the arrival tells. */
INLINE int tunnel_arrival(struct __sk_buff* skb, const __u32 front, struct arrival* arrival) {
  __be16 protocol = arrival->inner.h_proto;
  if (is_martian(arrival->sender)) return leave(skb, SKEIN_REASON_drop_martian_sender, DROP);
  if (protocol == bpf_htons(ETH_P_IP)) return ipv4_arrival(skb, front, arrival);
  if (protocol == bpf_htons(ETH_P_ARP)) return arp_arrival(skb, front, arrival);
  if (protocol == bpf_htons(ETH_P_IPV6) && is_mesh(arrival->vni)) {
    int fault = clear_fault(arrival, is_mesh_encrypted());
    return fault ? leave(skb, fault, DROP) : ipv6_arrival(skb, front, arrival->sender, arrival->vni);
  }
  struct skein_flood* flood = bpf_map_lookup_elem(&floods, &arrival->vni);
  if (!flood) return unknown_network(skb, arrival);
  if (!bpf_map_lookup_elem(&hosts, &arrival->sender)) return leave(skb, SKEIN_REASON_drop_unknown_host, DROP);
  int fault = clear_fault(arrival, flood->is_encrypted);
  if (fault) return leave(skb, fault, DROP);
  if (protocol == bpf_htons(ETH_P_IPV6) && is_group(arrival->inner.h_dest)) return flood_arrival(skb, front, arrival);
  return leave(skb, SKEIN_REASON_drop_protocol, DROP);
}

INLINE int frame_from_underlay(struct __sk_buff* skb, const __u32 front, const __u32 was_encrypted) {
  const __u32 link_bytes = front - SKEIN_OVERHEAD_BYTES;
  enum skein_reason reason;
  struct tunnel_headers* outer = tunnel_packet(skb, link_bytes, &reason);
  if (!outer && was_encrypted) return leave(skb, SKEIN_REASON_drop_protocol, DROP);
  if (!outer) {
    int action = GO_ON;
    int is_ip = skb->protocol == bpf_htons(ETH_P_IP) || skb->protocol == bpf_htons(ETH_P_IPV6);
    if (link_bytes && is_ip && skb->pkt_type == PACKET_HOST) action = known_client(skb);
    return action == GO_ON ? leave(skb, reason, PASS) : action;
  }
  struct arrival arrival = {outer->ip.saddr, bpf_ntohl(outer->vxlan.vni) >> 8, was_encrypted, outer->inner};
  if (!(outer->vxlan.flags & VXLAN_HAS_VNI) && !is_martian(arrival.sender))
    return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  return tunnel_arrival(skb, front, &arrival);
}

/* What the kernel has decrypted. Its firewall let in nothing on the tunnel's port that was not encrypted. The frame is
 * for a MAC that the device does not have, so that the kernel would leave it to others. */
INLINE int frame_from_kernel_esp(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = {};
  struct arrival arrival = {};
  if (bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0) ||
      bpf_skb_load_bytes(skb, 0, &arrival.inner, sizeof(arrival.inner)))
    return leave(skb, SKEIN_REASON_drop_protocol, DROP);
  arrival.sender = bpf_htonl(key.remote_ipv4);
  arrival.vni = key.tunnel_id;
  arrival.was_encrypted = 1;
  bpf_skb_change_type(skb, PACKET_HOST);
  return tunnel_arrival(skb, FRONT_STRIPPED, &arrival);
}

#endif
