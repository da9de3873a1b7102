/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The programs of the data path. Built from uapi headers only: no type of a particular kernel is needed. Kernel 5.13 or
 * later (BPF_F_ADJ_ROOM_ENCAP_L2_ETH).
 */
#include "kernel/bpf/endpoint.h"
#include "kernel/bpf/underlay.h"

char dual_license[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int from_container(struct __sk_buff* skb) { return frame_from_container(skb); }

SEC("tc")
int from_underlay(struct __sk_buff* skb) { return frame_from_underlay(skb, FRONT_ON_WIRE, 0); }

/* Underlay devices without link layer: WireGuard, tun. */
SEC("tc")
int from_underlay_ip(struct __sk_buff* skb) { return frame_from_underlay(skb, FRONT_WITHOUT_LINK, 0); }

/* The device by which who decrypts hands packets over, with their outer headers. */
SEC("tc")
int from_esp(struct __sk_buff* skb) { return frame_from_underlay(skb, FRONT_ON_WIRE, 1); }

/* The vxlan device of a host where the kernel encrypts. */
SEC("tc")
int from_kernel_esp(struct __sk_buff* skb) { return frame_from_kernel_esp(skb); }

SEC("tc")
int from_host(struct __sk_buff* skb) { return frame_from_host(skb); }
