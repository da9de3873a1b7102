#include "overlay/peers/drain_receipts.h"

#include <charconv>

#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {

std::optional<Receipt> receipt_for(const std::string& key) {
  constexpr size_t kDigits = 16;
  Receipt out = 0;
  if (key.size() < kDigits) return std::nullopt;
  auto [end, failed] = std::from_chars(key.data(), key.data() + kDigits, out, 16);
  if (failed != std::errc() || end != key.data() + kDigits) return std::nullopt;
  return out;
}

std::set<Receipt> receipts_due(const std::vector<RemoteRecord>& records) {
  std::set<Receipt> out;
  for (const RemoteRecord& record : records) {
    networkdb::EndpointRecord names;
    if (!names.ParseFromString(record.names) || !names.has_skein() || !names.service_disabled()) continue;
    if (auto receipt = receipt_for(record.key)) out.insert(*receipt);
  }
  while (out.size() > kReceiptsMax) out.erase(std::prev(out.end()));
  return out;
}

std::optional<Duration> drain_pause(const NetworkHosts& hosts, Receipt receipt) {
  Duration out = Duration::zero();
  for (const auto& name : hosts.live) {
    auto ours = hosts.receipts.find(name);
    if (ours == hosts.receipts.end())
      out = kDockerDrainPause;
    else if (!ours->second.contains(receipt))
      return std::nullopt;
  }
  return out;
}

}  // namespace skein::overlay
