/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Choosing the backend of a new flow.
 *
 * The searches are global functions, which the kernel verifies once, and their loops join again after every branch.
 */
#ifndef SKEIN_KERNEL_BPF_PICK_H_
#define SKEIN_KERNEL_BPF_PICK_H_

#include "kernel/bpf/packet.h"

INLINE struct skein_backend* find_backend(__u32 vni, __be32 service, __u32 number) {
  struct skein_backend_key key = {vni, service, number};
  return bpf_map_lookup_elem(&backends, &key);
}

/* Lists and endpoints are written one after the other: a backend counts once its endpoint says the same. */
INLINE int is_backend(__u32 vni, __be32 service, __be32 address) {
  struct skein_endpoint* endpoint = find_endpoint(vni, address);
  return endpoint && endpoint->service == service;
}

/* Whether the backend keeps what it has of the service's flows. Who talks by connections learns of a host's death by
 * their end, once that is certain; datagrams turn to another backend before. */
INLINE int keeps_flow(const struct skein_endpoint* endpoint, __be32 service, __u32 protocol) {
  if (!endpoint || endpoint->service != service) return 0;
  return protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP || !(endpoint->flags & SKEIN_YIELDS_DATAGRAMS);
}

INLINE int is_usable(__u32 vni, __be32 service, const struct skein_backend* backend) {
  return backend->weight && is_backend(vni, service, backend->address);
}

/* The first backend whose share ends beyond the place and that may have new flows; 0 if there is none. */
__noinline __be32 backend_from(__u32 vni, __be32 service, __u32 place) {
  for (__u32 number = 0; number < SKEIN_SERVICE_BACKENDS; number++) {
    struct skein_backend* backend = find_backend(vni, service, number);
    if (!backend) break;
    if (backend->end > place && is_usable(vni, service, backend)) return backend->address;
  }
  return 0;
}

/* Mixes a client with a backend, so that each client ranks the backends in an order of its own (MurmurHash3's end). */
INLINE __u32 mix(__be32 client, __be32 backend) {
  __u32 hash = client * 0x9e3779b1 ^ backend;
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

/* -log2(hash / 2^32) in 1/65536, straight between powers of two. Over its weight, it makes the backend with the least
 * of all as likely as its weight says; and of a backend that comes or goes, nobody notices but its own clients. */
__noinline __u32 distance(__u32 hash) {
  __u32 exponent = 0, rest = hash | 1;
  for (__u32 bits = 16; bits; bits >>= 1)
    if (rest >> bits) rest >>= bits, exponent += bits;
  rest = (__u64)(hash | 1) << 16 >> exponent; /* 1.16 fixed point, from 1 up to 2 */
  return (32 << 16) - (exponent << 16) - (rest - 65536);
}

/* What a backend costs: by distance from the client, or, when that is 0, by connections. */
__noinline __u32 cost_of(__u32 vni, __be32 backend, __be32 client) {
  struct skein_endpoint_key key = {vni, backend};
  if (client) return distance(mix(client, backend));
  __u32* load = bpf_map_lookup_elem(&loads, &key);
  return load ? *load + 1 : 1;
}

/* The backend that costs least over its weight; of equals the first from number `first` on, which the lowest 8 bits of
 * the costs are for. Chosen by arithmetic, so that the verifier has no branch to follow. */
__noinline __be32 cheapest_backend(__u32 vni, __be32 service, __be32 client, __u32 first) {
  __u64 least = 1, weight = 0, address = 0; /* more than any */
  for (__u32 number = 0; number < SKEIN_SERVICE_BACKENDS; number++) {
    struct skein_backend* backend = find_backend(vni, service, number);
    if (!backend) break;
    if (!is_usable(vni, service, backend)) continue;
    __u64 cost = (__u64)cost_of(vni, backend->address, client) << 8 | ((number - first) & 0xff);
    __u64 is_less = (cost * weight - least * backend->weight) >> 63;
    least += (cost - least) * is_less;
    weight += (backend->weight - weight) * is_less;
    address += (backend->address - address) * is_less;
  }
  return address;
}

/* The address of a backend for a new flow; 0 if there is none. */
__noinline __be32 pick_backend(__u32 vni, __be32 address, __be32 client) {
  struct skein_endpoint_key key = {vni, address};
  struct skein_service* service = bpf_map_lookup_elem(&services, &key);
  if (!service || !service->total) return 0;
  if (service->balance == SKEIN_SOURCE_HASH) return cheapest_backend(vni, address, client, 0);
  __u64 turn = __sync_fetch_and_add(&service->next, 1);
  if (service->balance == SKEIN_LEAST_CONNECTIONS) return cheapest_backend(vni, address, 0, turn % service->count);
  __be32 backend = backend_from(vni, address, turn * service->stride % service->total);
  return backend ? backend : backend_from(vni, address, 0);
}

#endif
