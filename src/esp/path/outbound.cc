#include "esp/path/outbound.h"

#include "esp/packet/packet.h"
#include "esp/packet/tap_frame.h"

namespace skein::esp {

void send_tap_frame(const Tables& tables, std::span<const uint8_t> bytes, OutboundThread thread) {
  const auto frame = parse_tap_frame(bytes);
  if (!frame) return thread.drops.add(Drop::kTapMalformed);
  const PeerTables* known = tables.peer(frame->outer.peer);
  if (!known) return thread.drops.add(Drop::kTapUnknownPeer);
  const Peer& peer = known->peer;
  const Segments segments(*frame, peer.has_offload);
  const size_t count = segments.count();
  if (!known->out) return thread.drops.add(Drop::kNoOutboundKey, count);
  if (sealed_bytes(segments.size_max(), peer.icv_bytes) > kDatagramBytesMax)
    return thread.drops.add(Drop::kTooLong, count);
  OutboundSa& sa = *known->out;
  const auto first = sa.take_numbers(count);
  if (!first) return thread.drops.add(Drop::kSequenceExhausted, count);

  const Envelope envelope{frame->outer.source_port, tables.vxlan_port(), frame->outer.vni, segments.is_partial()};
  size_t frame_bytes_sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t frame_bytes = segments.size_of(i), packet_bytes = sealed_bytes(frame_bytes, peer.icv_bytes);
    std::span<uint8_t> packet = thread.batch.room(packet_bytes);
    if (packet.empty()) {
      thread.sender.send(thread.batch);
      packet = thread.batch.room(packet_bytes);
    }
    segments.write(i, packet.data() + kFrameOffset);
    seal_packet(sa, thread.index, packet, frame_bytes, envelope, *first + i);
    thread.batch.commit(peer.address, peer.form, packet_bytes);
    frame_bytes_sum += frame_bytes;
  }
  sa.count(count, frame_bytes_sum);
}

}  // namespace skein::esp
