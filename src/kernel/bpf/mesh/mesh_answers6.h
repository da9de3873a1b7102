/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Answers of backends by IPv6, on their own host and on the entry host. */
#ifndef SKEIN_KERNEL_BPF_MESH_ANSWERS6_H_
#define SKEIN_KERNEL_BPF_MESH_ANSWERS6_H_

#include "kernel/bpf/mesh/mesh_native6.h"

/* The answer that takes a packet's place goes back to the container that sent it; its Ethernet header was s->eth. */
INLINE int back_to_container(struct __sk_buff* skb, struct mesh_scratch* s, enum skein_reason reason) {
  __u32 ifindex = skb->ifindex;
  __u8 container[ETH_ALEN];
  __builtin_memcpy(container, s->eth.h_source, ETH_ALEN);
  __builtin_memcpy(s->eth.h_source, s->eth.h_dest, ETH_ALEN);
  __builtin_memcpy(s->eth.h_dest, container, ETH_ALEN);
  if (bpf_skb_store_bytes(skb, 0, &s->eth, sizeof(s->eth), 0)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return leave_towards(skb, reason, ifindex, bpf_redirect(ifindex, 0));
}

/* What it sent, and s->ip6 and s->traits tell of, may have `mtu` bytes at most. */
INLINE int too_big_for_entry(struct __sk_buff* skb, struct mesh_scratch* s, __u32 mtu) {
  int reason = put_error6(skb, ICMPV6_TOO_BIG << 8, mtu, s->traits.transport, ports_of(&s->traits));
  return reason ? leave(skb, reason, DROP) : back_to_container(skb, s, SKEIN_REASON_too_big_answered);
}

/* To the host at which the client came in. */
INLINE int to_entry6(struct __sk_buff* skb, struct mesh_scratch* s, __u32 vni, const struct skein_mesh_flow* flow,
                     int is_error) {
  __be32 host = flow->host;
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  if (!path) return leave(skb, SKEIN_REASON_drop_no_path, DROP);
  __u32 mtu = inner_mtu(path, is_mesh_encrypted());
  if (bpf_skb_load_bytes(skb, 0, &s->eth, sizeof(s->eth))) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (!is_error && wire_bytes6(skb, s) > mtu) return too_big_for_entry(skb, s, mtu);
  int reason = is_error ? readdress_error6(skb, s, flow) : readdress6(skb, s, flow) ? SKEIN_REASON_drop_no_memory : 0;
  if (reason) return leave(skb, reason, DROP);
  return into_tunnel(skb, s, vni, s->eth.h_source, s->eth.h_dest, host, SKEIN_REASON_mesh_to_entry);
}

/* To a client that came in here. */
INLINE int to_outside6(struct __sk_buff* skb, struct mesh_scratch* s, struct skein_mesh_flow* flow, int is_error) {
  struct skein_mesh* own = mesh_of_host();
  if (!own) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
  if (is_error) {
    int reason = readdress_error6(skb, s, flow);
    return reason ? leave(skb, reason, DROP) : send_answer6(skb, s, SKEIN_REASON_mesh_unreachable);
  }
  s->to = flow->target;
  __u32 ifindex = flow->routes == own->routes ? flow->ifindex : 0;
  if (!ifindex) {
    flow->ifindex = ifindex = device_towards6(skb);
    flow->routes = own->routes;
  }
  if (readdress6(skb, s, flow)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return to_client6(skb, s, ifindex, SKEIN_REASON_mesh_to_client);
}

/* A packet from an endpoint's address. GO_ON: it belongs to no flow through the mesh. An error is about what was sent
 * to that address: nobody speaks for another one's flows. */
__noinline int answer6(struct __sk_buff* skb, __u32 vni) {
  struct mesh_scratch* s = scratch();
  if (!s || read_ip6(skb, s)) return GO_ON;
  int is_error = s->ip6.nexthdr == IPPROTO_ICMPV6;
  if (is_error ? !read_error6(skb, s) : read_key6(skb, s)) return GO_ON;
  if (!is_same_address(&s->key.source, (const void*)&s->ip6.saddr)) return GO_ON;
  s->key.vni = vni;
  struct found_mesh found = find_mesh(&s->key);
  struct skein_mesh_flow* flow = found.flow;
  if (!flow) return GO_ON;
  if (!is_error) follow_mesh(skb, s, found, 0);
  return flow->host ? to_entry6(skb, s, vni, flow, is_error) : to_outside6(skb, s, flow, is_error);
}

#endif
