/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The routing mesh where clients come in.
 *
 * A packet of a known flow is taken from the external device at once. All others go up the host's stack, through
 * everybody's rules, and those for published ports that nobody refused come here by the mesh's own device: only there
 * does a flow begin. So a firewall decides on connections to containers as on those to the host's programs, and devices
 * where no program of ours is attached work too, only slower. The client's address stays; the host's own connections
 * come from its address on the ingress network, as 127.0.0.1 means nobody elsewhere.
 */
#ifndef SKEIN_KERNEL_BPF_MESH_H_
#define SKEIN_KERNEL_BPF_MESH_H_

#include "kernel/bpf/mesh/mesh_backend6.h"
#include "kernel/bpf/pick_backend.h"
#include "kernel/bpf/reset.h"

/* To a client, in the name of what it had called: a reset, or ICMP "unreachable" of that code (code 0). */
INLINE int answer_client(struct __sk_buff* skb, __u32 code, __u32 mtu, enum skein_reason reason) {
  struct iphdr ip;
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip))) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (code) {
    int outcome = turn_into_unreachable(skb, code, mtu, ip.daddr);
    if (outcome == ICMP_NOT_TO_BE_ANSWERED) return leave(skb, SKEIN_REASON_drop_no_backend, DROP);
    if (outcome) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  } else if (turn_into_reset(skb)) {
    return leave(skb, SKEIN_REASON_drop_no_backend, DROP);
  }
  return to_client(skb, ip.saddr, 0, reason);
}

INLINE int refuse(struct __sk_buff* skb, const struct mesh_scratch* s) {
  int is_tcp = s->traits.protocol == IPPROTO_TCP;
  if (s->is_ipv6 && is_tcp) return reset_client6(skb);
  if (s->is_ipv6)
    return tell_client6(skb, ICMPV6_UNREACHABLE << 8 | ICMPV6_PORT_UNREACH, 0, s->traits.transport,
                        ports_of(&s->traits));
  return is_tcp ? answer_client(skb, 0, 0, SKEIN_REASON_mesh_reset)
                : answer_client(skb, ICMP_PORT_UNREACH, 0, SKEIN_REASON_mesh_unreachable);
}

/* The client's packet may have `mtu` bytes at most on its way inside. */
INLINE int too_big_for(struct __sk_buff* skb, const struct mesh_scratch* s, __u32 mtu) {
  if (!s->is_ipv6) return answer_client(skb, ICMP_FRAG_NEEDED, mtu, SKEIN_REASON_too_big_answered);
  if (skb->protocol == bpf_htons(ETH_P_IP)) mtu += IPV6_GROWTH; /* it was translated */
  return tell_client6(skb, ICMPV6_TOO_BIG << 8, mtu, s->traits.transport, ports_of(&s->traits));
}

/* The packet, which has its final addresses, goes to the backend of that entry. What is too big was answered before. */
INLINE int deliver(struct __sk_buff* skb, struct mesh_scratch* s, __u32 vni, const struct skein_endpoint* backend) {
  struct skein_mesh* own = mesh_of_host();
  if (!own) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
  __u32 ifindex = backend->ifindex;
  __be32 host = backend->host;
  __u8 mac[ETH_ALEN];
  __builtin_memcpy(mac, backend->mac, ETH_ALEN);
  if (host) return into_tunnel(skb, s, vni, own->mac, mac, host, SKEIN_REASON_mesh_to_remote);
  if (skb->protocol == bpf_htons(ETH_P_IPV6)) return from_entry6(skb, 0, vni);
  if (bpf_skb_store_bytes(skb, 0, mac, ETH_ALEN, 0)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  bpf_skb_change_type(skb, PACKET_HOST);
  return leave_towards(skb, SKEIN_REASON_mesh_to_local, ifindex, bpf_redirect_peer(ifindex, 0));
}

/* Leads the packet to the flow's backend; `backend` is that one's entry. */
INLINE int to_backend(struct __sk_buff* skb, struct mesh_scratch* s, const struct skein_mesh_flow* flow,
                      const struct skein_endpoint* backend) {
  __u32 vni = flow->vni;
  __be32 host = backend->host;
  int stays_ipv6 = !is_ipv4(&flow->target);
  if (s->is_ipv6 && !stays_ipv6 && into_ipv4(skb, s, flow)) return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  if (host) {
    struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
    if (!path) return leave(skb, SKEIN_REASON_drop_no_path, DROP);
    __u32 mtu = inner_mtu(path, is_mesh_encrypted());
    __u32 bytes = stays_ipv6 ? wire_bytes6(skb, s) : wire_bytes(skb, &s->ip);
    if (bytes > mtu) return too_big_for(skb, s, mtu);
  }
  if (stays_ipv6 ? readdress6(skb, s, flow) : readdress(skb, s, flow))
    return leave(skb, SKEIN_REASON_drop_no_memory, DROP);
  return deliver(skb, s, vni, backend);
}

/* Of a port that a container has for itself. */
INLINE int is_of_container(const struct skein_mesh_flow* flow) {
  return is_ipv4(&flow->target) && flow->service == flow->target.words[3];
}

/* The backend's entry, if it keeps the flow. */
INLINE struct skein_endpoint* backend_of(const struct skein_mesh_flow* flow, __u32 protocol) {
  struct skein_endpoint* endpoint = find_endpoint(flow->vni, flow->target.words[3]);
  if (is_of_container(flow)) return endpoint && !endpoint->host ? endpoint : NULL;
  return keeps_flow(endpoint, flow->service, protocol) ? endpoint : NULL;
}

/* Reads a client's packet of either family. 0, or -1: it is neither. */
INLINE int read_client(struct __sk_buff* skb, struct mesh_scratch* s) {
  s->is_ipv6 = skb->protocol == bpf_htons(ETH_P_IPV6);
  return s->is_ipv6 ? read_ip6(skb, s) : read_ip(skb, s);
}

INLINE int read_client_key(struct __sk_buff* skb, struct mesh_scratch* s) {
  return s->is_ipv6 ? read_key6(skb, s) : read_key(skb, s, 0);
}

/* An error of ICMPv6 about an answer, from somewhere on the way to a client. GO_ON: to no flow. */
__noinline int known_error(struct __sk_buff* skb) {
  struct mesh_scratch* s = scratch();
  if (!s) return GO_ON;
  __u32 kind = read_error6(skb, s);
  struct found_mesh found = find_mesh(&s->key);
  if (!kind || !found.flow) return GO_ON;
  struct skein_endpoint* backend = backend_of(found.flow, s->key.protocol);
  if (!backend) return GO_ON;
  int reason = !is_ipv4(&found.flow->target)          ? readdress_error6(skb, s, found.flow)
               : put_error4(skb, s, found.flow, kind) ? SKEIN_REASON_drop_no_memory
                                                      : 0;
  if (reason) return leave(skb, reason, DROP);
  return deliver(skb, s, found.flow->vni, backend);
}

/* The stack cuts it up on its way to the mesh's device. */
INLINE int must_be_cut(struct __sk_buff* skb, const struct skein_endpoint* backend, const struct iphdr* ip) {
  __be32 host = backend->host;
  if (!host || ip->frag_off & bpf_htons(IP_DF)) return 0;
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  return path && wire_bytes(skb, ip) > inner_mtu(path, is_mesh_encrypted());
}

/* A packet of a client that may belong to a known flow. GO_ON: to none, or not to be taken here. */
__noinline int known_client(struct __sk_buff* skb) {
  struct mesh_scratch* s = scratch();
  struct skein_mesh* own = mesh_of_host();
  if (!own || !own->ifindex || !s || read_client(skb, s)) return GO_ON;
  if (s->is_ipv6 && s->ip6.nexthdr == IPPROTO_ICMPV6) return known_error(skb);
  if (!s->is_ipv6) {
    if (s->ip.frag_off & bpf_htons(IP_FRAGMENT)) return GO_ON;
    if (!has_ports(s->ip.protocol) && s->ip.protocol != IPPROTO_ICMP) return GO_ON;
  }
  if (read_client_key(skb, s)) return GO_ON;
  struct found_mesh found = find_mesh(&s->key);
  if (!found.flow) return GO_ON;
  if (begins_connection(&s->traits)) return GO_ON; /* for the rules to judge */
  struct skein_endpoint* backend = backend_of(found.flow, s->key.protocol);
  if (!backend) {
    end_mesh(s, found.flow);
    if (s->traits.protocol != IPPROTO_TCP || s->traits.quote || s->traits.flags & TCP_RST) return GO_ON;
    return refuse(skb, s);
  }
  if (!s->is_ipv6 && must_be_cut(skb, backend, &s->ip)) return GO_ON;
  follow_mesh(skb, s, found, 1);
  return to_backend(skb, s, found.flow, backend);
}

/* Whether the backend gets the client's packets as they are, by IPv6. */
INLINE int takes_ipv6(const struct mesh_scratch* s, const struct skein_endpoint* backend) {
  if (!s->is_ipv6 || !backend || !(backend->flags & SKEIN_TAKES_IPV6) || is_own_client6(&s->key.source)) return 0;
  if (s->key.protocol != IPPROTO_TCP && s->key.protocol != IPPROTO_UDP) return 0; /* nobody tells who listens */
  return carries_ipv6(backend->host);
}

/* Makes the two entries of the flow of s->key: s->flow, of which all is known but the client's port. */
INLINE int make_flow_of_client(struct mesh_scratch* s, int asks_by_gateway) {
  s->flow.source_port = s->key.source_port;
  turn_key(&s->flow, s->key.protocol, &s->other);
  s->reverse.source = s->key.target;
  s->reverse.target = s->key.source;
  s->reverse.source_port = s->key.target_port;
  s->reverse.target_port = s->key.source_port;
  if (take_way_back(asks_by_gateway)) return SKEIN_REASON_drop_mesh_full;
  s->flow.source_port = s->other.target_port;
  if (make_mesh(&s->key, &s->flow)) return SKEIN_REASON_drop_no_memory;
  count(SKEIN_REASON_mesh_flow);
  return 0;
}

/* The flow of s->key to the container that has the port for itself. It is asked by its gateway, as by Docker's proxy.
 */
INLINE int begin_flow_to_container(struct mesh_scratch* s, const struct skein_port* port) {
  struct skein_endpoint* endpoint = find_endpoint(port->vni, port->service.words[3]);
  if (!endpoint || endpoint->host) return SKEIN_REASON_drop_no_backend;
  __u32 ifindex = endpoint->ifindex;
  struct skein_attachment* link = bpf_map_lookup_elem(&attachments, &ifindex);
  if (!link || !link->gateway) return SKEIN_REASON_drop_no_backend;
  map_address(&s->flow.source, link->gateway);
  s->flow.target = port->service;
  s->flow.target_port = port->target_port;
  s->flow.vni = port->vni;
  s->flow.service = port->service.words[3];
  return make_flow_of_client(s, 1);
}

/* Chooses a backend for the flow of s->key, and makes its two entries: s->flow. 0, or the reason why there is none. */
__noinline int begin_flow(void) {
  struct mesh_scratch* s = scratch();
  struct skein_mesh* own = mesh_of_host();
  if (!s || !own) return SKEIN_REASON_drop_unconfigured;
  const __be32* words = s->key.source.words;
  __be32 client = s->is_ipv6 ? words[0] ^ words[1] ^ words[2] ^ words[3] : words[3];
  struct skein_port* port = find_port(&s->key);
  if (!port) return SKEIN_REASON_drop_no_backend;
  __builtin_memset(&s->flow, 0, sizeof(s->flow));
  __builtin_memset(&s->reverse, 0, sizeof(s->reverse));
  if (port->is_container) return begin_flow_to_container(s, port);
  __be32 service = port->service.words[3];
  __be32 backend = pick_backend(port->vni, service, client);
  if (!backend) return SKEIN_REASON_drop_no_backend;

  struct skein_endpoint* endpoint = find_endpoint(port->vni, backend);
  int is_docker_engines = endpoint && endpoint->flags & SKEIN_DOCKER_ENGINES;
  int stays_ipv6 = takes_ipv6(s, endpoint);
  int asks_itself = s->is_ipv6 ? !stays_ipv6 : client == own->client || is_docker_engines;
  s->flow.source = s->key.source;
  if (asks_itself) map_address(&s->flow.source, own->address);
  map_address(&s->flow.target, backend);
  if (stays_ipv6) put_endpoint6(&s->flow.target, backend);
  s->flow.target_port = is_docker_engines ? s->key.target_port : port->target_port;
  s->flow.vni = port->vni;
  s->flow.service = service;
  return make_flow_of_client(s, 0);
}

/* A packet for a published port that passed everybody's rules. Known flows come this way, too: the host's own, and
 * those of devices without our program. A flow that is known goes on even if the port is not published any more. */
__noinline int any_client(struct __sk_buff* skb) {
  struct mesh_scratch* s = scratch();
  if (!s || read_client(skb, s)) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (!s->is_ipv6 && is_later_fragment(&s->ip)) {
    struct skein_mesh_flow* flow = flow_of_part(s, 0);
    struct skein_endpoint* backend = flow ? backend_of(flow, s->ip.protocol) : NULL;
    return backend ? to_backend(skb, s, flow, backend) : leave(skb, SKEIN_REASON_drop_fragment, DROP);
  }
  if (read_client_key(skb, s)) return leave(skb, SKEIN_REASON_drop_malformed, DROP);

  struct found_mesh found = find_mesh(&s->key);
  struct skein_mesh_flow* flow = found.flow;
  struct skein_endpoint* backend = flow ? backend_of(flow, s->key.protocol) : NULL;
  int is_tcp = s->traits.protocol == IPPROTO_TCP;
  if (flow && (!backend || (begins_connection(&s->traits) && flow->state))) {
    end_mesh(s, flow);
    flow = NULL;
  }
  if (flow) {
    follow_mesh(skb, s, found, 1);
  } else {
    if (s->traits.quote || s->traits.flags & TCP_RST) return leave(skb, SKEIN_REASON_drop_no_backend, DROP);
    if (is_tcp && !begins_connection(&s->traits)) return refuse(skb, s);
    int reason = begin_flow();
    if (reason == SKEIN_REASON_drop_no_backend) return refuse(skb, s);
    if (reason) return leave(skb, reason, DROP);
    flow = &s->flow;
    backend = backend_of(flow, s->key.protocol);
    if (!backend) return leave(skb, SKEIN_REASON_drop_no_backend, DROP);
  }
  if (!s->is_ipv6) remember_parts(0, &s->ip, flow);
  return to_backend(skb, s, flow, backend);
}

/* tc ingress of the device by which the host hands over what is for published ports. */
INLINE int frame_from_host(struct __sk_buff* skb) {
  __u32 ifindex = skb->ifindex;
  struct skein_attachment* self = bpf_map_lookup_elem(&attachments, &ifindex);
  if (!self || self->kind != SKEIN_MESH) return leave(skb, SKEIN_REASON_drop_unconfigured, DROP);
  struct ethhdr* eth = first_bytes(skb, sizeof(*eth));
  if (!eth) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  if (is_group(eth->h_dest)) return leave(skb, SKEIN_REASON_drop_protocol, DROP); /* the kernel speaks to neighbours */
  if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6))
    return leave(skb, SKEIN_REASON_drop_protocol, DROP);
  return any_client(skb);
}

#endif
