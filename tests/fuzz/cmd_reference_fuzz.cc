// `--secret` and `--config` of services, in both forms: a reference has a name and a file to show it in, or a refusal
// has words.
#include "base/bytes.h"
#include "cmd/cli/secret/secret_flags.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  const std::string text(as_text({bytes, size}));
  for (const cli::ReferenceKind* kind : {&cli::kSecretReference, &cli::kConfigReference}) {
    const auto reference = cli::parse_reference(*kind, text);
    if (!reference.ok()) {
      SKEIN_ASSERT(!reference.error().what.empty());
      continue;
    }
    const cli::Json& file = reference->at("File");
    SKEIN_ASSERT(reference->at(kind->name).is_string() && !reference->contains(kind->id));
    SKEIN_ASSERT(file.at("Name").is_string() && file.at("Mode").get<uint64_t>() <= UINT32_MAX);
  }
  return 0;
}
