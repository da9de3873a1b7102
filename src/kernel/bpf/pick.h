/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Choosing the backend of a new flow. */
#ifndef SKEIN_KERNEL_BPF_PICK_H_
#define SKEIN_KERNEL_BPF_PICK_H_

#include "packet.h"

INLINE struct skein_backend* find_backend(__u32 vni, __be32 service, __u32 number) {
  struct skein_backend_key key = {vni, service, number};
  return bpf_map_lookup_elem(&backends, &key);
}

/* Lists and endpoints are written one after the other: a backend counts once its endpoint says the same. */
INLINE int is_backend(__u32 vni, __be32 service, __be32 address) {
  struct skein_endpoint* endpoint = find_endpoint(vni, address);
  return endpoint && endpoint->service == service;
}

/* The first backend whose share ends beyond the place and that may have new flows; 0 if there is none. */
__noinline __be32 backend_from(__u32 vni, __be32 service, __u32 place) {
  for (__u32 number = 0; number < SKEIN_SERVICE_BACKENDS; number++) {
    struct skein_backend* backend = find_backend(vni, service, number);
    if (!backend) break;
    if (backend->weight && backend->end > place && is_backend(vni, service, backend->address)) return backend->address;
  }
  return 0;
}

/* The address of a backend for a new flow; 0 if there is none. */
__noinline __be32 pick_backend(__u32 vni, __be32 address) {
  struct skein_endpoint_key key = {vni, address};
  struct skein_service* service = bpf_map_lookup_elem(&services, &key);
  if (!service || !service->total) return 0;
  __u64 turn = __sync_fetch_and_add(&service->next, 1);
  __u32 place = turn * service->stride % service->total;
  __be32 backend = backend_from(vni, address, place);
  return backend ? backend : backend_from(vni, address, 0);
}

#endif
