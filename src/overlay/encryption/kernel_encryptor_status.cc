#include "overlay/encryption/kernel_encryptor_status.h"

#include <charconv>

namespace skein::overlay {

esp::Status kernel_status(const esp::Config& config, const std::vector<kernel::xfrm::SeenState>& states,
                          std::map<std::string, uint64_t> drops) {
  std::map<kernel::xfrm::StateKey, esp::SaStatus> counts;
  for (const auto& state : states)
    counts[state.key] = {state.key.spi, state.packets, state.bytes, state.replayed, state.failed};
  esp::Status out;
  out.crypto = "XFRM";
  out.drops = std::move(drops);
  for (const esp::Peer& peer : config.peers) {
    esp::PeerStatus shown{.address = peer.address, .form = esp::Form::kEsp};
    if (peer.out)
      if (auto found = counts.find({peer.address, peer.out->spi}); found != counts.end()) shown.out = found->second;
    for (const esp::Sa& sa : peer.in)
      if (auto found = counts.find({config.local, sa.spi}); found != counts.end()) shown.in.push_back(found->second);
    out.peers.push_back(std::move(shown));
  }
  return out;
}

std::string format_epoch(uint64_t epoch) {
  char text[17];
  snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(epoch));
  return text;
}

Result<uint64_t> parse_epoch(const std::string& text) {
  uint64_t epoch = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), epoch, 16);
  if (failed != std::errc() || end != text.data() + text.size() || text.size() != 16)
    return make_error(Code::kInvalidArgument, "read the epoch of this host's ESP", "the file is damaged");
  return epoch;
}

}  // namespace skein::overlay
