// Restrictions of published ports, as labels and as gossip brings them: what is taken is written again as it was read.
#include "base/bytes.h"
#include "model/port_access.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  const std::string text(as_text({bytes, size}));
  if (auto access = model::PortAccess::parse(text); access.ok()) {
    const std::string written = access->text();
    auto again = model::PortAccess::parse(written);
    SKEIN_ASSERT(written.size() > model::kAccessTextMax || (again.ok() && *again == *access));
    SKEIN_ASSERT(written.find_first_of("\"\n {}") == std::string::npos);  // it goes into rules of nft
  }
  const size_t end = text.find('\n');
  if (end == std::string::npos) return 0;
  auto label = model::parse_publish_label(text.substr(0, end), text.substr(end + 1));
  SKEIN_ASSERT(!label.ok() || (label->port != 0 && !label->access.is_open()));
  return 0;
}
