/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a container on the ingress network sends by IPv6: answers to clients of the routing mesh, and nothing else. */
#ifndef SKEIN_KERNEL_BPF_ENDPOINT6_H_
#define SKEIN_KERNEL_BPF_ENDPOINT6_H_

#include "kernel/bpf/mesh/mesh_answers6.h"

/* A program that tries others by IPv6 first learns at once that there is no way. */
INLINE int refuse_container6(struct __sk_buff* skb, struct mesh_scratch* s) {
  if (read_key6(skb, s) || s->traits.flags & TCP_RST) return leave(skb, SKEIN_REASON_drop_protocol, DROP);
  if (bpf_skb_load_bytes(skb, 0, &s->eth, sizeof(s->eth))) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  int reason = s->key.protocol == IPPROTO_TCP ? put_reset6(skb)
                                              : put_error6(skb, ICMPV6_UNREACHABLE << 8 | ICMPV6_NO_ROUTE, 0,
                                                           s->traits.transport, ports_of(&s->traits));
  return reason ? leave(skb, reason, DROP) : back_to_container(skb, s, SKEIN_REASON_ipv6_refused);
}

INLINE int ipv6_from_container(struct __sk_buff* skb, const struct skein_attachment* self, int is_to_group) {
  struct mesh_scratch* s = scratch();
  __be32 own = self->address;
  __u32 vni = self->vni;
  if (is_to_group) return leave(skb, SKEIN_REASON_drop_protocol, DROP); /* the kernel tells neighbours and routers */
  if (!s || read_ip6(skb, s)) return leave(skb, SKEIN_REASON_drop_malformed, DROP);
  const struct skein_address* source = (const void*)&s->ip6.saddr;
  if (!is_endpoint6(source) || source->words[3] != own) return leave(skb, SKEIN_REASON_drop_spoofed, DROP);
  int action = answer6(skb, vni);
  return action == GO_ON ? refuse_container6(skb, s) : action;
}

#endif
