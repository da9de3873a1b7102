#include "cmd/cli/image/image_format.h"

#include "cmd/cli/words/units.h"

namespace skein::cli {

Listing image_listing(bool with_digests) {
  Listing listing{{{"Repository", "REPOSITORY"},
                   {"Tag", "TAG"},
                   {"ID", "IMAGE ID"},
                   {"CreatedSince", "CREATED"},
                   {"Size", "SIZE"},
                   {"CreatedAt", "CREATED AT"}},
                  5};
  listing.fields.insert(listing.fields.begin() + (with_digests ? 2 : 6), {"Digest", "DIGEST"});
  if (with_digests) ++listing.shown;
  return listing;
}

std::vector<Json> image_rows(const Json& images, bool is_whole, WallTime now) {
  std::vector<Json> rows;
  for (const Json& image : images) {
    const WallTime created{number_at(image, "Created") * 1'000'000'000};
    std::string digest = "<none>";
    for (const Json& text : at(image, "RepoDigests")) {
      const std::string reference = text.is_string() ? text.get<std::string>() : "";
      if (const size_t sign = reference.find('@'); sign != std::string::npos) digest = reference.substr(sign + 1);
    }
    const auto add = [&](const std::string& repository, const std::string& tag) {
      const std::string id = text_at(image, "Id");
      rows.push_back({{"Repository", repository},
                      {"Tag", tag},
                      {"Digest", digest},
                      {"ID", is_whole ? id : short_id(id)},
                      {"CreatedSince", show_duration(now - created) + " ago"},
                      {"CreatedAt", show_time(created, false)},
                      {"Size", show_size(static_cast<double>(number_at(image, "Size")))}});
    };
    bool is_named = false;
    for (const Json& text : at(image, "RepoTags")) {
      const std::string reference = text.is_string() ? text.get<std::string>() : "";
      const size_t colon = reference.rfind(':');
      if (colon == std::string::npos || reference == "<none>:<none>") continue;
      add(reference.substr(0, colon), reference.substr(colon + 1));
      is_named = true;
    }
    if (!is_named) add("<none>", "<none>");
  }
  return rows;
}

}  // namespace skein::cli
