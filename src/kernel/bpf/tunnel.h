/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Writing and stripping of the tunnel's headers: VXLAN over UDP over IPv4 (RFC 7348).
 *
 * Outer headers: DF set (a tunnel endpoint must not fragment, 4.3; we take no fragments), TTL 64, TOS 0, no UDP
 * checksum, source port by flow in the dynamic range (5).
 */
#ifndef SKEIN_KERNEL_BPF_TUNNEL_H_
#define SKEIN_KERNEL_BPF_TUNNEL_H_

#include "kernel/bpf/kernel_esp.h"

#define VXLAN_HAS_VNI 0x08
#define SOURCE_PORT_BASE 49152 /* 2^14 ports up to 65535 */
#define SOURCE_PORT_MASK 0x3fff

/* Everything in front of the inner packet's network header. In the packet it begins with `eth`. Kernels up to 6.7 allow
 * 512 bytes of stack over all nested calls, each rounded up to 32: what needs the front only, has the front only. */
struct outer {
  __u8 alignment[2];
  struct ethhdr eth;
  struct iphdr ip;
  struct udphdr udp;
  struct vxlan vxlan;
  struct ethhdr inner;
  struct arp_ipv4 arp; /* only when the inner packet is written here, too */
};
#define OUTER_BYTES (ETH_HLEN + SKEIN_OVERHEAD_BYTES)

/* What arrives has so many bytes in front of the inner packet: on a wire, on a device without link layer, or from a
 * kernel that has decrypted it and taken the tunnel's headers off. */
#define FRONT_ON_WIRE (ETH_HLEN + SKEIN_OVERHEAD_BYTES)
#define FRONT_WITHOUT_LINK SKEIN_OVERHEAD_BYTES
#define FRONT_STRIPPED ETH_HLEN

INLINE __be16 source_port(struct __sk_buff* skb) {
  return bpf_htons(SOURCE_PORT_BASE | (bpf_get_hash_recalc(skb) & SOURCE_PORT_MASK));
}

/* Fills what does not depend on the path. `frame_bytes` is the length of the inner Ethernet frame. */
INLINE void fill_tunnel(struct outer* outer, __be16 from_port, __be16 to_port, __u32 vni, __u32 frame_bytes) {
  __u32 udp_bytes = sizeof(struct udphdr) + sizeof(struct vxlan) + frame_bytes;
  outer->udp.source = from_port;
  outer->udp.dest = to_port;
  outer->udp.len = bpf_htons(udp_bytes > 0xffff ? 0 : udp_bytes);
  outer->udp.check = 0;
  __builtin_memset(&outer->vxlan, 0, sizeof(outer->vxlan));
  outer->vxlan.flags = VXLAN_HAS_VNI;
  outer->vxlan.vni = bpf_htonl(vni << 8);
}

INLINE void fill_path(struct ethhdr* eth, struct iphdr* ip, const struct skein_path* path, __be32 host,
                      __u32 frame_bytes) {
  __builtin_memcpy(eth->h_dest, path->next_hop_mac, ETH_ALEN);
  __builtin_memcpy(eth->h_source, path->source_mac, ETH_ALEN);
  eth->h_proto = bpf_htons(ETH_P_IP);
  fill_ipv4(ip, IPPROTO_UDP, path->source, host, SKEIN_TUNNEL_BYTES + frame_bytes);
}

/* Makes room for the outer headers behind the Ethernet header; large frames stay whole, the kernel or the NIC repeats
 * the outer headers per segment. Not for ARP: the kernel opens room only in IP packets. */
INLINE long open_room(struct __sk_buff* skb) {
  return bpf_skb_adjust_room(skb, SKEIN_OVERHEAD_BYTES, BPF_ADJ_ROOM_MAC,
                             BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
                                 BPF_F_ADJ_ROOM_ENCAP_L2(ETH_HLEN) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH);
}

/* The same for who encrypts: the kernel sees a longer link header in front of the inner packet, and hands large frames
 * over as they are. */
INLINE long open_esp_room(struct __sk_buff* skb) { return bpf_skb_change_head(skb, SKEIN_OVERHEAD_BYTES, 0); }

/* Where the kernel encrypts, the headers are its own to write. */
INLINE long wrap(struct __sk_buff* skb, const struct outer* outer, __u32 is_encrypted) {
  if (is_encrypted && kernel_encrypts())
    return name_tunnel(skb, outer->ip.saddr, outer->ip.daddr, bpf_ntohl(outer->vxlan.vni) >> 8) ||
           bpf_skb_store_bytes(skb, 0, &outer->inner, ETH_HLEN, 0);
  if (is_encrypted ? open_esp_room(skb) : open_room(skb)) return -1;
  return bpf_skb_store_bytes(skb, 0, &outer->eth, OUTER_BYTES, 0);
}

/* What an inner IP packet may have on this path. */
INLINE __u32 inner_mtu(const struct skein_path* path, __u32 is_encrypted) {
  return is_encrypted ? SKEIN_ESP_MTU(path->mtu) : path->mtu - SKEIN_OVERHEAD_BYTES;
}

/* Removes the outer headers and the inner Ethernet header, keeping the outer one's place in front. The checksum that
 * the NIC verified was the outer one: one level less is known now. */
INLINE long close_room(struct __sk_buff* skb) {
  long failed = bpf_skb_adjust_room(skb, -SKEIN_OVERHEAD_BYTES, BPF_ADJ_ROOM_MAC,
                                    BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET);
  if (!failed) bpf_csum_level(skb, BPF_CSUM_LEVEL_DEC);
  return failed;
}

/* Sends a packet whose outer headers are written. A device without link layer takes it from the IP header on. */
INLINE int send(struct __sk_buff* skb, const struct skein_path* path, enum skein_reason reason) {
  __u32 ifindex = path->ifindex;
  if (no_mac(path->next_hop_mac) && !no_mac(path->source_mac))
    return leave_towards(skb, reason == SKEIN_REASON_to_remote ? SKEIN_REASON_to_remote_slow : reason, ifindex,
                         bpf_redirect_neigh(ifindex, NULL, 0, 0));
  return leave_towards(skb, reason, ifindex, bpf_redirect(ifindex, 0));
}

/* To who encrypts, in the form that wrap() gave it. */
INLINE int send_to_esp(struct __sk_buff* skb) {
  __u32 zero = 0;
  struct skein_settings* current = bpf_map_lookup_elem(&settings, &zero);
  __u32 ifindex = current ? current->esp_ifindex : 0;
  if (!ifindex) return leave(skb, SKEIN_REASON_drop_no_esp, DROP);
  return leave_towards(skb, SKEIN_REASON_esp_to_remote, ifindex, bpf_redirect(ifindex, 0));
}

INLINE __be16 tunnel_port(void) {
  __u32 zero = 0;
  struct skein_settings* current = bpf_map_lookup_elem(&settings, &zero);
  return current ? current->tunnel_port : 0;
}

#endif
