// Metrics of one host's networks: gossip, data path, encryption, passes. Names begin with "skein_"; counters are those
// of base/metrics.h and kernel/bpf/reasons.h. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "api/metrics/families.h"
#include "base/metrics.h"
#include "esp/control/control.h"
#include "overlay/reconcile/host_report.h"

namespace skein::api {

void add_gossip_metrics(const Counts<GossipCount>& machine, const Counts<GossipSocketCount>& sockets, Families& out);

// Of the BPF programs, by reason.
void add_data_path_metrics(const std::map<std::string, uint64_t>& packets, Families& out);

// Of each host that we encrypt for.
void add_encryption_metrics(const esp::Status& status, Families& out);

void add_pass_metrics(const overlay::HostReport& report, Families& out);

}  // namespace skein::api
