// `docker image prune` must not take an image that has a name, and `-a` none that a container was made from.
#include "api/images/image_filters.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using nlohmann::json;

const WallTime kImagesNow{10'000'000'000'000};

const json kImages = json::parse(R"([
  {"Id":"sha256:aa","RepoTags":["docker.io/library/busybox:latest","localhost/mine/app:v1"],"Created":1000,"Labels":{"stage":"x"}},
  {"Id":"sha256:bb","RepoTags":null,"Names":[],"RepoDigests":["docker.io/library/web@sha256:00"],"Created":3000,"Labels":{"stage":"x","keep":""}},
  {"Id":"sha256:cc","RepoTags":[],"Names":["docker.io/library/web@sha256:11"],"RepoDigests":["docker.io/library/web@sha256:11"],"Created":2000,"Labels":null},
  {"Id":"sha256:dd","RepoTags":["quay.io/org/app:v2"],"Created":4000,"Labels":{}},
  {"Id":"sha256:ee","RepoTags":[],"Created":500}
])");

io::http::Query asking_images(const std::string& filters) {
  io::http::Query query;
  query.set("filters", filters);
  return query;
}

std::string listed(const char* text) {
  auto filters = ImageFilters::of_list(asking_images(text), kImagesNow);
  if (!filters.ok()) return filters.error().text();
  auto images = filters->pick(kImages);
  if (!images.ok()) return images.error().text();
  std::string out;
  for (const auto& image : *images) out += std::string(image["Id"]).substr(7);
  return out;
}

TEST(ImageFilters, lists_show_what_the_filters_name) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{}", "ddbbccaaee"},
      {R"({"dangling":["true"]})", "bbee"},
      {R"({"dangling":{"false":true}})", "ddccaa"},
      {R"({"label":["stage=x"]})", "bbaa"},
      {R"({"label!":["stage"]})", "ddccee"},
      {R"({"reference":["busybox"]})", "aa"},
      {R"({"reference":["busy*:latest"]})", "aa"},
      {R"({"reference":["*app"]})", ""},
      {R"({"reference":["*/*:v1"]})", "aa"},
      {R"({"reference":["quay.io/*/app","mine/app"]})", "ddaa"},
      {R"({"reference":["web"]})", "bbcc"},
      {R"({"before":["busybox"]})", "ee"},
      {R"({"since":["cc"]})", "ddbb"},
      {R"({"since":["mine/app:v1"],"before":["quay.io/org/app:v2"]})", "bbcc"},
      {R"({"until":["2000"]})", "ccaaee"},
      {R"({"before":["nosuch"]})", "No such image: nosuch:latest"},
      {R"({"colour":["red"]})", "invalid filter 'colour'"},
      {R"({"dangling":["x"]})", "invalid filter 'dangling=[x]'"},
      {"x", "invalid filter"},
  };
  for (const auto& [text, wanted] : kCases) EXPECT_EQ(listed(text), wanted) << text;
}

TEST(ImageFilters, of_an_image_with_several_names_those_that_were_asked_for_are_shown) {
  auto images = ImageFilters::of_list(asking_images(R"({"reference":["mine/*"]})"), kImagesNow)->pick(kImages);
  ASSERT_EQ(images->size(), 1u);
  EXPECT_EQ(images->at(0)["RepoTags"], json{"localhost/mine/app:v1"});
}

TEST(ImageFilters, prune_takes_what_the_filters_name_and_never_more) {
  struct Case {
    const char* filters;
    const char* wanted;
    const char* while_aa_and_bb_are_used;
  };
  for (const auto& [text, wanted, while_used] : {
           Case{"{}", "bbee", "ee"},
           Case{R"({"dangling":["true"]})", "bbee", "ee"},
           Case{R"({"dangling":["false"]})", "aabbccddee", "ccddee"},
           Case{R"({"dangling":["0"],"label":["stage=x"]})", "aabb", ""},
           Case{R"({"dangling":["0"],"label!":["keep"]})", "aaccddee", "ccddee"},
           Case{R"({"dangling":["0"],"until":["2000"]})", "aaccee", "ccee"},
           Case{R"({"until":["2500s"]})", "bbee", "ee"},
           Case{R"({"until":["9500s"]})", "ee", "ee"},
       }) {
    auto filters = ImageFilters::of_prune(asking_images(text), kImagesNow);
    ASSERT_TRUE(filters.ok()) << text;
    std::string taken, taken_while_used;
    for (const auto& image : kImages) {
      const std::string id = std::string(image["Id"]).substr(7);
      if (filters->prunes(image, false)) taken += id;
      if (filters->prunes(image, id == "aa" || id == "bb")) taken_while_used += id;
    }
    EXPECT_EQ(taken, wanted) << text;
    EXPECT_EQ(taken_while_used, while_used) << text;
  }
  EXPECT_EQ(ImageFilters::of_prune(asking_images(R"({"reference":["x"]})"), kImagesNow).error().text(),
            "invalid filter 'reference'");
}

}  // namespace
}  // namespace skein::api
