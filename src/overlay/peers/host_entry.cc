#include "overlay/peers/host_entry.h"

#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {

std::string format_host_entry(const HostEntry& entry) {
  networkdb::SkeinHost out;
  for (Receipt receipt : entry.receipts) out.add_drained(receipt);
  out.set_told_peers(entry.told_peers);
  out.set_told_endpoints(entry.told_endpoints);
  return out.SerializeAsString();
}

HostEntry parse_host_entry(const std::string& value) {
  networkdb::SkeinHost host;
  if (!host.ParseFromString(value)) return {};
  HostEntry out;
  out.told_peers = host.told_peers();
  out.told_endpoints = host.told_endpoints();
  for (Receipt receipt : host.drained())
    if (out.receipts.size() < kReceiptsMax) out.receipts.insert(receipt);
  return out;
}

}  // namespace skein::overlay
