/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Ways of packets through the routing mesh: other addresses and ports, into the tunnel, out to clients. */
#ifndef SKEIN_KERNEL_BPF_MESH_WAY_H_
#define SKEIN_KERNEL_BPF_MESH_WAY_H_

#include "kernel/bpf/mesh/mesh_translate.h"
#include "kernel/bpf/too_big.h"

#define AF_INET 2
#define AF_INET6 10
#define LOOPBACK_IFINDEX 1 /* in every network namespace */
#define ICMP_CHECKSUM_OFFSET 2

/* One port. SCTP's checksum covers all of the packet (RFC 9260 6.8): flows of other ports are not made for it. */
INLINE long replace_port(struct __sk_buff* skb, const struct traits* traits, int is_source, __be16 before,
                         __be16 after) {
  if (before == after) return 0;
  __u32 at = traits->transport + (is_source ? 0 : sizeof(before));
  if (traits->quote) {
    /* What an error quotes went the other way; the error's own checksum covers it. */
    struct iphdr quoted;
    if (bpf_skb_load_bytes(skb, traits->quote, &quoted, sizeof(quoted)) || quoted.ihl < 5) return -1;
    at = traits->quote + quoted.ihl * 4 + (is_source ? sizeof(before) : 0);
    if (bpf_l4_csum_replace(skb, traits->transport + ICMP_CHECKSUM_OFFSET, before, after, sizeof(after))) return -1;
  } else if (traits->protocol == IPPROTO_TCP) {
    if (bpf_l4_csum_replace(skb, traits->transport + TCP_CHECKSUM_OFFSET, before, after, sizeof(after))) return -1;
  } else if (traits->protocol == IPPROTO_UDP) {
    if (bpf_l4_csum_replace(skb, traits->transport + UDP_CHECKSUM_OFFSET, before, after,
                            BPF_F_MARK_MANGLED_0 | sizeof(after)))
      return -1;
  }
  return bpf_skb_store_bytes(skb, at, &after, sizeof(after), 0);
}

/* Gives the packet the addresses and ports of the flow. The source of an error stays, unless it is the one that it is
 * about: a router on the way speaks for itself. */
INLINE long readdress(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  const struct iphdr* ip = &s->ip;
  const struct traits* traits = &s->traits;
  __be32 source = flow->source.words[3], target = flow->target.words[3];
  __be16 source_port = flow->source_port, target_port = flow->target_port;
  struct iphdr* quoted = &s->quoted;
  if (traits->quote) {
    if (bpf_skb_load_bytes(skb, traits->quote, quoted, sizeof(*quoted))) return -1;
    if (quoted->saddr != target &&
        replace_in_header(skb, traits->quote, offsetof(struct iphdr, saddr), quoted->saddr, target))
      return -1;
    if (quoted->daddr != source &&
        replace_in_header(skb, traits->quote, offsetof(struct iphdr, daddr), quoted->daddr, source))
      return -1;
    if (ip->saddr == quoted->daddr && ip->saddr != source &&
        replace_in_header(skb, ETH_HLEN, offsetof(struct iphdr, saddr), ip->saddr, source))
      return -1;
    if (ip->daddr != target && replace_in_header(skb, ETH_HLEN, offsetof(struct iphdr, daddr), ip->daddr, target))
      return -1;
  } else {
    if (ip->saddr != source && replace_address(skb, traits, offsetof(struct iphdr, saddr), 0, ip->saddr, source))
      return -1;
    if (ip->daddr != target && replace_address(skb, traits, offsetof(struct iphdr, daddr), 0, ip->daddr, target))
      return -1;
  }
  return replace_port(skb, traits, 1, traits->source_port, source_port) ||
                 replace_port(skb, traits, 0, traits->target_port, target_port)
             ? -1
             : 0;
}

/* Whether the ingress network's packets pass between hosts encrypted. */
INLINE __u32 is_mesh_encrypted(void) {
  struct skein_mesh* own = mesh_of_host();
  return own && own->is_encrypted;
}

/* To another host of the ingress network. What is too big was answered before. */
INLINE int into_tunnel(struct __sk_buff* skb, struct mesh_scratch* s, __u32 vni, const __u8* from, const __u8* to,
                       __be32 host, enum skein_reason reason) {
  __u32 is_encrypted = is_mesh_encrypted();
  struct outer* outer = &s->outer;
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  if (!path) return leave(skb, SKEIN_REASON_drop_no_path, DROP);
  __u32 frame_bytes = skb->len;
  __builtin_memcpy(outer->inner.h_dest, to, ETH_ALEN);
  __builtin_memcpy(outer->inner.h_source, from, ETH_ALEN);
  outer->inner.h_proto = skb->protocol;
  fill_tunnel(outer, source_port(skb), tunnel_port(), vni, frame_bytes);
  fill_path(&outer->eth, &outer->ip, path, host, frame_bytes);
  if (wrap(skb, outer, is_encrypted)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return is_encrypted ? send_to_esp(skb) : send(skb, path, reason);
}

/* The device by which the host reaches a client; 0: by none. */
__noinline __u32 device_towards(struct __sk_buff* skb, __be32 source, __be32 client) {
  struct bpf_fib_lookup route = {};
  struct skein_mesh* own = mesh_of_host();
  if (!own) return 0;
  route.family = AF_INET;
  route.ipv4_src = source;
  route.ipv4_dst = client;
  route.ifindex = own->ifindex;
  long found = bpf_fib_lookup(skb, &route, sizeof(route), 0);
  return found == BPF_FIB_LKUP_RET_SUCCESS || found == BPF_FIB_LKUP_RET_NO_NEIGH ? route.ifindex : 0;
}

/* The packet, which has its final addresses, goes to a client: one of the host itself, or one outside, by the device
 * `ifindex` (0: the one that a route names). */
INLINE int to_client(struct __sk_buff* skb, __be32 client, __u32 ifindex, enum skein_reason reason) {
  struct skein_mesh* own = mesh_of_host();
  if (!own) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
  if (client == own->client) {
    ifindex = own->ifindex;
    if (bpf_skb_store_bytes(skb, 0, own->mac, ETH_ALEN, 0)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
    bpf_skb_change_type(skb, PACKET_HOST);
    return leave_towards(skb, reason, ifindex, bpf_redirect(ifindex, BPF_F_INGRESS));
  }
  if (!ifindex) ifindex = device_towards(skb, 0, client);
  if (!ifindex) return leave(skb, SKEIN_REASON_drop_no_path, DROP);
  return leave_towards(skb, reason, ifindex, bpf_redirect_neigh(ifindex, NULL, 0, 0));
}

/* The same for s->to. */
__noinline __u32 device_towards6(struct __sk_buff* skb) {
  struct skein_mesh* own = mesh_of_host();
  struct mesh_scratch* s = scratch();
  if (!own || !s) return 0;
  struct bpf_fib_lookup* route = &s->route;
  __builtin_memset(route, 0, sizeof(*route));
  route->family = AF_INET6;
  __builtin_memcpy(route->ipv6_dst, &s->to, sizeof(s->to));
  route->ifindex = own->ifindex;
  long found = bpf_fib_lookup(skb, route, sizeof(*route), 0);
  return found == BPF_FIB_LKUP_RET_SUCCESS || found == BPF_FIB_LKUP_RET_NO_NEIGH ? route->ifindex : 0;
}

INLINE int is_own_client6(const struct skein_address* address) {
  return address->words[0] == bpf_htonl(SKEIN_MESH_PREFIX6_WORD0) &&
         address->words[1] == bpf_htonl(SKEIN_MESH_PREFIX6_WORD1) && !address->words[2] &&
         address->words[3] == bpf_htonl(SKEIN_MESH_CLIENT6_WORD3);
}

/* As to_client, to s->to. The host's own clients get it by the loopback device: their connections to ::1 would accept
 * it from no other. */
INLINE int to_client6(struct __sk_buff* skb, struct mesh_scratch* s, __u32 ifindex, enum skein_reason reason) {
  if (is_own_client6(&s->to)) {
    const __u8 loopback[ETH_ALEN] = {};
    if (bpf_skb_store_bytes(skb, 0, loopback, ETH_ALEN, 0)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
    bpf_skb_change_type(skb, PACKET_HOST);
    return leave_towards(skb, reason, LOOPBACK_IFINDEX, bpf_redirect(LOOPBACK_IFINDEX, BPF_F_INGRESS));
  }
  if (!ifindex) ifindex = device_towards6(skb);
  if (!ifindex) return leave(skb, SKEIN_REASON_drop_no_path, DROP);
  return leave_towards(skb, reason, ifindex, bpf_redirect_neigh(ifindex, NULL, 0, 0));
}

#endif
