/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The tables between the BPF programs and the daemon. Included by both sides; the only place where they are declared.
 *
 * Addresses, masks and ports are in network byte order, everything else in host order. A change of any structure or of
 * a table's type needs a new SKEIN_LAYOUT: tables are pinned and outlive the daemon, and a daemon of another layout
 * must not read them.
 */
#ifndef SKEIN_KERNEL_BPF_MAPS_H_
#define SKEIN_KERNEL_BPF_MAPS_H_

#include <linux/types.h>

#include "kernel/bpf/reasons.h"

#define SKEIN_LAYOUT 4

/* Bounds. Hash tables allocate entries as they are used, so that a bound costs nothing until it is reached. */
#define SKEIN_ATTACHMENTS_MAX 16384 /* interfaces of one host: ten times what kernels and engines comfortably run */
#define SKEIN_ENDPOINTS_MAX 262144  /* four networks of a whole /16; 128 bytes each */
#define SKEIN_HOSTS_MAX 4096        /* beyond what the gossip of one cluster carries */
#define SKEIN_NETWORKS_MAX 4096     /* networks that one host takes part in; 2 kB each */
#define SKEIN_FLOOD_TARGETS 256     /* copies of one broadcast, to each side: an amplification bound, too */
#define SKEIN_SERVICES_MAX 65536    /* virtual addresses: a whole /16 */
#define SKEIN_BACKENDS_MAX 262144   /* of all services: as many as endpoints */
#define SKEIN_SERVICE_BACKENDS 256  /* of one service: how far a new flow may have to search */

/* These have no room to spare: their memory is taken when the table is made, and what is used least goes first. */
#define SKEIN_FLOWS_MAX 131072      /* established connections to virtual addresses; 100 bytes each */
#define SKEIN_BRIEF_FLOWS_MAX 65536 /* all other flows to them */
#define SKEIN_FRAGMENTS_MAX 4096    /* datagrams under way in fragments */
#define SKEIN_MESH_FLOWS_MAX 131072 /* established connections through the routing mesh, both ways; 170 bytes each */
#define SKEIN_MESH_BRIEF_MAX 32768  /* all other flows through it */

#define SKEIN_PORTS_MAX 65536 /* published ports of one host */

/* Bytes around an inner Ethernet frame: outer IPv4 20, UDP 8, VXLAN 8 (RFC 7348); with the inner Ethernet header they
 * make the difference between the MTU of the underlay and that of a container. */
#define SKEIN_TUNNEL_BYTES 36
#define SKEIN_OVERHEAD_BYTES (SKEIN_TUNNEL_BYTES + 14)
/* The same of an encrypted network, with ESP in UDP around (RFC 4303, 3948): what is encrypted (UDP 8, VXLAN 8, the
 * frame, 2 of the trailer) is a multiple of 4; in front are IPv4 20, UDP 8, ESP 8 and the IV 8, and 16 of the ICV
 * behind. */
#define SKEIN_ESP_MTU(underlay) ((((underlay) - (20 + 8 + 8 + 8 + 16)) & ~3u) - (8 + 8 + 14 + 2))

/* Of packets that the kernel is to encrypt: as Docker marks them. */
#define SKEIN_ESP_MARK 0xd0c4e3

/* What an attached program knows of its interface; key: interface index. */
enum skein_attachment_kind {
  SKEIN_ENDPOINT = 1,
  SKEIN_UNDERLAY = 2,
  SKEIN_MESH = 3,
  SKEIN_ESP = 4,
  SKEIN_KERNEL_ESP = 5
};
struct skein_attachment {
  __u32 kind;
  __u32 vni;
  __be32 address;
  __be32 mask;
  __be32 gateway; /* 0: none */
  __u32 mtu;      /* of the container's interface */
  __u32 is_internal;
  __u8 mac[6];
  __u8 host_mac[6]; /* of the interface itself */
  __s32 netns;      /* of a container that takes IPv6: the number by which this host's namespace knows its; -1: none */
};

struct skein_endpoint_key {
  __u32 vni;
  __be32 address;
};
enum skein_endpoint_flag {
  SKEIN_DOCKER_ENGINES = 1,   /* its host is a Docker Engine */
  SKEIN_YIELDS_DATAGRAMS = 2, /* its host is silent, and others of its service are not */
  SKEIN_ENCRYPTED = 4,        /* its network's packets pass between hosts encrypted, or not at all */
  SKEIN_TAKES_IPV6 = 8,       /* its host takes clients' IPv6 packets for it */
};
struct skein_endpoint {
  __be32 host;    /* tunnel endpoint of the owner; 0: this host */
  __u32 ifindex;  /* host end of the veth, when it is here */
  __be32 service; /* virtual address that it is a backend of; 0: none */
  __u8 mac[6];
  __u8 flags;
  __u8 reserved;
};

/* Path to a host; key: its tunnel endpoint. All-zero MACs: source_mac: the device has no link layer; next_hop_mac: not
 * resolved, the kernel is asked per packet. */
struct skein_path {
  __u32 ifindex;
  __be32 source;
  __u32 mtu;
  __u8 source_mac[6];
  __u8 next_hop_mac[6];
};

/* Receivers of a network's broadcasts; key: VNI. Replaced as a whole, so that readers never see half of a change. */
struct skein_flood {
  __u32 local_count;
  __u32 host_count;
  __u32 is_encrypted;
  __u32 locals[SKEIN_FLOOD_TARGETS]; /* interface indices */
  __be32 hosts[SKEIN_FLOOD_TARGETS];
};

/* A virtual address; key: skein_endpoint_key. New flows come one after another at the places 0 … total - 1, of which
 * each backend has as many as its weight, in steps of `stride`, so that they do not come in a row. */
enum skein_balance { SKEIN_ROUND_ROBIN, SKEIN_LEAST_CONNECTIONS, SKEIN_SOURCE_HASH };
struct skein_service {
  __u32 balance;
  __u32 count;  /* of backends */
  __u32 total;  /* of weights; 0: no new flows */
  __u32 stride; /* has no divisor in common with total */
  __u64 next;   /* counted by the program */
};

/* The backends of a service, numbered from 0 in ascending order of address. Of a list that is being changed the program
 * may see parts of both versions, each backend whole. */
struct skein_backend_key {
  __u32 vni;
  __be32 service;
  __u32 number;
};
struct skein_backend {
  __be32 address;
  __u32 weight; /* 0: keeps its flows, gets no new ones */
  __u32 end;    /* sum of the weights up to and with this one */
};

/* What a client on this host has going on with a virtual address. Ports of ICMP echo: the identifier, twice; of
 * protocols without ports: 0. */
struct skein_flow_key {
  __u32 vni;
  __be32 client;
  __be32 service;
  __be16 client_port;
  __be16 service_port;
  __u32 protocol;
};
enum skein_flow_state {
  SKEIN_FLOW_OPEN = 1, /* the client has gone on after its SYN */
  SKEIN_FLOW_CLIENT_ENDED = 2,
  SKEIN_FLOW_BACKEND_ENDED = 4,
  SKEIN_FLOW_ENDED = 6, /* both have sent FIN */
  SKEIN_FLOW_RESET = 8,
};
struct skein_flow {
  __be32 backend;
  __u32 state;
};

/* Where the fragments of a datagram go (to a service) or whence they seem to come (from a backend). */
struct skein_fragment_key {
  __u32 vni;
  __be32 source;
  __be32 target;
  __be16 id;
  __u16 protocol;
};

/* IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
struct skein_address {
  __be32 words[4];
};

/* Whence the host's own connections by IPv6 to published ports come, fd73:6b65:696e::2: as `client` of skein_mesh is by
 * IPv4. */
#define SKEIN_MESH_PREFIX6_WORD0 0xfd736b65
#define SKEIN_MESH_PREFIX6_WORD1 0x696e0000
#define SKEIN_MESH_CLIENT6_WORD3 2
/* By IPv6 an endpoint has the address fd73:6b65:696e:1::a.b.c.d. */
#define SKEIN_ENDPOINT_PREFIX6_WORD1 0x696e0001

/* A published port; address: all zero for every one of this host. */
struct skein_port_key {
  struct skein_address address;
  __be16 port;
  __u8 protocol;
  __u8 is_ipv6; /* every one of IPv6; sought before those of both families */
};
/* Where it leads: to the virtual address of a service, and the port of its backends; or to a container here. */
struct skein_port {
  __u32 vni;
  struct skein_address service; /* or the container's address */
  __be16 target_port;
  __u8 is_container;
  __u8 reserved;
};

/* One direction of a flow through the routing mesh: what its packets have. On the entry host, from clients: vni and
 * host are 0. From backends: the network, host 0. On a backend's host, from a client whose packets get another port
 * there, or become IPv4: the network, and the entry host (0: this one). */
struct skein_mesh_key {
  struct skein_address source, target;
  __be16 source_port, target_port;
  __u32 protocol;
  __u32 vni;
  __be32 host;
};
/* What they get. (target, source, vni, host) are the key of the other direction. */
struct skein_mesh_flow {
  struct skein_address source, target;
  __be16 source_port, target_port;
  __u32 vni;      /* 0: the target is a client, outside */
  __be32 host;    /* tunnel endpoint of the entry host to whom it goes; 0: none */
  __be32 service; /* virtual address that the target must back; its own: it is a container; 0: it is no backend */
  __u32 ifindex;  /* device towards the client, once known … */
  __u32 routes;   /* … from routes of that generation */
  __u32 state;    /* enum skein_flow_state, of both directions */
  __be32 acked;   /* by the client of a connection: the sequence number that it waits for */
};

/* The host's own part in the mesh. */
struct skein_mesh {
  __u32 vni;      /* of the ingress network; 0: there is none */
  __be32 address; /* this host's on the ingress network */
  __be32 entry;   /* to which the host leads its own connections to published ports … */
  __be32 client;  /* … and from which they come */
  __u32 ifindex;  /* device by which they come and go; 0: there is no mesh */
  __u32 routes;   /* generation: another one after each change of devices and routes */
  __u8 mac[6];    /* of that device */
  __u8 is_encrypted;
  __u8 reserved;
};

struct skein_settings {
  __be32 tunnel_address; /* 0: no tunnels */
  __be16 tunnel_port;
  __u8 esp_is_kernel; /* the kernel encrypts, and the device takes frames without outer headers */
  __u8 reserved;
  __u32 esp_ifindex; /* device of who encrypts; 0: nobody does */
};

#ifdef __bpf__

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_ATTACHMENTS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);
  __type(value, struct skein_attachment);
} attachments SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_ENDPOINTS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct skein_endpoint_key);
  __type(value, struct skein_endpoint);
} endpoints SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_HOSTS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __be32);
  __type(value, struct skein_path);
} hosts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_NETWORKS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);
  __type(value, struct skein_flood);
} floods SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_SERVICES_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct skein_endpoint_key);
  __type(value, struct skein_service);
} services SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_BACKENDS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct skein_backend_key);
  __type(value, struct skein_backend);
} backends SEC(".maps");

/* Connections between the client's second packet and their end. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, SKEIN_FLOWS_MAX);
  __type(key, struct skein_flow_key);
  __type(value, struct skein_flow);
} flows SEC(".maps");

/* Datagrams, connections that begin or have ended: however many come, they push no established connection out. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, SKEIN_BRIEF_FLOWS_MAX);
  __type(key, struct skein_flow_key);
  __type(value, struct skein_flow);
} brief_flows SEC(".maps");

/* How many connections of `flows` a backend has; only those that the daemon has put in are counted, and it counts anew
 * now and then, since what the kernel pushes out of `flows` is not told. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_BACKENDS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct skein_endpoint_key);
  __type(value, __u32);
} loads SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, SKEIN_FRAGMENTS_MAX);
  __type(key, struct skein_fragment_key);
  __type(value, __be32);
} fragments SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, SKEIN_PORTS_MAX);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct skein_port_key);
  __type(value, struct skein_port);
} ports SEC(".maps");

/* As `flows` and `brief_flows`, both directions of each. Apart from these: clients outside push nobody out who is
 * inside. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, SKEIN_MESH_FLOWS_MAX);
  __type(key, struct skein_mesh_key);
  __type(value, struct skein_mesh_flow);
} mesh_flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, SKEIN_MESH_BRIEF_MAX);
  __type(key, struct skein_mesh_key);
  __type(value, struct skein_mesh_flow);
} mesh_brief SEC(".maps");

/* Flows of datagrams under way in fragments; vni of the key: 0 for clients. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, SKEIN_FRAGMENTS_MAX);
  __type(key, struct skein_fragment_key);
  __type(value, struct skein_mesh_flow);
} mesh_fragments SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct skein_mesh);
} mesh SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct skein_settings);
} settings SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 64); /* more than there are reasons: a new reason at the end needs no new layout */
  __type(key, __u32);
  __type(value, __u64);
} counters SEC(".maps");

#endif /* __bpf__ */

#endif /* SKEIN_KERNEL_BPF_MAPS_H_ */
