#include "engine/kept_replies.h"

namespace skein::engine {

void KeptReplies::spoil() {
  ++changes_;
  entries_.clear();
}

void KeptReplies::set_is_told(bool is_told) {
  spoil();
  is_told_ = is_told;
}

void KeptReplies::keep(uint64_t asked, const std::string& target, const io::http::Reply& reply, TimePoint now) {
  if (!is_told_ || asked != changes_) return;
  if (entries_.size() >= count_max_ && !entries_.contains(target)) entries_.clear();
  entries_[target] = {reply, now};
}

const io::http::Reply* KeptReplies::get(const std::string& target, TimePoint now) const {
  const auto found = entries_.find(target);
  return found != entries_.end() && now - found->second.since <= age_max_ ? &found->second.reply : nullptr;
}

}  // namespace skein::engine
