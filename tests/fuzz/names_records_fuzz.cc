// Records of other hosts. Whatever they claim, a name means something within bounds, and nothing if the task drains and
// its service has no virtual address.
#include <google/protobuf/stubs/logging.h>

#include "names/records.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  static const auto was_loud = google::protobuf::SetLogHandler(nullptr);  // every string that is no UTF-8 gets a line
  (void)was_loud;
  networkdb::EndpointRecord record;
  if (!record.ParseFromArray(bytes, static_cast<int>(size))) return 0;
  const Ipv4 address = *Ipv4::parse("10.0.1.5");
  names::Zone zone("appnet");
  if (record.service_disabled())
    names::add_draining(zone, record);
  else
    names::add_record(zone, record, address);
  const auto virtual_ip = Ipv4::parse(record.virtual_ip());
  for (const std::string& name : {record.name(), record.service_name(), "tasks." + record.service_name()}) {
    const std::set<Ipv4>* found = zone.find(name);
    if (!found) continue;
    SKEIN_ASSERT(name.size() <= names::kNameBytesMax && !name.empty());
    SKEIN_ASSERT(virtual_ip.ok() || !record.service_disabled());
    for (Ipv4 one : *found) SKEIN_ASSERT(one == address || (virtual_ip.ok() && one == *virtual_ip));
  }
  if (record.service_disabled()) SKEIN_ASSERT(!zone.pointer(address));
  return 0;
}
