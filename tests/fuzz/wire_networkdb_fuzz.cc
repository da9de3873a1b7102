// Table messages behind decrypted gossip, read as deep as a hostile peer can nest them.
#include "base/result.h"
#include "wire/proto/networkdb.pb.h"

namespace {

constexpr int kDepthMax = 8;

template <class T>
void parse(const std::string& bytes) {
  T message;
  if (!message.ParseFromString(bytes)) return;
  T again;
  SKEIN_ASSERT(again.ParseFromString(message.SerializeAsString()));
  SKEIN_ASSERT(again.SerializeAsString() == message.SerializeAsString());
}

void read(const std::string& bytes, int depth) {
  using namespace networkdb;
  GossipMessage message;
  if (depth > kDepthMax || !message.ParseFromString(bytes)) return;
  parse<NodeEvent>(message.data());
  parse<NetworkEvent>(message.data());
  parse<NetworkPushPull>(message.data());
  if (TableEvent event; event.ParseFromString(message.data())) {
    parse<EndpointRecord>(event.value());
    parse<PeerRecord>(event.value());
    parse<SkeinHost>(event.value());
  }
  if (BulkSyncMessage sync; sync.ParseFromString(message.data())) read(sync.payload(), depth + 1);
  if (CompoundMessage compound; compound.ParseFromString(message.data())) {
    for (const auto& part : compound.messages()) read(part.payload(), depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  read(std::string(reinterpret_cast<const char*>(bytes), size), 0);
  return 0;
}
