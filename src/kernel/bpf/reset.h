/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* TCP resets (RFC 9293 3.5.2), with which a program answers a container in the name of the destination. */
#ifndef SKEIN_KERNEL_BPF_RESET_H_
#define SKEIN_KERNEL_BPF_RESET_H_

#include <linux/tcp.h>

#include "kernel/bpf/packet.h"

struct tcp_frame {
  __u8 alignment[2];
  struct ethhdr eth;
  struct iphdr ip;
  struct tcphdr tcp;
};
#define TCP_FRAME_BYTES (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr))

/* Turns the packet, which is no reset itself, into its answer. Those with IP options get none: -1. */
__noinline int turn_into_reset(struct __sk_buff* skb) {
  struct tcp_frame frame = {}, sent = {};
  struct {
    __be32 source, target;
    __be16 protocol, bytes;
  } pseudo;
  if (bpf_skb_load_bytes(skb, 0, &sent.eth, TCP_FRAME_BYTES) || sent.ip.ihl != 5) return -1;

  if (sent.tcp.ack) {
    frame.tcp.seq = sent.tcp.ack_seq;
  } else {
    __u32 data_bytes = bpf_ntohs(sent.ip.tot_len) - sizeof(struct iphdr) - sent.tcp.doff * 4;
    frame.tcp.ack = 1;
    frame.tcp.ack_seq = bpf_htonl(bpf_ntohl(sent.tcp.seq) + data_bytes + sent.tcp.syn + sent.tcp.fin);
  }
  frame.tcp.rst = 1;
  frame.tcp.doff = sizeof(struct tcphdr) / 4;
  frame.tcp.source = sent.tcp.dest;
  frame.tcp.dest = sent.tcp.source;

  pseudo.source = sent.ip.daddr;
  pseudo.target = sent.ip.saddr;
  pseudo.protocol = bpf_htons(IPPROTO_TCP);
  pseudo.bytes = bpf_htons(sizeof(struct tcphdr));
  __s64 sum = bpf_csum_diff(NULL, 0, (__be32*)&pseudo, sizeof(pseudo), 0);
  frame.tcp.check = fold((__u32)bpf_csum_diff(NULL, 0, (__be32*)&frame.tcp, sizeof(struct tcphdr), sum));

  fill_ipv4(&frame.ip, IPPROTO_TCP, sent.ip.daddr, sent.ip.saddr, sizeof(struct iphdr) + sizeof(struct tcphdr));
  __builtin_memcpy(frame.eth.h_dest, sent.eth.h_source, ETH_ALEN);
  __builtin_memcpy(frame.eth.h_source, sent.eth.h_dest, ETH_ALEN);
  frame.eth.h_proto = bpf_htons(ETH_P_IP);
  if (bpf_skb_change_tail(skb, TCP_FRAME_BYTES, 0)) return -1;
  return bpf_skb_store_bytes(skb, 0, &frame.eth, TCP_FRAME_BYTES, 0);
}

INLINE int answer_reset(struct __sk_buff* skb) {
  __u32 ifindex = skb->ifindex;
  if (turn_into_reset(skb)) return leave(skb, SKEIN_REASON_drop_no_backend, DROP);
  return leave_towards(skb, SKEIN_REASON_service_reset, ifindex, bpf_redirect(ifindex, 0));
}

#endif
