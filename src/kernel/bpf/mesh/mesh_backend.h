/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The routing mesh where the backends are: clients' packets out of the tunnel, and answers.
 *
 * The entry host leaves a client's address as it is, so the backend's host has to remember from whom it came. An answer
 * goes back to that host, which knows the address and port that the client had called.
 *
 * A Docker Engine as entry host asks by its own address there, and for the published port: the backend's host exchanges
 * it for the target port, and back in answers.
 */
#ifndef SKEIN_KERNEL_BPF_MESH_BACKEND_H_
#define SKEIN_KERNEL_BPF_MESH_BACKEND_H_

#include "kernel/bpf/mesh/mesh_answers6.h"
#include "kernel/bpf/mesh/mesh_way.h"

/* The flow of a client's packet from an entry host, for that port of the backend: its way back exists after this.
 * Leaves what the packet gets in s->flow. 0, or the reason for dropping it. */
__noinline int known_entry(__be32 sender, __be16 target_port, __u32 is_quote) {
  struct mesh_scratch* s = scratch();
  if (!s) return SKEIN_REASON_drop_unconfigured;
  __builtin_memset(&s->flow, 0, sizeof(s->flow));
  s->flow.source = s->key.source;
  s->flow.target = s->key.target;
  s->flow.source_port = s->key.source_port;
  s->flow.target_port = target_port;
  s->flow.vni = s->key.vni;
  turn_key(&s->flow, s->key.protocol, &s->other);
  struct found_mesh found = find_mesh(&s->other);
  if (found.flow && found.flow->host == sender && found.flow->target_port == s->key.source_port &&
      found.flow->source_port == s->key.target_port)
    return 0;

  s->key.host = sender;
  struct found_mesh renamed = find_mesh(&s->key);
  if (renamed.flow) {
    s->flow.source_port = s->other.target_port = renamed.flow->source_port;
    found = find_mesh(&s->other);
    if (found.flow && found.flow->host == sender) return 0;
  }
  if (is_quote) return SKEIN_REASON_drop_unknown_destination;

  __builtin_memset(&s->reverse, 0, sizeof(s->reverse));
  s->reverse.source = s->key.target;
  s->reverse.target = s->key.source;
  s->reverse.source_port = s->key.target_port;
  s->reverse.target_port = s->key.source_port;
  s->reverse.vni = s->key.vni;
  s->reverse.host = sender;
  s->other.target_port = s->key.source_port;
  if (take_way_back(0)) return SKEIN_REASON_drop_mesh_full;
  s->flow.source_port = s->other.target_port;
  if (s->flow.source_port != s->key.source_port && make_mesh(&s->key, &s->flow)) return SKEIN_REASON_drop_no_memory;
  return 0;
}

/* A client's packet for the endpoint here: it was stripped of the tunnel. `service`: from a Docker Engine, and the one
 * that the endpoint backs; 0: from a host of ours, which has the target port in it already. GO_ON, or the reason for
 * dropping it. */
__noinline int from_entry(struct __sk_buff* skb, __be32 sender, __u32 vni, __be32 service) {
  struct mesh_scratch* s = scratch();
  if (!s || read_ip(skb, s)) return SKEIN_REASON_drop_malformed;
  if (is_later_fragment(&s->ip)) return GO_ON; /* its addresses stay */
  if (read_key(skb, s, vni)) return SKEIN_REASON_drop_malformed;
  __be16 target_port = s->key.target_port;
  if (service) {
    struct skein_port* port = find_port(&s->key);
    if (!port || port->vni != vni || port->service.words[3] != service) return GO_ON; /* not published: as it is */
    target_port = port->target_port;
  }
  int reason = known_entry(sender, target_port, s->traits.quote);
  if (reason) return reason;
  if ((s->flow.source_port != s->traits.source_port || s->flow.target_port != s->traits.target_port) &&
      readdress(skb, s, &s->flow))
    return SKEIN_REASON_drop_no_memory;
  s->key = s->other; /* the connection is followed where its answers pass */
  struct found_mesh found = find_mesh(&s->key);
  if (found.flow) follow_mesh(skb, s, found, 1);
  return GO_ON;
}

/* An answer to a client that came in by IPv6 here and whose backend was asked by IPv4, or an error about what it sent.
 */
INLINE int to_flow_client6(struct __sk_buff* skb, struct mesh_scratch* s, struct skein_mesh_flow* flow) {
  struct skein_mesh* own = mesh_of_host();
  if (!own) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
  if (s->ip.frag_off & bpf_htons(IP_FRAGMENT)) return leave(skb, SKEIN_REASON_drop_fragment, DROP);
  if (s->traits.quote) return tell_error6(skb, s, flow);
  s->to = flow->target;
  __u32 ifindex = flow->routes == own->routes ? flow->ifindex : 0;
  if (!ifindex && !is_own_client6(&s->to)) {
    flow->ifindex = ifindex = device_towards6(skb);
    flow->routes = own->routes;
  }
  if (into_ipv6(skb, s, flow) || replace_port(skb, &s->traits, 1, s->traits.source_port, flow->source_port) ||
      replace_port(skb, &s->traits, 0, s->traits.target_port, flow->target_port))
    return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return to_client6(skb, s, ifindex, SKEIN_REASON_mesh_to_client);
}

/* An answer to a client by IPv6 whose packets became IPv4 here, or an error about what it sent. */
INLINE int answer_translated(struct __sk_buff* skb, struct mesh_scratch* s, __u32 vni,
                             const struct skein_mesh_flow* flow) {
  __be32 host = flow->host;
  int reason = 0;
  if (s->ip.frag_off & bpf_htons(IP_FRAGMENT)) return leave(skb, SKEIN_REASON_drop_fragment, DROP);
  if (bpf_skb_load_bytes(skb, 0, &s->eth, sizeof(s->eth))) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (host) {
    struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
    if (!path) return leave(skb, SKEIN_REASON_drop_no_path, DROP);
    __u32 mtu = inner_mtu(path, is_mesh_encrypted()) - IPV6_GROWTH;
    if (wire_bytes(skb, &s->ip) > mtu) return answer_too_big(skb, mtu, s->ip.daddr);
  }
  if (s->traits.quote)
    reason = translate_error4(skb, s, flow);
  else if (into_ipv6(skb, s, flow) || replace_port(skb, &s->traits, 0, s->traits.target_port, flow->target_port))
    reason = SKEIN_REASON_drop_no_memory;
  if (reason) return leave(skb, reason, DROP);
  if (host) return into_tunnel(skb, s, vni, s->eth.h_source, s->eth.h_dest, host, SKEIN_REASON_mesh_to_entry);
  int action = answer6(skb, vni);
  return action == GO_ON ? leave(skb, SKEIN_REASON_drop_unknown_destination, DROP) : action;
}

/* The way of a backend's packet to a client; GO_ON: it belongs to no flow through the mesh. */
__noinline int to_known_client(struct __sk_buff* skb, __u32 vni) {
  struct mesh_scratch* s = scratch();
  struct skein_mesh_flow* flow;
  if (!s || read_ip(skb, s)) return GO_ON;
  if (is_later_fragment(&s->ip)) {
    flow = flow_of_part(s, vni);
    if (!flow) return GO_ON;
  } else {
    if (read_key(skb, s, vni)) return GO_ON;
    struct found_mesh found = find_mesh(&s->key);
    flow = found.flow;
    if (!flow) return GO_ON;
    follow_mesh(skb, s, found, 0);
    remember_parts(vni, &s->ip, flow);
  }
  __be32 host = flow->host;
  if (!is_ipv4(&flow->target)) return flow->vni ? answer_translated(skb, s, vni, flow) : to_flow_client6(skb, s, flow);
  if (!host) {
    __be32 client = flow->target.words[3];
    struct skein_mesh* own = mesh_of_host();
    if (!own) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
    __u32 ifindex = flow->routes == own->routes ? flow->ifindex : 0;
    if (!ifindex && client != own->client) {
      flow->ifindex = ifindex = device_towards(skb, flow->source.words[3], client);
      flow->routes = own->routes;
    }
    if (readdress(skb, s, flow)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
    return to_client(skb, client, ifindex, SKEIN_REASON_mesh_to_client);
  }
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  if (!path) return leave(skb, SKEIN_REASON_drop_no_path, DROP);
  __u32 mtu = inner_mtu(path, is_mesh_encrypted());
  if (wire_bytes(skb, &s->ip) > mtu) return answer_too_big(skb, mtu, s->ip.daddr);
  if (readdress(skb, s, flow) || bpf_skb_load_bytes(skb, 0, &s->eth, sizeof(s->eth)))
    return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return into_tunnel(skb, s, vni, s->eth.h_source, s->eth.h_dest, host, SKEIN_REASON_mesh_to_entry);
}

#endif
