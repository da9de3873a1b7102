// What comes by the worker's socket. A request that is taken can be written and is then read as the same; an error
// names something and holds no more than a few hundred bytes of it.
#include "base/bytes.h"
#include "esp/control/control.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  const std::string_view text = as_text({bytes, size});
  auto request = esp::parse_request(text);
  if (request.ok() && std::holds_alternative<esp::Config>(*request)) {
    const auto& config = std::get<esp::Config>(*request);
    auto again = esp::parse_config(esp::format_config(config));
    SKEIN_ASSERT(again.ok() && *again == config);
  }
  if (!request.ok()) SKEIN_ASSERT(!request.error().text().empty() && request.error().text().size() < 300);
  esp::MessageReader reader;
  reader.add(text);
  for (;;) {
    auto message = reader.next();
    if (!message.ok() || !*message) break;
  }
  (void)esp::parse_status_reply(text);
  (void)esp::parse_ok_reply(text);
  return 0;
}
