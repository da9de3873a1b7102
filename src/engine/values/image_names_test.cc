#include "engine/values/image_names.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skein::engine {
namespace {

using nlohmann::json;

TEST(ImageNames, a_name_means_no_image_of_another_registry) {
  const json image = json::parse(
      R"({"Id":"sha256:abcdef","RepoTags":["quay.io/org/app:latest","docker.io/library/web:latest","localhost/mine:1"],
          "RepoDigests":["docker.io/library/web@sha256:77"]})");
  for (const char* meant :
       {"quay.io/org/app", "quay.io/org/app:latest", "web", "docker.io/web", "library/web", "mine:1",
        "localhost/mine:1", "web@sha256:77", "web:9@sha256:77", "abc", "sha256:abcdef", "abcdef"})
    EXPECT_TRUE(is_image_named(image, meant)) << meant;
  for (const char* other : {"app", "org/app", "quay.io/org/app:v1", "web:1", "mine", "web@sha256:78", "abcdefa", ""})
    EXPECT_FALSE(is_image_named(image, other)) << other;
}

}  // namespace
}  // namespace skein::engine
