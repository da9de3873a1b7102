// Certificate requests of strangers, as PEM or as bare DER. Whatever the CA signs must verify, and must say of the node
// what the CA wanted said.
#include "ca/node_certificate.h"
#include "pem_for_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  constexpr WallTime kNow{1'795'386'967'000'000'000};
  static SeededRandom random(1);
  static const ca::RootCa root = ca::RootCa::create(kNow, random).value();
  ca::IssueRequest request{.csr_pem = fuzz::as_pem(as_text({bytes, size}), "CERTIFICATE REQUEST"),
                           .node_id = "node",
                           .cluster_id = "cluster"};
  auto chain = root.issue(request, kNow, random);
  if (!chain.ok()) return 0;
  auto identity = ca::verify_node_certificate(*chain, root.bundle_pem(), kNow);
  SKEIN_ASSERT(identity.ok() && identity->node_id == "node" && identity->cluster_id == "cluster");
  SKEIN_ASSERT(identity->role == ca::NodeRole::WORKER);
  return 0;
}
