#include "api/images/image_filters.h"

#include <fnmatch.h>

#include <algorithm>

#include "engine/values/image_names.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using engine::texts_of;
using nlohmann::json;

namespace {

constexpr size_t kPatternBytesMax = 256;

std::map<std::string, std::string> image_labels(const json& image) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : at(image, "Labels").items())
    if (value.is_string()) out[key] = value;
  return out;
}

int64_t created_s(const json& image) {
  const json& created = at(image, "Created");
  return created.is_number_integer() ? created.get<int64_t>() : INT64_MAX;
}

// An image that was pulled by its digest has a name, though no tag.
bool is_nameless(const json& image) { return texts_of(image, "RepoTags").empty() && texts_of(image, "Names").empty(); }

// A pattern of a shell for the name as users write it, with or without its tag.
bool is_meant(const std::string& pattern, const std::string& reference) {
  if (pattern.size() > kPatternBytesMax) return false;
  const std::string name = engine::without_tag(reference);
  return ::fnmatch(pattern.c_str(), reference.c_str(), FNM_PATHNAME) == 0 ||
         ::fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0;
}

const json* find_image(const json& images, const std::string& wanted) {
  for (const json& image : images)
    if (engine::has_reference(image, wanted)) return &image;
  for (const json& image : images)
    if (engine::has_id(image, wanted)) return &image;
  return nullptr;
}

}  // namespace

Result<ImageFilters> ImageFilters::of_list(const io::http::Query& query, WallTime now) {
  ImageFilters out;
  SKEIN_TRY_ASSIGN(out.filters_,
                   ListFilters::parse(query, {"before", "dangling", "label", "label!", "reference", "since", "until"}));
  SKEIN_TRY_ASSIGN(out.is_dangling_, out.filters_.flag("dangling"));
  SKEIN_TRY_ASSIGN(out.until_, out.filters_.until(now));
  return out;
}

Result<ImageFilters> ImageFilters::of_prune(const io::http::Query& query, WallTime now) {
  ImageFilters out;
  SKEIN_TRY_ASSIGN(out.filters_, ListFilters::parse(query, {"dangling", "label", "label!", "until"}));
  SKEIN_TRY_ASSIGN(out.is_dangling_, out.filters_.flag("dangling"));
  SKEIN_TRY_ASSIGN(out.until_, out.filters_.until(now));
  return out;
}

bool ImageFilters::passes(const json& image) const {
  if (until_ && created_s(image) > until_->seconds()) return false;
  return filters_.label_and_not_label(image_labels(image));
}

bool ImageFilters::keep_references(json& image) const {
  if (filters_.values("reference").empty()) return true;
  size_t left = 0;
  for (const char* list : {"RepoTags", "RepoDigests"}) {
    json kept = json::array();
    for (const auto& reference : texts_of(image, list))
      if (filters_.any("reference", [&](const std::string& pattern) {
            return is_meant(pattern, engine::familiar_image(reference));
          }))
        kept.push_back(reference);
    left += kept.size();
    image[list] = std::move(kept);
  }
  return left > 0;
}

Result<json> ImageFilters::pick(const json& images) const {
  int64_t before_s = INT64_MAX, since_s = INT64_MIN;
  for (const char* name : {"before", "since"})
    for (const auto& wanted : filters_.values(name)) {
      const json* found = find_image(images, wanted);
      if (!found) return make_error(Code::kNotFound, "No such image: " + engine::with_tag(wanted));
      if (name == std::string_view("before")) before_s = std::min(before_s, created_s(*found));
      if (name == std::string_view("since")) since_s = std::max(since_s, created_s(*found));
    }
  std::vector<json> picked;
  for (json image : images) {
    if (!passes(image) || created_s(image) >= before_s || created_s(image) <= since_s) continue;
    if (is_dangling_ && *is_dangling_ != is_nameless(image)) continue;
    if (keep_references(image)) picked.push_back(std::move(image));
  }
  std::ranges::stable_sort(picked, [](const json& a, const json& b) { return created_s(a) > created_s(b); });
  return json(std::move(picked));
}

bool ImageFilters::prunes(const json& image, bool is_used) const {
  const bool takes_named = is_dangling_ == false;
  return !is_used && (takes_named || is_nameless(image)) && passes(image);
}

}  // namespace skein::api
