#include "api/metrics/host_metrics.h"

#include "overlay/encryption/peer_state.h"

namespace skein::api {

namespace {

template <class Count>
void add_counts(const std::string& prefix, const Counts<Count>& counts, Families& out) {
  const auto& metrics = metrics_of(Count{});
  for (size_t i = 0; i < metrics.size(); ++i)
    out.counter(prefix + std::string(metrics[i].name) + "_total",
                std::string(metrics[i].unit) + ": " + std::string(metrics[i].meaning),
                static_cast<double>(counts.of(static_cast<Count>(i))));
}

struct PeerSums {
  uint64_t packets_in = 0, bytes_in = 0, replayed = 0, failed = 0, packets_out = 0, bytes_out = 0;
};

PeerSums sums_of(const esp::PeerStatus& peer) {
  PeerSums out;
  for (const auto& in : peer.in)
    out.packets_in += in.packets, out.bytes_in += in.bytes, out.replayed += in.replayed, out.failed += in.failed;
  if (peer.out) out.packets_out = peer.out->packets, out.bytes_out = peer.out->bytes;
  return out;
}

void add_two_ways(std::string_view name, std::string_view help, const std::string& peer, uint64_t in, uint64_t sent,
                  Families& out) {
  out.counter(name, help, static_cast<double>(in), {{"peer", peer}, {"direction", "in"}});
  out.counter(name, help, static_cast<double>(sent), {{"peer", peer}, {"direction", "out"}});
}

}  // namespace

void add_gossip_metrics(const Counts<GossipCount>& machine, const Counts<GossipSocketCount>& sockets, Families& out) {
  add_counts("skein_gossip_", machine, out);
  add_counts("skein_gossip_socket_", sockets, out);
}

void add_data_path_metrics(const std::map<std::string, uint64_t>& packets, Families& out) {
  for (const auto& [reason, count] : packets)
    out.counter("skein_datapath_packets_total", "Packets by the way on which they left a program",
                static_cast<double>(count), {{"reason", reason}});
}

void add_encryption_metrics(const esp::Status& status, Families& out) {
  const auto& peers = status.peers;
  for (const auto& peer : peers)
    out.gauge("skein_encryption_peer_up", "0 while something is wrong with the way to this peer",
              overlay::peer_state(peer).is_fault ? 0 : 1, {{"peer", peer.address.text()}});
  for (const auto& peer : peers) {
    const PeerSums sums = sums_of(peer);
    add_two_ways("skein_encryption_packets_total", "Sealed packets", peer.address.text(), sums.packets_in,
                 sums.packets_out, out);
  }
  for (const auto& peer : peers) {
    const PeerSums sums = sums_of(peer);
    add_two_ways("skein_encryption_bytes_total", "Bytes of the sealed frames", peer.address.text(), sums.bytes_in,
                 sums.bytes_out, out);
  }
  for (const auto& peer : peers) {
    const PeerSums sums = sums_of(peer);
    constexpr std::string_view kName = "skein_encryption_refused_total";
    constexpr std::string_view kHelp = "Packets of this peer that were not taken";
    out.counter(kName, kHelp, static_cast<double>(sums.replayed), {{"peer", peer.address.text()}, {"why", "replayed"}});
    out.counter(kName, kHelp, static_cast<double>(sums.failed), {{"peer", peer.address.text()}, {"why", "bad_icv"}});
  }
  for (const Metric& metric : kEspDropMetrics) {
    const auto found = status.drops.find(std::string(metric.name));
    out.counter("skein_encryption_drops_total", "Packets that ended in the encryption, by reason",
                found == status.drops.end() ? 0 : static_cast<double>(found->second),
                {{"reason", std::string(metric.name)}});
  }
}

void add_pass_metrics(const overlay::HostReport& report, Families& out) {
  out.counter("skein_network_passes_total", "Looks at the networks, and what they came to",
              static_cast<double>(report.pass.number));
  out.gauge("skein_network_endpoints", "Endpoints of this host", static_cast<double>(report.book.endpoints.size()));
  out.gauge("skein_network_failed_endpoints", "Endpoints that the kernel does not hold as it should",
            static_cast<double>(report.pass.failures.endpoints.size()));
  out.gauge("skein_network_differences", "Where the kernel was not as wanted when it was read back last",
            static_cast<double>(report.pass.read_back.differences));
  out.gauge("skein_network_failed", "1 while what concerns all endpoints of this host failed",
            report.failure() ? 1 : 0);
}

}  // namespace skein::api
