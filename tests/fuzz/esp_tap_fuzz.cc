// One read of the TAP device: whatever containers and the kernel make of a frame, each packet that is sealed fits its
// socket and is opened by the peer.
#include <algorithm>
#include <vector>

#include "esp/packet/packet.h"
#include "esp/path/outbound.h"
#include "esp_peers.h"

using namespace skein::esp;

namespace {

class Opener final : public BatchSender {
 public:
  explicit Opener(FuzzPeers& peers) : peers_(peers) {}
  void send(SendBatch& batch) override {
    for (const auto& message : batch.messages()) {
      SKEIN_ASSERT(message.bytes <= kDatagramBytesMax && message.segments <= SendBatch::kSegmentsMax);
      const std::span<uint8_t> bytes(batch.bytes_of(message), message.bytes);
      for (size_t at = 0; at < bytes.size(); at += message.segment_bytes) {
        const auto packet = bytes.subspan(at, std::min<size_t>(message.segment_bytes, bytes.size() - at));
        InboundSa& sa = *peers_.receiver->find(peers_.here, kFuzzSpi).sa;
        SKEIN_ASSERT(open_packet(sa, 0, packet, 4789).drop == Drop::kNone);
      }
    }
    batch.clear();
  }

 private:
  FuzzPeers& peers_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static FuzzPeers peers;
  static Opener opener(peers);
  static SendBatch batch(4500);
  static DropCounts drops;
  std::vector<uint8_t> frame(bytes, bytes + std::min<size_t>(size, 66000));
  send_tap_frame(*peers.sender, frame, {0, batch, opener, drops});
  opener.send(batch);
  return 0;
}
