// What comes from the underlay: first as it is, from anybody; then sealed with the right key, as from a peer that is
// ours but gone mad. The first two bytes of the input cut it into packets. What reaches the device is in one piece.
#include <algorithm>
#include <deque>
#include <vector>

#include "esp/packet/checksum.h"
#include "esp/packet/packet.h"
#include "esp/path/inbound.h"
#include "esp_peers.h"

using namespace skein::esp;

namespace {

class CheckedFrames final : public FrameSink {
 public:
  void write(std::span<const iovec> pieces, size_t frames) override {
    SKEIN_ASSERT(frames + 1 == pieces.size() && pieces[0].iov_len == kVnetBytes + kOuterBytes);
    SKEIN_ASSERT(pieces[1].iov_len >= kEthernetBytes);
    size_t size = 0;
    for (const iovec& piece : pieces) {
      const auto* bytes = static_cast<const uint8_t*>(piece.iov_base);
      for (size_t i = 0; i < piece.iov_len; ++i) size += 1 + (bytes[i] & 0);  // each byte is ours to read
    }
    SKEIN_ASSERT(size <= kVnetBytes + kOuterBytes + kEthernetBytes + 65535);
    const auto* first = static_cast<const uint8_t*>(pieces[0].iov_base);
    const auto outer = parse_outer({first + kVnetBytes, kOuterBytes});
    SKEIN_ASSERT(outer && outer->vxlan_port == 4789);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static FuzzPeers peers;
  static CheckedFrames sink;
  static Joiner joiner(sink);
  static DropCounts drops;
  const InboundThread thread{0, joiner, drops};
  if (size < 2) return 0;
  const size_t piece = 1 + load16(bytes);
  const std::vector<uint8_t> input(bytes + 2, bytes + std::min<size_t>(size, 65000));

  std::vector<uint8_t> from_anybody = input;
  receive_udp(*peers.receiver, peers.here, from_anybody, piece, thread);
  std::vector<uint8_t> raw = input;
  receive_raw(*peers.receiver, raw, thread);

  std::deque<std::vector<uint8_t>> packets;  // stay until the flush
  OutboundSa& sa = *peers.sender->peer(peers.there)->out;
  for (size_t at = 0; at < input.size(); at += piece) {
    const size_t plain = std::min(piece, input.size() - at);
    std::vector<uint8_t>& packet = packets.emplace_back(kEspHeaderBytes + plain + 16);
    std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(at), plain, packet.begin() + kEspHeaderBytes);
    sa.seal(0, packet, sa.take_numbers(1).value());
    receive_esp(*peers.receiver, peers.here, packet, thread);
  }
  joiner.flush();
  return 0;
}
