/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What tells the flow of a packet, and changing the addresses in it.
 *
 * All packets here begin with an Ethernet header. An ICMP error belongs to the flow that it quotes; what it quotes went
 * the other way, so that its ports are exchanged and stand for the error's own direction.
 */
#ifndef SKEIN_KERNEL_BPF_TRAITS_H_
#define SKEIN_KERNEL_BPF_TRAITS_H_

#include <stddef.h>

#include "kernel/bpf/icmp.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define TCP_ACKED_OFFSET 8
#define TCP_FLAGS_OFFSET 13
#define TCP_CHECKSUM_OFFSET 16
#define UDP_CHECKSUM_OFFSET 6

struct traits {
  __u32 protocol;  /* of the flow */
  __u32 transport; /* offset of the header behind the IP header */
  __u32 quote;     /* offset of the IP header that an ICMP error quotes; 0: this is no error */
  __u32 flags;     /* of TCP */
  __be16 source_port, target_port;
};

struct ports {
  __be16 source, target;
};

INLINE int has_ports(__u32 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

INLINE int is_first_fragment(const struct iphdr* ip) {
  return (ip->frag_off & bpf_htons(IP_FRAGMENT)) && !(ip->frag_off & bpf_htons(IP_OFFSET));
}

INLINE int is_later_fragment(const struct iphdr* ip) { return (ip->frag_off & bpf_htons(IP_OFFSET)) != 0; }

INLINE int is_icmp_error(__u8 type) {
  return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}

/* The ports of what an error quotes, or the identifier of an echo. */
INLINE int read_quote(struct __sk_buff* skb, struct traits* traits) {
  struct iphdr quoted;
  struct ports ports = {};
  if (bpf_skb_load_bytes(skb, traits->quote, &quoted, sizeof(quoted)) || quoted.ihl < 5) return -1;
  __u32 transport = traits->quote + quoted.ihl * 4;
  traits->protocol = quoted.protocol;
  if (has_ports(quoted.protocol) && bpf_skb_load_bytes(skb, transport, &ports, sizeof(ports))) return -1;
  if (quoted.protocol == IPPROTO_ICMP) {
    if (bpf_skb_load_bytes(skb, transport + ICMP_ID_OFFSET, &ports.source, sizeof(ports.source))) return -1;
    ports.target = ports.source;
  }
  traits->source_port = ports.target;
  traits->target_port = ports.source;
  return 0;
}

/* Of the header at `transport`, and the flags of TCP. */
INLINE int read_ports(struct __sk_buff* skb, struct traits* traits) {
  struct ports ports;
  __u8 flags = 0;
  if (bpf_skb_load_bytes(skb, traits->transport, &ports, sizeof(ports))) return -1;
  if (traits->protocol == IPPROTO_TCP && bpf_skb_load_bytes(skb, traits->transport + TCP_FLAGS_OFFSET, &flags, 1))
    return -1;
  traits->source_port = ports.source;
  traits->target_port = ports.target;
  traits->flags = flags;
  return 0;
}

/* 0, or -1 when the packet ends too early. Not for fragments but the first. */
INLINE int read_traits(struct __sk_buff* skb, const struct iphdr* ip, struct traits* traits) {
  __be16 id = 0;
  __u8 type = 0;
  traits->protocol = ip->protocol;
  traits->transport = ETH_HLEN + ip->ihl * 4;
  traits->quote = traits->flags = 0;
  if (has_ports(ip->protocol)) return read_ports(skb, traits);
  if (ip->protocol == IPPROTO_ICMP) {
    if (bpf_skb_load_bytes(skb, traits->transport, &type, 1)) return -1;
    if (is_icmp_error(type)) {
      traits->quote = traits->transport + ICMP_HEADER_BYTES;
      return read_quote(skb, traits);
    }
    if (type == ICMP_ECHO || type == ICMP_ECHOREPLY) {
      if (bpf_skb_load_bytes(skb, traits->transport + ICMP_ID_OFFSET, &id, sizeof(id))) return -1;
    }
  }
  traits->source_port = traits->target_port = id;
  return 0;
}

/* An address in the IP header at `header`; `field` is its offset there. */
INLINE long replace_in_header(struct __sk_buff* skb, __u32 header, __u32 field, __be32 before, __be32 after) {
  if (bpf_l3_csum_replace(skb, header + offsetof(struct iphdr, check), before, after, sizeof(after))) return -1;
  return bpf_skb_store_bytes(skb, header + field, &after, sizeof(after), 0);
}

/* The checksums of TCP and UDP cover the addresses; a UDP checksum of 0 stands for none and stays (RFC 768). Those of
 * SCTP and ICMP do not. */
INLINE long replace_in_checksum(struct __sk_buff* skb, const struct traits* traits, __be32 before, __be32 after) {
  if (traits->quote) return 0;
  if (traits->protocol == IPPROTO_TCP)
    return bpf_l4_csum_replace(skb, traits->transport + TCP_CHECKSUM_OFFSET, before, after,
                               BPF_F_PSEUDO_HDR | sizeof(after));
  if (traits->protocol == IPPROTO_UDP)
    return bpf_l4_csum_replace(skb, traits->transport + UDP_CHECKSUM_OFFSET, before, after,
                               BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | sizeof(after));
  return 0;
}

/* The address that the packet has in `field`, and an error quotes in `quoted_field`. What an error quotes keeps its
 * sum, and the error its checksum, since the quoted header's checksum follows the change. */
INLINE long replace_address(struct __sk_buff* skb, const struct traits* traits, __u32 field, __u32 quoted_field,
                            __be32 before, __be32 after) {
  if (replace_in_checksum(skb, traits, before, after)) return -1;
  if (traits->quote && replace_in_header(skb, traits->quote, quoted_field, before, after)) return -1;
  return replace_in_header(skb, ETH_HLEN, field, before, after);
}

/* Exchanges source and target, of the packet and of what it quotes: no checksum feels it. */
INLINE long turn_round(struct __sk_buff* skb, const struct traits* traits) {
  __be32 addresses[2], turned[2];
  __u32 at = ETH_HLEN + offsetof(struct iphdr, saddr);
  if (bpf_skb_load_bytes(skb, at, addresses, sizeof(addresses))) return -1;
  turned[0] = addresses[1], turned[1] = addresses[0];
  if (bpf_skb_store_bytes(skb, at, turned, sizeof(turned), 0)) return -1;
  if (!traits->quote) return 0;
  return bpf_skb_store_bytes(skb, traits->quote + offsetof(struct iphdr, saddr), addresses, sizeof(addresses), 0);
}

#endif
