// Sealed packets and frames, with the keys of the corpus. What opens must open again after sealing it anew.
#include "base/bytes.h"
#include "wire/memberlist/keyring.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  using wire::memberlist::KeyRing;
  static const KeyRing keys =
      KeyRing::make(from_hex("badc12518e7c550695d15ac3d009020c").value(), {std::string(32, 'k')}).value();
  const std::string_view input = as_text({bytes, size});
  SeededRandom random(size);
  if (auto plain = keys.open_packet(input); plain.ok()) {
    SKEIN_ASSERT(keys.open_packet(keys.seal_packet(*plain, random)).value() == *plain);
  }
  if (auto plain = keys.open_frame(input); plain.ok()) {
    SKEIN_ASSERT(keys.open_frame(keys.seal_frame(*plain, random)).value() == *plain);
  }
  return 0;
}
