/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Broadcast and multicast: one copy for every receiver of the network but the sender.
 *
 * Copies for containers go out of the host end of their veth, where the kernel derives protocol and packet type from
 * the Ethernet header anew. A copy that cannot be sent is counted and does not stop the others.
 */
#ifndef SKEIN_KERNEL_BPF_FLOOD_H_
#define SKEIN_KERNEL_BPF_FLOOD_H_

#include "kernel/bpf/tunnel.h"

#define IPV6_UDP_BYTES 48

/* The loops are global functions: the kernel verifies each of them once, not at every place that calls it. */
__noinline int copy_to_locals(struct __sk_buff* skb, __u32 vni, __u32 sender) {
  struct skein_flood* flood = bpf_map_lookup_elem(&floods, &vni);
  if (!flood) return -1;
  for (__u32 i = 0; i < SKEIN_FLOOD_TARGETS && i < flood->local_count; i++) {
    if (flood->locals[i] == sender) continue;
    count(bpf_clone_redirect(skb, flood->locals[i], 0) ? SKEIN_REASON_copy_failed : SKEIN_REASON_copy_to_local);
  }
  return 0;
}

/* Sends a copy of the packet, which has its tunnel headers already, to one host; `esp_ifindex`: by who encrypts. */
__noinline int copy_to_host(struct __sk_buff* skb, __be32 host, __u32 frame_bytes, __u32 wire_bytes,
                            __u32 esp_ifindex) {
  struct {
    __u8 alignment[2];
    struct ethhdr eth;
    struct iphdr ip;
  } outer;
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  if (!path || wire_bytes > inner_mtu(path, esp_ifindex)) return -1;
  if (!esp_ifindex && no_mac(path->next_hop_mac) && !no_mac(path->source_mac)) return -1;
  fill_path(&outer.eth, &outer.ip, path, host, frame_bytes);
  if (bpf_skb_store_bytes(skb, 0, &outer.eth, ETH_HLEN + sizeof(outer.ip), 0)) return -1;
  return bpf_clone_redirect(skb, esp_ifindex ? esp_ifindex : path->ifindex, 0);
}

/* The same by the kernel, which encrypts and writes the headers. */
__noinline int copy_by_kernel(struct __sk_buff* skb, __u32 vni, __be32 host, __u32 wire_bytes, __u32 esp_ifindex) {
  struct skein_path* path = bpf_map_lookup_elem(&hosts, &host);
  if (!path || wire_bytes > inner_mtu(path, 1) || name_tunnel(skb, path->source, host, vni)) return -1;
  return bpf_clone_redirect(skb, esp_ifindex, 0);
}

/* Changes the packet: the last thing to do with it. */
__noinline int copy_to_hosts(struct __sk_buff* skb, __u32 vni) {
  struct outer outer = {};
  __u32 frame_bytes = skb->len;
  __u32 wire_bytes = skb->gso_size ? skb->gso_size + IPV6_UDP_BYTES : frame_bytes - ETH_HLEN;
  struct skein_flood* flood = bpf_map_lookup_elem(&floods, &vni);
  if (!flood || !flood->host_count) return 0;
  __u32 zero = 0, esp_ifindex = 0, is_kernel = 0;
  struct skein_settings* current = bpf_map_lookup_elem(&settings, &zero);
  if (flood->is_encrypted) {
    esp_ifindex = current ? current->esp_ifindex : 0;
    is_kernel = current && current->esp_is_kernel;
    if (!esp_ifindex) {
      count(SKEIN_REASON_drop_no_esp);
      return -1;
    }
  }
  fill_tunnel(&outer, source_port(skb), tunnel_port(), vni, frame_bytes);
  if (bpf_skb_load_bytes(skb, 0, &outer.inner, ETH_HLEN) || wrap(skb, &outer, esp_ifindex)) {
    count(SKEIN_REASON_copy_failed);
    return -1;
  }
  for (__u32 i = 0; i < SKEIN_FLOOD_TARGETS && i < flood->host_count; i++) {
    int failed = is_kernel ? copy_by_kernel(skb, vni, flood->hosts[i], wire_bytes, esp_ifindex)
                           : copy_to_host(skb, flood->hosts[i], frame_bytes, wire_bytes, esp_ifindex);
    count(failed ? SKEIN_REASON_copy_failed : SKEIN_REASON_copy_to_remote);
  }
  return 0;
}

INLINE int flood_from_container(struct __sk_buff* skb, const struct skein_attachment* self) {
  __u32 vni = self->vni;
  copy_to_locals(skb, vni, skb->ifindex);
  copy_to_hosts(skb, vni);
  return leave(skb, SKEIN_REASON_flooded, DROP); /* the copies are on their way */
}

#endif
