// Decrypted gossip packets. What is read must survive being written and read again.
#include "base/bytes.h"
#include "wire/memberlist/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein::wire::memberlist;
  auto messages = parse_packet(skein::as_text({bytes, size}));
  if (!messages.ok()) return 0;
  SKEIN_ASSERT(messages->size() <= kPacketMessagesMax);
  for (const Message& message : *messages) {
    auto again = parse_packet(format(message));
    SKEIN_ASSERT(again.ok() && again->size() == 1);
    SKEIN_ASSERT(again->front() == message);
  }
  return 0;
}
