/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The reasons for which a packet leaves a program. Included by the BPF programs and by the daemon, which counts and
 * shows them; the only place where they are declared.
 */
#ifndef SKEIN_KERNEL_BPF_REASONS_H_
#define SKEIN_KERNEL_BPF_REASONS_H_

/* Every way out of a program: name, meaning. The names are those of the metrics. */
#define SKEIN_REASONS(X)                                                                              \
  X(to_local, "from a container to another one on this host")                                         \
  X(to_remote, "from a container into the tunnel to another host")                                    \
  X(to_remote_slow, "the same, next hop looked up by the kernel per packet")                          \
  X(to_host, "from a container to the host's stack: gateway, NAT")                                    \
  X(from_remote, "out of the tunnel to a container")                                                  \
  X(arp_answered, "ARP request of a container, answered")                                             \
  X(arp_answered_remote, "ARP request out of the tunnel, answered")                                   \
  X(too_big_answered, "larger than the path's MTU, answered by ICMP (RFC 1191)")                      \
  X(flooded, "broadcast or multicast of a container, replicated")                                     \
  X(flooded_from_remote, "broadcast or multicast out of the tunnel, replicated")                      \
  X(copy_to_local, "copies of broadcasts sent to containers here")                                    \
  X(copy_to_remote, "copies of broadcasts sent to other hosts")                                       \
  X(copy_failed, "copies of broadcasts not sent: no path, no neighbour, too big or no memory")        \
  X(underlay_other, "on the underlay, not ours: left alone")                                          \
  X(underlay_fragment, "fragment on the underlay: left alone, as RFC 7348 4.3 allows")                \
  X(underlay_unknown_network, "tunnel packet of a network that this host is not part of: left alone") \
  X(drop_unconfigured, "interface without configuration")                                             \
  X(drop_malformed, "headers that contradict themselves or end early")                                \
  X(drop_spoofed, "source MAC or address is not the container's own")                                 \
  X(drop_unknown_destination, "address of the network that no endpoint has")                          \
  X(drop_internal, "out of an internal network")                                                      \
  X(drop_protocol, "neither IPv4 nor ARP (IPv6: unicast)")                                            \
  X(drop_arp_unknown, "ARP request for an address that nobody has")                                   \
  X(drop_arp_ignored, "ARP that asks nothing: gratuitous, probe of the own address, reply")           \
  X(drop_no_path, "to a host that no path leads to")                                                  \
  X(drop_too_big, "larger than the path's MTU, and not to be answered")                               \
  X(drop_unknown_host, "tunnel packet from a host that is not of the swarm")                          \
  X(drop_foreign_source, "tunnel packet with an inner source that its sender does not own")           \
  X(drop_not_here, "tunnel packet for an endpoint of another host")                                   \
  X(drop_no_memory, "the kernel could not change the packet")                                         \
  X(service_flow, "flows of containers to virtual addresses, begun")                                  \
  X(service_reset, "TCP to a virtual address, no backend or no such connection: answered by RST")     \
  X(service_unreachable, "the same of other protocols: answered by ICMP")                             \
  X(drop_no_backend, "the same, not to be answered: errors, resets, IP options")                      \
  X(drop_fragment, "fragment for a virtual address whose first part was not seen")                    \
  X(drop_martian_sender, "tunnel packet with an outer source that no host can have")                  \
  X(mesh_flow, "flows of clients outside to published ports, begun")                                  \
  X(mesh_to_local, "from a client to a backend on this host")                                         \
  X(mesh_to_remote, "from a client to a backend on another host")                                     \
  X(mesh_from_entry, "out of the tunnel, from a client of another host, to a backend here")           \
  X(mesh_to_entry, "from a backend to the host at which its client came in")                          \
  X(mesh_to_client, "from a backend to a client that came in here")                                   \
  X(mesh_reset, "TCP to a published port, no backend or no such connection: answered by RST")         \
  X(mesh_unreachable, "the same of other protocols: answered by ICMP")                                \
  X(drop_mesh_full, "no port is left by which a backend could tell two clients apart")                \
  X(esp_to_remote, "of an encrypted network, handed over to be encrypted")                            \
  X(drop_no_esp, "of an encrypted network, and nobody is there to encrypt")                           \
  X(drop_in_clear, "tunnel packet of an encrypted network that came in clear")                        \
  X(drop_not_encrypted, "packet that came encrypted, of a network that is not")                       \
  X(ipv6_refused, "IPv6 of a container that answers no client: answered by RST or ICMPv6")

#define SKEIN_REASON_ENUM(name, meaning) SKEIN_REASON_##name,
enum skein_reason { SKEIN_REASONS(SKEIN_REASON_ENUM) SKEIN_REASON_COUNT };

#endif
