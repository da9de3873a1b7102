// Queries from containers. Whatever comes, the answer is a DNS message with the query's id, or none at all.
#include "base/bytes.h"
#include "names/answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  static const names::Zones zones = [] {
    auto zone = std::make_shared<names::Zone>("appnet");
    zone->add_name("web", *Ipv4::parse("10.0.1.5"));
    zone->add_name("tasks.web", *Ipv4::parse("10.0.1.6"));
    zone->set_pointer(*Ipv4::parse("10.0.1.5"), "web");
    zone->set_pointer(*Ipv4::parse("10.0.1.6"), "web.1.abc");
    return names::Zones{zone};
  }();
  static SeededRandom random(1);
  std::string_view query = as_text({bytes, size});
  for (auto transport : {names::Transport::kUdp, names::Transport::kTcp}) {
    auto reply = names::answer(query, zones, transport, random);
    SKEIN_ASSERT(!(reply.packet && reply.is_for_upstream));
    if (reply.packet) SKEIN_ASSERT(reply.packet->size() >= 12 && reply.packet->compare(0, 2, query, 0, 2) == 0);
    // Who is told to ask elsewhere must be able to say that this failed.
    if (reply.is_for_upstream) SKEIN_ASSERT(names::failure(query, names::Failure::kServerFailure));
  }
  return 0;
}
