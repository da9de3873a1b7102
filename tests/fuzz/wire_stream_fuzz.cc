// Decrypted gossip stream frames. What is read must survive being written and read again.
#include "base/bytes.h"
#include "wire/memberlist/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein::wire::memberlist;
  auto message = parse_stream(skein::as_text({bytes, size}));
  if (!message.ok()) return 0;
  auto again = parse_stream(format_stream(*message));
  SKEIN_ASSERT(again.ok());
  SKEIN_ASSERT(*again == *message);
  return 0;
}
