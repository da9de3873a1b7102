// A service whose image can be no image is refused at once, not by every node in turn.
#include "base/text/image_reference.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace skein {
namespace {

const std::string kDigits(64, 'a');

TEST(ImageReference, what_docker_takes_is_taken) {
  for (const std::string& text :
       {std::string("nginx"), std::string("nginx:1.25-alpine"), std::string("library/nginx"), std::string("a/b/c/d:x"),
        std::string("registry:5000/team/web:v1"), std::string("localhost/x"), std::string("Registry/x"),
        std::string("[fd00::1]:5000/x"), std::string("a__b-c--d.e_f"), "nginx@sha256:" + kDigits,
        "nginx:1.25@sha256:" + kDigits, "x" + kDigits, std::string("a:") + std::string(128, 'T'),
        std::string("10.0.0.1:5000/x")})
    EXPECT_TRUE(check_image_reference(text).ok()) << text;
}

TEST(ImageReference, what_docker_refuses_is_refused) {
  for (const std::string& text : {std::string(""),
                                  std::string("Nginx"),
                                  std::string("nginx:"),
                                  std::string(":tag"),
                                  std::string("ng inx"),
                                  std::string("-nginx"),
                                  std::string("nginx-"),
                                  std::string("a..b"),
                                  std::string("a___b"),
                                  std::string("a//b"),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string("nginx:.tag"),
                                  std::string("nginx@sha256:123"),
                                  std::string("nginx@"),
                                  std::string("@sha256:") + kDigits,
                                  kDigits,
                                  std::string("a:") + std::string(129, 't'),
                                  std::string(256, 'a'),
                                  std::string("reg:port/x"),
                                  std::string("[fd00::1/x"),
                                  std::string("[/x"),
                                  std::string("nginx:a:b"),
                                  std::string("\xc3\xa4pfel"),
                                  std::string("a\nb")})
    EXPECT_FALSE(check_image_reference(text).ok()) << text;
}

TEST(ImageReference, what_is_wrong_is_told_in_dockers_words) {
  const std::map<std::string, std::string> problems = {
      {"", "invalid reference format"},
      {"x:-t", "invalid reference format"},
      {"http://x/y", "invalid reference format"},
      {"Foo", "invalid reference format: repository name (library/Foo) must be lowercase"},
      {"docker.io/Foo", "invalid reference format: repository name (library/Foo) must be lowercase"},
      {"foo/Bar:x", "invalid reference format: repository name (foo/Bar) must be lowercase"},
      {"localhost/Foo", "invalid reference format: repository name (Foo) must be lowercase"},
      {"a/" + std::string(300, 'a'), "repository name must not be more than 255 characters"},
      {"x@sha256:" + std::string(40, 'a'), "invalid checksum digest length"},
      {"x@sha256:" + std::string(64, 'A'), "invalid checksum digest format"},
      {"x@md5:" + std::string(40, 'a'), "unsupported digest algorithm"},
      {kDigits, "invalid repository name (" + kDigits + "), cannot specify 64-byte hexadecimal strings"},
  };
  for (const auto& [text, problem] : problems) EXPECT_EQ(check_image_reference(text).error().text(), problem) << text;
}

TEST(ImageReference, ids_are_taken_where_they_may_stand) {
  for (const std::string& text : {kDigits, "sha256:" + kDigits, std::string("nginx")})
    EXPECT_TRUE(check_image_reference_or_id(text).ok()) << text;
  EXPECT_FALSE(check_image_reference_or_id("Nginx").ok());
}

}  // namespace
}  // namespace skein
