/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Clients' packets by IPv6 where the backends are, from an entry host or from this one.
 *
 * A container whose program listens by IPv6 gets them as they are. For one that listens by IPv4 alone they become IPv4,
 * from this host's own address on the network; a flow that does so has an entry for each direction here. Each datagram
 * asks anew who listens, of TCP the first packet of a connection: who began too early is served properly later.
 */
#ifndef SKEIN_KERNEL_BPF_MESH_BACKEND6_H_
#define SKEIN_KERNEL_BPF_MESH_BACKEND6_H_

#include "kernel/bpf/mesh/mesh_backend.h"

/* Whether a program in the container behind that interface takes the packet of s->key by IPv6. */
__noinline int listens6(struct __sk_buff* skb, __u32 ifindex) {
  struct mesh_scratch* s = scratch();
  struct skein_attachment* container = bpf_map_lookup_elem(&attachments, &ifindex);
  struct bpf_sock* found;
  if (!s || !container || container->netns < 0) return 0;
  struct bpf_sock_tuple* tuple = &s->tuple;
  __builtin_memcpy(tuple->ipv6.saddr, &s->key.source, sizeof(s->key.source));
  __builtin_memcpy(tuple->ipv6.daddr, &s->key.target, sizeof(s->key.target));
  tuple->ipv6.sport = s->key.source_port;
  tuple->ipv6.dport = s->key.target_port;
  skb->cb[2] = 0; /* where kernels before 6.2 look for a device of the packet */
  if (s->key.protocol == IPPROTO_TCP)
    found = bpf_skc_lookup_tcp(skb, tuple, sizeof(tuple->ipv6), (__u32)container->netns, 0);
  else
    found = bpf_sk_lookup_udp(skb, tuple, sizeof(tuple->ipv6), (__u32)container->netns, 0);
  if (!found) return 0;
  bpf_sk_release(found);
  return 1;
}

/* Makes the entries of the flow of s->key that becomes IPv4: s->flow. 0, or the reason why there is none. */
__noinline int begin_ipv4(void) {
  struct mesh_scratch* s = scratch();
  struct skein_mesh* own = mesh_of_host();
  if (!s || !own) return SKEIN_REASON_drop_unconfigured;
  __builtin_memset(&s->flow, 0, sizeof(s->flow));
  __builtin_memset(&s->reverse, 0, sizeof(s->reverse));
  map_address(&s->flow.source, own->address);
  map_address(&s->flow.target, s->key.target.words[3]);
  s->flow.source_port = s->key.source_port;
  s->flow.target_port = s->key.target_port;
  s->flow.vni = s->key.vni;
  turn_key(&s->flow, s->key.protocol, &s->other);
  s->reverse.source = s->key.target;
  s->reverse.target = s->key.source;
  s->reverse.source_port = s->key.target_port;
  s->reverse.target_port = s->key.source_port;
  s->reverse.vni = s->key.vni;
  s->reverse.host = s->key.host;
  if (take_way_back(0)) return SKEIN_REASON_drop_mesh_full;
  s->flow.source_port = s->other.target_port;
  return make_mesh(&s->key, &s->flow) ? SKEIN_REASON_drop_no_memory : 0;
}

INLINE int into_container6(struct __sk_buff* skb, const struct skein_endpoint* endpoint, __be32 sender) {
  __u32 ifindex = endpoint->ifindex;
  if (bpf_skb_store_bytes(skb, 0, endpoint->mac, ETH_ALEN, 0)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  bpf_skb_change_type(skb, PACKET_HOST);
  return leave_towards(skb, sender ? SKEIN_REASON_mesh_from_entry : SKEIN_REASON_mesh_to_local, ifindex,
                       bpf_redirect_peer(ifindex, 0));
}

INLINE int is_translated(const struct skein_mesh_flow* flow) { return flow && is_ipv4(&flow->source); }

/* Whether the flow of s->key becomes IPv4; `found` is what there was of it, and is none after this if it ends here. */
INLINE int becomes_ipv4(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_endpoint* endpoint,
                        struct found_mesh* found) {
  int was_ipv4 = is_translated(found->flow);
  int begins = begins_connection(&s->traits);
  if (s->key.protocol == IPPROTO_TCP && !begins) return was_ipv4;
  int is_ipv4 = !carries_ipv6(s->key.host) || !listens6(skb, endpoint->ifindex);
  if (found->flow && (is_ipv4 != was_ipv4 || (begins && found->flow->state))) {
    end_mesh(s, found->flow);
    found->flow = NULL;
  }
  return is_ipv4;
}

INLINE int error_from_entry6(struct __sk_buff* skb, struct mesh_scratch* s, __be32 sender, __u32 vni,
                             const struct skein_endpoint* endpoint) {
  __u32 kind = read_error6(skb, s);
  if (!kind) return leave(skb, SKEIN_REASON_drop_unknown_destination, DROP);
  s->key.vni = vni;
  s->key.host = sender;
  struct found_mesh found = find_mesh(&s->key);
  int reason = 0;
  if (is_translated(found.flow)) {
    if (put_error4(skb, s, found.flow, kind)) reason = SKEIN_REASON_drop_no_memory;
  } else if (sender) {
    reason = known_entry(sender, s->key.target_port, 1);
    if (!reason) reason = readdress_error6(skb, s, &s->flow);
  }
  return reason ? leave(skb, reason, DROP) : into_container6(skb, endpoint, sender);
}

/* A client's packet, or an error about an answer, for the address of an endpoint here. `sender`: the entry host; 0:
 * this one. */
__noinline int from_entry6(struct __sk_buff* skb, __be32 sender, __u32 vni) {
  struct mesh_scratch* s = scratch();
  if (!s || read_ip6(skb, s)) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  const struct skein_address* target = (const void*)&s->ip6.daddr;
  struct skein_endpoint* endpoint = find_endpoint(vni, target->words[3]);
  if (!endpoint || endpoint->host) return leave(skb, SKEIN_REASON_drop_not_here, DROP);
  if (s->ip6.nexthdr == IPPROTO_ICMPV6) return error_from_entry6(skb, s, sender, vni, endpoint);
  if (read_key6(skb, s)) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  s->key.vni = vni;
  s->key.host = sender;
  struct found_mesh found = find_mesh(&s->key);
  int reason = 0;
  if (becomes_ipv4(skb, s, endpoint, &found)) {
    const struct skein_mesh_flow* flow = found.flow ? found.flow : &s->flow;
    if (found.flow)
      follow_mesh(skb, s, found, 1);
    else
      reason = begin_ipv4();
    if (!reason && (into_ipv4(skb, s, flow) || readdress(skb, s, flow))) reason = SKEIN_REASON_drop_no_memory;
  } else if (sender) {
    reason = known_entry(sender, s->key.target_port, 0);
    if (!reason && replace_port(skb, &s->traits, 1, s->traits.source_port, s->flow.source_port))
      reason = SKEIN_REASON_drop_no_memory;
    s->key = s->other; /* the connection is followed where its answers pass */
    found = find_mesh(&s->key);
    if (found.flow) follow_mesh(skb, s, found, 1);
  }
  return reason ? leave(skb, reason, DROP) : into_container6(skb, endpoint, sender);
}

#endif
