#include "engine/image_names.h"

#include <algorithm>

namespace skein::engine {

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

}  // namespace skein::engine
