#include "engine/values/image_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

// As Docker shows it, whichever way it was written.
std::string shown_reference(const std::string& reference) {
  const std::string familiar = familiar_image(reference);
  return familiar.starts_with("library/") ? familiar.substr(8) : familiar;
}

}  // namespace

std::string familiar_image(std::string_view reference) {
  for (std::string_view prefix : {"docker.io/library/", "localhost/", "docker.io/"})
    if (reference.starts_with(prefix)) return std::string(reference.substr(prefix.size()));
  return std::string(reference);
}

std::string with_tag(std::string_view reference) {
  size_t slash = reference.rfind('/');
  bool has_tag = reference.find_first_of(":@", slash == reference.npos ? 0 : slash) != reference.npos;
  bool is_id = reference.size() == 64 && reference.find_first_not_of("0123456789abcdef") == reference.npos;
  return std::string(reference) + (has_tag || is_id ? "" : ":latest");
}

std::string without_tag(const std::string& reference) {
  return reference.substr(0, reference.find_first_of(":@", reference.rfind('/') + 1));
}

bool has_reference(const json& image, const std::string& wanted) {
  const size_t digest = wanted.find('@');
  // "web:1@sha256:…" is found by its digest.
  const std::string name =
      digest == std::string::npos ? with_tag(wanted) : without_tag(wanted.substr(0, digest)) + wanted.substr(digest);
  for (const char* list : {"RepoTags", "RepoDigests"})
    for (const auto& reference : texts_of(image, list))
      if (shown_reference(reference) == shown_reference(name)) return true;
  return false;
}

bool has_id(const json& image, const std::string& wanted) {
  const std::string id = wanted.substr(wanted.starts_with("sha256:") ? 7 : 0);
  return !id.empty() && text_of(image, "Id").starts_with("sha256:" + id);
}

bool is_image_named(const json& image, const std::string& wanted) {
  return has_reference(image, wanted) || has_id(image, wanted);
}

}  // namespace skein::engine
