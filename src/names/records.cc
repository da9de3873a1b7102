#include "names/records.h"

#include <algorithm>

namespace skein::names {

namespace {

void add(Zone& zone, const std::string& name, Ipv4 address) {
  if (name.size() <= kNameBytesMax) zone.add_name(name, address);
}

template <class Each>
void for_each_alias(const google::protobuf::RepeatedPtrField<std::string>& aliases, Each each) {
  for (int i = 0; i < std::min(aliases.size(), kAliasesMax); ++i)
    if (!aliases[i].empty()) each(aliases[i]);
}

void add_task(Zone& zone, const networkdb::EndpointRecord& record, Ipv4 address) {
  add(zone, record.name(), address);
  for_each_alias(record.task_aliases(), [&](const std::string& alias) { add(zone, alias, address); });
  if (!record.name().empty() && record.name().size() <= kNameBytesMax) zone.set_pointer(address, record.name());
  if (record.service_name().empty()) return;
  add(zone, "tasks." + record.service_name(), address);
  for_each_alias(record.aliases(), [&](const std::string& alias) { add(zone, "tasks." + alias, address); });
}

}  // namespace

void add_record(Zone& zone, const networkdb::EndpointRecord& record, Ipv4 address) {
  if (!record.service_disabled()) add_task(zone, record, address);
  if (record.service_name().empty()) return;
  auto virtual_ip = Ipv4::parse(record.virtual_ip());
  if (!virtual_ip.ok() && record.service_disabled()) return;
  const Ipv4 served = virtual_ip.ok() ? *virtual_ip : address;
  add(zone, record.service_name(), served);
  for_each_alias(record.aliases(), [&](const std::string& alias) { add(zone, alias, served); });
}

}  // namespace skein::names
