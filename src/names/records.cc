#include "names/records.h"

namespace skein::names {

void add_record(Zone& zone, const networkdb::EndpointRecord& record, Ipv4 address) {
  if (record.service_disabled()) return;  // a task on its way out gets no new connections
  zone.add_name(record.name(), address);
  for (const auto& alias : record.task_aliases()) zone.add_name(alias, address);
  if (!record.name().empty()) zone.set_pointer(address, record.name());
  if (record.service_name().empty()) return;
  auto virtual_ip = Ipv4::parse(record.virtual_ip());
  const Ipv4 served = virtual_ip.ok() ? *virtual_ip : address;
  zone.add_name(record.service_name(), served);
  zone.add_name("tasks." + record.service_name(), address);
  for (const auto& alias : record.aliases()) {
    zone.add_name(alias, served);
    zone.add_name("tasks." + alias, address);
  }
}

}  // namespace skein::names
