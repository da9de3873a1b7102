#include "overlay/peers/gossip_lives.h"

#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::overlay {

using nlohmann::json;

namespace {

void forget_oldest(std::vector<std::string>& names) {
  if (names.size() > GossipLives::kNamesMax)
    names.erase(names.begin(), names.end() - static_cast<std::ptrdiff_t>(GossipLives::kNamesMax));
}

}  // namespace

void GossipLives::begin(const std::string& name, bool has_survivors) {
  if (!has_survivors) {
    ended.insert(ended.end(), open.begin(), open.end());
    open.clear();
  }
  SKEIN_ASSERT(!name.empty());
  open.push_back(name);
  forget_oldest(open);
  forget_oldest(ended);
  SKEIN_ASSERT(open.size() <= kNamesMax && ended.size() <= kNamesMax);
}

std::string format_lives(const GossipLives& lives) {
  const json out{{"open", lives.open}, {"ended", lives.ended}};
  return json_text(out);
}

Result<GossipLives> parse_lives(const std::string& text) {
  const json all = json::parse(text, nullptr, false);
  GossipLives out;
  for (auto [key, names] : {std::pair("open", &out.open), {"ended", &out.ended}}) {
    const auto found = all.is_object() ? all.find(key) : all.end();
    if (found == all.end() || !found->is_array())
      return make_error(Code::kDataLoss, "the list of earlier gossip names cannot be read");
    for (const json& name : *found)
      if (name.is_string()) names->push_back(name);
    forget_oldest(*names);
  }
  return out;
}

std::string format_member(const GossipLives& lives) {
  networkdb::SkeinMember out;
  for (const auto& name : lives.ended) out.add_ended_names(name);
  for (const auto& name : lives.open)
    if (name != lives.open.back()) out.add_earlier_names(name);
  return out.SerializeAsString();
}

std::set<std::string> parse_ended_names(const std::string& metadata) {
  networkdb::SkeinMember member;
  if (!member.ParseFromString(metadata)) return {};
  return {member.ended_names().begin(), member.ended_names().end()};
}

std::set<std::string> parse_earlier_names(const std::string& metadata) {
  networkdb::SkeinMember member;
  if (!member.ParseFromString(metadata)) return {};
  return {member.earlier_names().begin(), member.earlier_names().end()};
}

}  // namespace skein::overlay
