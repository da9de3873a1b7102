/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Packets of encrypted networks on hosts where the kernel itself encrypts (XFRM).
 *
 * They go to a vxlan device that takes the tunnel's other end from the packet's metadata, and the kernel writes the
 * outer headers. By its mark it knows that the result is to be encrypted; the firewall drops what bears the mark and
 * would leave without. What comes back has lost its outer headers: by metadata the sender and the network are known.
 */
#ifndef SKEIN_KERNEL_BPF_KERNEL_ESP_H_
#define SKEIN_KERNEL_BPF_KERNEL_ESP_H_

#include "kernel/bpf/packet.h"

/* Per-CPU memory, since the stack is short. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct bpf_tunnel_key);
} tunnel_keys SEC(".maps");

INLINE __u32 kernel_encrypts(void) {
  __u32 zero = 0;
  struct skein_settings* current = bpf_map_lookup_elem(&settings, &zero);
  return current && current->esp_is_kernel;
}

/* Names the tunnel by which the frame is to go. */
__noinline int name_tunnel(struct __sk_buff* skb, __be32 source, __be32 host, __u32 vni) {
  __u32 zero = 0;
  struct bpf_tunnel_key* key = bpf_map_lookup_elem(&tunnel_keys, &zero);
  if (!key) return -1;
  __builtin_memset(key, 0, sizeof(*key));
  key->tunnel_id = vni;
  key->remote_ipv4 = bpf_ntohl(host);
  key->local_ipv4 = bpf_ntohl(source);
  key->tunnel_ttl = 64;
  skb->mark = SKEIN_ESP_MARK;
  return bpf_skb_set_tunnel_key(skb, key, sizeof(*key), BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT);
}

#endif
