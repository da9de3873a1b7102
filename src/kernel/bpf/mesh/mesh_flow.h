/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Flows through the routing mesh: finding them, following the life of connections, telling clients apart.
 *
 * A flow has an entry for each direction on its entry host, and one on the backend's host if that is another: where the
 * answers go. As with flows to virtual addresses, established connections have a table of their own.
 */
#ifndef SKEIN_KERNEL_BPF_MESH_FLOW_H_
#define SKEIN_KERNEL_BPF_MESH_FLOW_H_

#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "kernel/bpf/flow.h"
#include "kernel/bpf/tunnel.h"

#define IPV4_MAPPED bpf_htonl(0xffff)
#define QUOTED6_BYTES 8 /* of the transport header: ports, and a sequence number */
#define RENAMES 4       /* ports that are tried for a client whose own is taken */
/* Ports from which containers are asked for clients by IPv6, by the gateway's address: those of the host's own programs
 * and of containers, which have that address there as well, are of another range. */
#define GATEWAY_PORT_MIN 1024
#define GATEWAY_PORTS (32768 - GATEWAY_PORT_MIN)

/* RFC 4443 3. */
struct icmp6_error {
  __u8 type, code;
  __be16 checksum;
  __be32 mtu;
  struct ipv6hdr about;
  __u8 quoted[QUOTED6_BYTES];
};

/* RFC 792. */
struct icmp_error {
  struct icmp_unreachable icmp;
  struct iphdr about;
  __u8 quoted[QUOTED6_BYTES];
};

/* What a client gets by IPv6 in the place of its packet. */
struct answer6 {
  __u8 alignment[2];
  struct ethhdr eth;
  struct ipv6hdr ip;
  union {
    struct tcphdr tcp;
    struct icmp6_error error;
  };
};

/* What is too large for the stack. Each processor runs one program of ours at a time. */
struct mesh_scratch {
  struct skein_mesh_key key, other; /* of the packet, and of the other direction */
  struct skein_mesh_flow flow, reverse;
  struct iphdr ip;
  struct ipv6hdr ip6;      /* as the client sent it … */
  __u32 is_ipv6;           /* … if so */
  struct skein_address to; /* a client by IPv6 */
  struct answer6 answer;
  struct icmp_error error4; /* what a backend gets in the place of an error of ICMPv6 */
  struct traits traits;
  struct iphdr quoted; /* by an error of ICMP */
  struct ethhdr eth;
  struct bpf_fib_lookup route;
  struct bpf_sock_tuple tuple;
  struct outer outer;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct mesh_scratch);
} mesh_scratch SEC(".maps");

struct found_mesh {
  struct skein_mesh_flow* flow;
  int is_established; /* in `mesh_flows` */
};

INLINE struct mesh_scratch* scratch(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&mesh_scratch, &zero);
}

INLINE void map_address(struct skein_address* address, __be32 ipv4) {
  address->words[0] = address->words[1] = 0;
  address->words[2] = IPV4_MAPPED;
  address->words[3] = ipv4;
}

/* Reads the IP header. 0, or -1: this is no IPv4. */
INLINE int read_ip(struct __sk_buff* skb, struct mesh_scratch* s) {
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &s->ip, sizeof(s->ip)) || s->ip.version != 4 || s->ip.ihl < 5) return -1;
  return 0;
}

/* Behind the IP header: traits, and the addresses and ports of the packet, or of the one that an ICMP error answers, in
 * the error's own direction. */
INLINE int read_key(struct __sk_buff* skb, struct mesh_scratch* s, __u32 vni) {
  struct iphdr quoted;
  __be32 source = s->ip.saddr, target = s->ip.daddr;
  if (read_traits(skb, &s->ip, &s->traits)) return -1;
  if (s->traits.quote) {
    if (bpf_skb_load_bytes(skb, s->traits.quote, &quoted, sizeof(quoted))) return -1;
    source = quoted.daddr, target = quoted.saddr;
  }
  map_address(&s->key.source, source);
  map_address(&s->key.target, target);
  s->key.source_port = s->traits.source_port;
  s->key.target_port = s->traits.target_port;
  s->key.protocol = s->traits.protocol;
  s->key.vni = vni;
  s->key.host = 0;
  return 0;
}

/* Of a client that came in by IPv4, or an address inside. */
INLINE int is_ipv4(const struct skein_address* address) {
  return !(address->words[0] | address->words[1]) && address->words[2] == IPV4_MAPPED;
}

/* Whither the packet's target port is published. */
INLINE struct skein_port* find_port(const struct skein_mesh_key* key) {
  struct skein_port_key wanted = {key->target, key->target_port, key->protocol, 0};
  struct skein_port* port = bpf_map_lookup_elem(&ports, &wanted);
  if (port) return port;
  wanted.is_ipv6 = !is_ipv4(&wanted.address);
  __builtin_memset(&wanted.address, 0, sizeof(wanted.address));
  if (wanted.is_ipv6 && (port = bpf_map_lookup_elem(&ports, &wanted))) return port;
  wanted.is_ipv6 = 0;
  return bpf_map_lookup_elem(&ports, &wanted);
}

/* Fragments follow their first one. */
INLINE void remember_parts(__u32 vni, const struct iphdr* ip, const struct skein_mesh_flow* flow) {
  struct skein_fragment_key key = {vni, ip->saddr, ip->daddr, ip->id, ip->protocol};
  if (is_first_fragment(ip)) bpf_map_update_elem(&mesh_fragments, &key, flow, BPF_ANY);
}

/* The flow of a later fragment, whose traits are made such that its addresses alone get changed; NULL: not known. */
INLINE struct skein_mesh_flow* flow_of_part(struct mesh_scratch* s, __u32 vni) {
  struct skein_fragment_key key = {vni, s->ip.saddr, s->ip.daddr, s->ip.id, s->ip.protocol};
  struct skein_mesh_flow* flow = bpf_map_lookup_elem(&mesh_fragments, &key);
  if (!flow) return NULL;
  __builtin_memset(&s->traits, 0, sizeof(s->traits));
  s->traits.source_port = flow->source_port;
  s->traits.target_port = flow->target_port;
  return flow;
}

/* The key of the other direction. */
INLINE void turn_key(const struct skein_mesh_flow* flow, __u32 protocol, struct skein_mesh_key* key) {
  key->source = flow->target;
  key->target = flow->source;
  key->source_port = flow->target_port;
  key->target_port = flow->source_port;
  key->protocol = protocol;
  key->vni = flow->vni;
  key->host = flow->host;
}

INLINE struct found_mesh find_mesh(const struct skein_mesh_key* key) {
  struct found_mesh found = {NULL, 0};
  if (key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_SCTP) found.flow = bpf_map_lookup_elem(&mesh_flows, key);
  if (found.flow)
    found.is_established = 1;
  else
    found.flow = bpf_map_lookup_elem(&mesh_brief, key);
  return found;
}

INLINE long make_mesh(const struct skein_mesh_key* key, const struct skein_mesh_flow* flow) {
  if (key->protocol == IPPROTO_SCTP) return bpf_map_update_elem(&mesh_flows, key, flow, BPF_ANY);
  bpf_map_delete_elem(&mesh_flows, key); /* an earlier connection of the same ports */
  return bpf_map_update_elem(&mesh_brief, key, flow, BPF_ANY);
}

INLINE void drop_mesh(const struct skein_mesh_key* key) {
  bpf_map_delete_elem(&mesh_flows, key);
  bpf_map_delete_elem(&mesh_brief, key);
}

/* Both directions. */
INLINE void end_mesh(struct mesh_scratch* s, const struct skein_mesh_flow* flow) {
  turn_key(flow, s->key.protocol, &s->other);
  drop_mesh(&s->other);
  drop_mesh(&s->key);
}

INLINE void note_state(struct mesh_scratch* s, const struct skein_mesh_key* key, struct found_mesh found, __u32 news) {
  __u32 state = __sync_fetch_and_or(&found.flow->state, news) | news;
  if (is_established(state) == found.is_established) return;
  s->flow = *found.flow;
  if (found.is_established) {
    bpf_map_update_elem(&mesh_brief, key, &s->flow, BPF_ANY);
    bpf_map_delete_elem(&mesh_flows, key);
  } else {
    bpf_map_update_elem(&mesh_flows, key, &s->flow, BPF_ANY);
    bpf_map_delete_elem(&mesh_brief, key);
  }
}

/* What a packet of TCP tells of the connection, whose key is s->key; the other direction learns it as well. */
INLINE void follow_mesh(struct __sk_buff* skb, struct mesh_scratch* s, struct found_mesh found, int is_from_client) {
  const struct traits* traits = &s->traits;
  __be32 acked;
  if (traits->protocol != IPPROTO_TCP || traits->quote) return;
  __u32 news = 0;
  if (is_from_client && !bpf_skb_load_bytes(skb, traits->transport + TCP_ACKED_OFFSET, &acked, sizeof(acked)))
    found.flow->acked = acked;
  if (is_from_client && !(traits->flags & TCP_SYN)) news |= SKEIN_FLOW_OPEN;
  if (traits->flags & TCP_FIN) news |= is_from_client ? SKEIN_FLOW_CLIENT_ENDED : SKEIN_FLOW_BACKEND_ENDED;
  if (traits->flags & TCP_RST) news |= SKEIN_FLOW_RESET;
  if ((found.flow->state | news) == found.flow->state) return;
  turn_key(found.flow, s->key.protocol, &s->other);
  note_state(s, &s->key, found, news);
  struct found_mesh other = find_mesh(&s->other);
  if (other.flow) note_state(s, &s->other, other, news);
}

INLINE int is_same_address(const struct skein_address* a, const struct skein_address* b) {
  return ((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) | (a->words[2] ^ b->words[2]) |
          (a->words[3] ^ b->words[3])) == 0;
}

/* Whether both lead answers to the same client, by the same way. */
INLINE int is_same_way(const struct skein_mesh_flow* a, const struct skein_mesh_flow* b) {
  return a->host == b->host && a->target_port == b->target_port && a->source_port == b->source_port &&
         is_same_address(&a->source, &b->source) && is_same_address(&a->target, &b->target);
}

/* s->other is the key of the answers that s->reverse leads to a client. Where another client is known to the backend by
 * the same address and port, having come in at another host or address, this one gets another port; so does every one
 * for whom the gateway asks. 0: there is an answer's way now. */
__noinline int take_way_back(int asks_by_gateway) {
  struct mesh_scratch* s = scratch();
  if (!s) return -1;
  for (int i = 0; i <= RENAMES; i++) {
    if (asks_by_gateway) s->other.target_port = bpf_htons(GATEWAY_PORT_MIN + bpf_get_prandom_u32() % GATEWAY_PORTS);
    struct found_mesh found = find_mesh(&s->other);
    int is_free = !found.flow || (asks_by_gateway && has_ended(found.flow->state));
    if (is_free || is_same_way(found.flow, &s->reverse)) return make_mesh(&s->other, &s->reverse) ? -1 : 0;
    s->other.target_port = bpf_htons(32768 | (bpf_get_prandom_u32() & 0x7fff));
  }
  return -1;
}

#endif
