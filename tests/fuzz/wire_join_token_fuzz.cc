// Join tokens that a user pasted. What is read must come out as the same text, since managers compare whole tokens.
#include "base/bytes.h"
#include "wire/join_token.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input = skein::as_text({bytes, size});
  if (auto token = skein::wire::JoinToken::parse(input); token.ok()) SKEIN_ASSERT(token->text() == input);
  return 0;
}
