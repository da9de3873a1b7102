// Certificates of peers and root bundles, as PEM or as bare DER. None but what the root signed may verify.
#include "ca/key_file.h"
#include "ca/node_certificate.h"
#include "pem_for_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  constexpr WallTime kNow{1'795'386'967'000'000'000};
  static SeededRandom random(1);
  static const ca::RootCa root = ca::RootCa::create(kNow, random).value();
  const std::string pem = fuzz::as_pem(as_text({bytes, size}), "CERTIFICATE");
  auto claimed = ca::parse_node_certificate(pem);
  // The key of this root exists in this process only, so nothing that comes from outside verifies with it.
  SKEIN_ASSERT(!ca::verify_node_certificate(pem, root.bundle_pem(), kNow, ca::Expired::kAllow).ok());
  // With its own certificates as trusted roots a chain may verify; it then says what it claimed.
  auto verified = ca::verify_node_certificate(pem, pem, kNow, ca::Expired::kAllow);
  SKEIN_ASSERT(!verified.ok() || (claimed.ok() && verified->node_id == claimed->node_id));
  if (ca::check_root_bundle(pem, kNow).ok()) {
    SKEIN_ASSERT(ca::RootCa::load(pem, "", kNow).ok());
    SKEIN_ASSERT(root.cross_sign(pem).ok());
  }
  if (auto file = ca::KeyFile::parse(pem); file.ok()) SKEIN_ASSERT(ca::KeyFile::parse(file->text()).ok());
  return 0;
}
