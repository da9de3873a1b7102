#include "names/records.h"

#include <algorithm>
#include <optional>

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

std::optional<Ipv4> virtual_ip(const networkdb::EndpointRecord& record) {
  auto address = Ipv4::parse(record.virtual_ip());
  return address.ok() ? std::optional(*address) : std::nullopt;
}

template <class Each>
void for_each_service_name(const networkdb::EndpointRecord& record, Each each) {
  if (record.service_name().empty()) return;
  each(record.service_name());
  for_each_alias(record.aliases(), each);
}

}  // namespace

void add_record(Zone& zone, const networkdb::EndpointRecord& record, Ipv4 address) {
  add_task(zone, record, address);
  for_each_service_name(record,
                        [&](const std::string& name) { add(zone, name, virtual_ip(record).value_or(address)); });
}

std::vector<std::string> names_in(const networkdb::EndpointRecord& record) {
  std::vector<std::string> out;
  auto keep = [&](const std::string& name) {
    if (!name.empty() && name.size() <= kNameBytesMax) out.push_back(to_lower(name));
  };
  keep(record.name());
  for_each_alias(record.task_aliases(), keep);
  for_each_service_name(record, [&](const std::string& name) { keep(name), keep("tasks." + name); });
  return out;
}

void add_draining(Zone& zone, const networkdb::EndpointRecord& record) {
  auto served = virtual_ip(record);
  if (!served) return;
  for_each_service_name(record, [&](const std::string& name) {
    if (!zone.find(name)) add(zone, name, *served);
  });
}

}  // namespace skein::names
