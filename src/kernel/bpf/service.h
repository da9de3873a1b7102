/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Virtual addresses of services: each flow of a container here is led to one backend, and keeps it.
 *
 * Only addresses change, the target's on the way to the backend, the source's on the way back; the client's own stays.
 * A backend belongs to one virtual address, so that the answers' way needs no table of its own. A container that is led
 * to itself sees the virtual address as its peer: both ways, source and target are exchanged.
 */
#ifndef SKEIN_KERNEL_BPF_SERVICE_H_
#define SKEIN_KERNEL_BPF_SERVICE_H_

#include "kernel/bpf/flow.h"
#include "kernel/bpf/pick_backend.h"

INLINE struct skein_flow_key key_to_service(__u32 vni, const struct iphdr* ip, const struct traits* traits) {
  struct skein_flow_key key = {vni, ip->saddr, ip->daddr, traits->source_port, traits->target_port, traits->protocol};
  return key;
}

INLINE struct skein_flow_key key_from_backend(__u32 vni, __be32 client, __be32 service, const struct traits* traits) {
  struct skein_flow_key key = {vni, client, service, traits->target_port, traits->source_port, traits->protocol};
  return key;
}

INLINE int begins_connection(const struct traits* traits) {
  return traits->protocol == IPPROTO_TCP && !traits->quote && (traits->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* A client that begins again on the same ports has done with what was before; the same SYN once more has not. */
INLINE int begins_again(const struct skein_flow* flow, const struct traits* traits) {
  return begins_connection(traits) && flow->state;
}

INLINE struct skein_fragment_key fragment_key(__u32 vni, const struct iphdr* ip) {
  struct skein_fragment_key key = {vni, ip->saddr, ip->daddr, ip->id, ip->protocol};
  return key;
}

INLINE void remember_fragments(__u32 vni, const struct iphdr* ip, __be32 address) {
  struct skein_fragment_key key = fragment_key(vni, ip);
  if (is_first_fragment(ip)) bpf_map_update_elem(&fragments, &key, &address, BPF_ANY);
}

INLINE __be32 find_fragment(__u32 vni, const struct iphdr* ip) {
  struct skein_fragment_key key = fragment_key(vni, ip);
  __be32* address = bpf_map_lookup_elem(&fragments, &key);
  return address ? *address : 0;
}

/* The backend of a flow that is known; 0: of none. */
INLINE __be32 known_backend(__u32 vni, const struct iphdr* ip, const struct traits* traits, int* is_lost) {
  struct skein_flow_key key = key_to_service(vni, ip, traits);
  struct found_flow found = find_flow(&key);
  if (found.flow) {
    int is_over = begins_again(found.flow, traits);
    if (!is_over && keeps_flow(find_endpoint(vni, found.flow->backend), key.service, key.protocol)) {
      __be32 backend = found.flow->backend;
      follow_flow(&key, found, traits, 1);
      return backend;
    }
    *is_lost = !is_over;
    end_flow(&key, found);
    return 0;
  }
  /* What a container answers to itself. */
  key = key_from_backend(vni, ip->saddr, ip->daddr, traits);
  found = find_flow(&key);
  if (!found.flow || found.flow->backend != ip->saddr) return 0;
  follow_flow(&key, found, traits, 0);
  return ip->saddr;
}

/* The backend of a packet's flow, known or new. 0: none, with the reason. */
INLINE __be32 choose_backend(__u32 vni, const struct iphdr* ip, const struct traits* traits, int* reason) {
  int is_lost = 0; /* the flow had a backend */
  __be32 backend = known_backend(vni, ip, traits, &is_lost);
  if (backend) return backend;

  struct skein_flow_key key = key_to_service(vni, ip, traits);
  struct skein_endpoint_key service = {vni, key.service};
  *reason = SKEIN_REASON_drop_unknown_destination;
  if (!is_lost && !bpf_map_lookup_elem(&services, &service)) return 0;
  *reason = SKEIN_REASON_drop_no_backend;
  if (traits->quote || traits->flags & TCP_RST) return 0;
  int is_tcp = traits->protocol == IPPROTO_TCP;
  *reason = is_tcp ? SKEIN_REASON_service_reset : SKEIN_REASON_service_unreachable;
  if (is_tcp && !begins_connection(traits)) return 0;
  struct skein_flow made = {pick_backend(vni, key.service, key.client), 0};
  if (!made.backend) return 0;
  count(SKEIN_REASON_service_flow);
  if (!make_flow(&key, &made)) return made.backend;
  *reason = SKEIN_REASON_drop_no_memory;
  return 0;
}

/* A packet for an address that no endpoint has. GO_ON: its target is now a backend's; otherwise the reason for which it
 * must leave. */
__noinline int to_service(struct __sk_buff* skb, __u32 vni) {
  struct iphdr ip;
  struct traits traits = {};
  int reason = SKEIN_REASON_drop_fragment;
  __be32 backend;
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip))) return SKEIN_REASON_drop_malformed;
  if (is_later_fragment(&ip)) {
    struct skein_endpoint_key service = {vni, ip.daddr};
    backend = find_fragment(vni, &ip);
    if (!backend && !bpf_map_lookup_elem(&services, &service)) return SKEIN_REASON_drop_unknown_destination;
  } else {
    if (read_traits(skb, &ip, &traits)) return SKEIN_REASON_drop_malformed;
    backend = choose_backend(vni, &ip, &traits, &reason);
    if (backend) remember_fragments(vni, &ip, backend);
  }
  if (!backend) return reason;

  long failed = backend == ip.saddr ? turn_round(skb, &traits)
                                    : replace_address(skb, &traits, offsetof(struct iphdr, daddr),
                                                      offsetof(struct iphdr, saddr), ip.daddr, backend);
  return failed ? SKEIN_REASON_drop_no_memory : GO_ON;
}

/* A packet of a backend of `service` for a container here: if it belongs to a flow to the virtual address, that becomes
 * its source. -1: the kernel could not change it. */
__noinline int from_service(struct __sk_buff* skb, __u32 vni, __be32 service) {
  struct iphdr ip;
  struct traits traits = {};
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip))) return 0;
  if (is_later_fragment(&ip)) {
    if (!find_fragment(vni, &ip)) return 0;
  } else {
    if (read_traits(skb, &ip, &traits)) return 0;
    struct skein_flow_key key = key_from_backend(vni, ip.daddr, service, &traits);
    struct found_flow found = find_flow(&key);
    if (!found.flow || found.flow->backend != ip.saddr) return 0;
    follow_flow(&key, found, &traits, 0);
    remember_fragments(vni, &ip, service);
  }
  return replace_address(skb, &traits, offsetof(struct iphdr, saddr), offsetof(struct iphdr, daddr), ip.saddr, service)
             ? -1
             : 0;
}

/* A packet for a backend of `service` itself. Its answers would look like those of a flow to the virtual address from
 * the same port, so that one ends here: the last to send is answered. Of TCP only the first packet of a connection. */
__noinline int forget_flow(struct __sk_buff* skb, __u32 vni, __be32 service) {
  struct iphdr ip;
  struct traits traits = {};
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || is_later_fragment(&ip)) return 0;
  if (read_traits(skb, &ip, &traits) || traits.quote) return 0;
  if (traits.protocol == IPPROTO_TCP && !begins_connection(&traits)) return 0;
  struct skein_flow_key key = key_to_service(vni, &ip, &traits);
  key.service = service;
  struct found_flow found = find_flow(&key);
  if (found.flow && found.flow->backend == ip.daddr) end_flow(&key, found);
  return 0;
}

#endif
