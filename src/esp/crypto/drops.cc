#include "esp/crypto/drops.h"

namespace skein::esp {

const char* drop_name(Drop reason) {
  switch (reason) {
    case Drop::kTapMalformed: return "tap_malformed";
    case Drop::kTapUnknownPeer: return "tap_unknown_peer";
    case Drop::kNoOutboundKey: return "no_outbound_key";
    case Drop::kSequenceExhausted: return "sequence_exhausted";
    case Drop::kTooLong: return "too_long";
    case Drop::kPathMtu: return "path_mtu";
    case Drop::kSendQueueFull: return "send_queue_full";
    case Drop::kSendFailed: return "send_failed";
    case Drop::kTruncated: return "truncated";
    case Drop::kReceiveTooLong: return "receive_too_long";
    case Drop::kNotEsp: return "not_esp";
    case Drop::kUnknownSpi: return "unknown_spi";
    case Drop::kReplayed: return "replayed";
    case Drop::kTooOld: return "too_old";
    case Drop::kBadIcv: return "bad_icv";
    case Drop::kNotVxlan: return "not_vxlan";
    case Drop::kTapWriteFailed: return "tap_write_failed";
    case Drop::kNone:
    case Drop::kCount: break;
  }
  return "none";
}

}  // namespace skein::esp
