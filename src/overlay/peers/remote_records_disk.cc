// RemoteRecords: what is believed, as lines on the disk.
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/text/json_text.h"
#include "overlay/peers/remote_records.h"

namespace skein::overlay {

using nlohmann::json;

namespace {

std::string line_of(const RemoteRecord& r) {
  const json line = {{"network", r.network},
                     {"key", r.key},
                     {"owner", r.owner},
                     {"host", r.host.text()},
                     {"address", r.address.text()},
                     {"peer", to_base64(r.peer)},
                     {"names", to_base64(r.names)},
                     {"silent", r.is_silent}};
  return json_text(line) + "\n";
}

Result<RemoteRecord> parse_line(const json& line) {
  RemoteRecord r;
  for (auto [key, field] : {std::pair("network", &r.network),
                            {"key", &r.key},
                            {"owner", &r.owner},
                            {"peer", &r.peer},
                            {"names", &r.names}}) {
    auto found = line.find(key);
    if (found == line.end() || !found->is_string()) return make_error(Code::kDataLoss, std::string("no ") + key);
    *field = *found;
  }
  auto silent = line.find("silent");
  if (silent == line.end() || !silent->is_boolean()) return make_error(Code::kDataLoss, "no silent");
  r.is_silent = *silent;
  SKEIN_TRY_ASSIGN(r.peer, from_base64(r.peer));
  SKEIN_TRY_ASSIGN(r.names, from_base64(r.names));
  SKEIN_TRY_ASSIGN(r.host, Ipv4::parse(line.value("host", "")));
  SKEIN_TRY_ASSIGN(r.address, Ipv4::parse(line.value("address", "")));
  return r;
}

}  // namespace

std::string RemoteRecords::text() {
  changed_.clear();
  std::string out;
  for (const auto& [id, believed] : believed_) out += line_of(believed.record);
  return out;
}

std::string RemoteRecords::take_changes() {
  std::string out;
  for (const auto& id : std::exchange(changed_, {})) {
    if (auto found = believed_.find(id); found != believed_.end())
      out += line_of(found->second.record);
    else
      out += json_text(json{{"network", id.first}, {"key", id.second}, {"gone", true}}) + "\n";
  }
  return out;
}

Result<void> RemoteRecords::load(const std::string& text) {
  for (size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const json line = json::parse(text.begin() + static_cast<ptrdiff_t>(begin),
                                  text.begin() + static_cast<ptrdiff_t>(end), nullptr, false);
    Error damaged = make_error(Code::kDataLoss, "the list of remote endpoints cannot be read");
    if (!line.is_object()) return damaged;
    if (line.contains("gone")) {
      auto network = line.find("network"), key = line.find("key");
      if (network == line.end() || !network->is_string() || key == line.end() || !key->is_string()) return damaged;
      if (auto known = believed_.find({*network, *key}); known != believed_.end()) forget(known);
      continue;
    }
    auto record = parse_line(line);
    if (!record.ok()) return damaged;
    const Id id{record->network, record->key};
    learn(*record);
    untold_.insert(id);
    believed_[id] = {std::move(*record), Phase::kStarting, start_ + kStartPatience, {}, false};
  }
  changed_.clear();
  return {};
}

}  // namespace skein::overlay
