/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Flows of clients to virtual addresses: finding them, following the life of connections.
 *
 * A flow moves between two tables: `flows` has the established connections of TCP, and all of SCTP; `brief_flows` the
 * rest. Each forgets what was used longest ago when it is full. There is no time-out.
 */
#ifndef SKEIN_KERNEL_BPF_FLOW_H_
#define SKEIN_KERNEL_BPF_FLOW_H_

#include "kernel/bpf/traits.h"

struct found_flow {
  struct skein_flow* flow;
  int is_established; /* in `flows` */
};

INLINE struct found_flow find_flow(const struct skein_flow_key* key) {
  struct found_flow found = {NULL, 0};
  if (key->protocol == IPPROTO_TCP || key->protocol == IPPROTO_SCTP) found.flow = bpf_map_lookup_elem(&flows, key);
  if (found.flow)
    found.is_established = 1;
  else
    found.flow = bpf_map_lookup_elem(&brief_flows, key);
  return found;
}

/* Of the backend, if its connections are counted. */
INLINE void count_connection(const struct skein_flow_key* key, __be32 backend, __s32 more) {
  struct skein_endpoint_key of = {key->vni, backend};
  __u32* load = bpf_map_lookup_elem(&loads, &of);
  if (load && (more > 0 || *load)) __sync_fetch_and_add(load, more);
}

INLINE long make_flow(const struct skein_flow_key* key, const struct skein_flow* flow) {
  if (key->protocol != IPPROTO_SCTP) return bpf_map_update_elem(&brief_flows, key, flow, BPF_ANY);
  if (bpf_map_update_elem(&flows, key, flow, BPF_ANY)) return -1;
  count_connection(key, flow->backend, 1);
  return 0;
}

INLINE void end_flow(const struct skein_flow_key* key, struct found_flow found) {
  if (!found.is_established) {
    bpf_map_delete_elem(&brief_flows, key);
    return;
  }
  __be32 backend = found.flow->backend;
  if (!bpf_map_delete_elem(&flows, key)) count_connection(key, backend, -1);
}

INLINE int has_ended(__u32 state) {
  return (state & SKEIN_FLOW_ENDED) == SKEIN_FLOW_ENDED || (state & SKEIN_FLOW_RESET);
}

INLINE int is_established(__u32 state) { return (state & SKEIN_FLOW_OPEN) && !has_ended(state); }

/* To the other table. Another packet of the flow may do the same at this moment: who removes it, counts. */
INLINE void move_flow(const struct skein_flow_key* key, struct found_flow found, __u32 state) {
  struct skein_flow moved = {found.flow->backend, state};
  if (found.is_established) {
    bpf_map_update_elem(&brief_flows, key, &moved, BPF_ANY);
    if (!bpf_map_delete_elem(&flows, key)) count_connection(key, moved.backend, -1);
  } else {
    bpf_map_update_elem(&flows, key, &moved, BPF_ANY);
    if (!bpf_map_delete_elem(&brief_flows, key)) count_connection(key, moved.backend, 1);
  }
}

/* What a packet of TCP tells of the connection. */
INLINE void follow_flow(const struct skein_flow_key* key, struct found_flow found, const struct traits* traits,
                        int is_from_client) {
  if (traits->protocol != IPPROTO_TCP || traits->quote) return;
  __u32 news = 0;
  if (is_from_client && !(traits->flags & TCP_SYN)) news |= SKEIN_FLOW_OPEN;
  if (traits->flags & TCP_FIN) news |= is_from_client ? SKEIN_FLOW_CLIENT_ENDED : SKEIN_FLOW_BACKEND_ENDED;
  if (traits->flags & TCP_RST) news |= SKEIN_FLOW_RESET;
  __u32 state = found.flow->state | news;
  if (state == found.flow->state) return;
  __sync_fetch_and_or(&found.flow->state, news);
  if (is_established(state) != found.is_established) move_flow(key, found, state);
}

#endif
