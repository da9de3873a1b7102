#include "api/containers/life/failed_starts.h"

namespace skein::api {

void FailedStarts::remember(const containers::ContainerIdentity& container, io::http::Response response) {
  entries_.push_front({container, std::move(response)});
  if (entries_.size() > kEntriesMax) entries_.pop_back();
}

std::optional<io::http::Response> FailedStarts::find(const std::string& reference) const {
  if (reference.empty()) return std::nullopt;
  for (const Entry& entry : entries_)
    if (entry.container.name == reference || entry.container.id.starts_with(reference)) return entry.response;
  return std::nullopt;
}

}  // namespace skein::api
