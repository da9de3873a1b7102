// A service whose image can be no image is refused at once, not by every node in turn.
#include "manager/image_reference.h"

#include <gtest/gtest.h>

#include <string>

namespace skein::manager {
namespace {

const std::string kDigits(64, 'a');

TEST(ImageReference, what_docker_takes_is_taken) {
  for (const std::string& text :
       {std::string("nginx"), std::string("nginx:1.25-alpine"), std::string("library/nginx"), std::string("a/b/c/d:x"),
        std::string("registry:5000/team/web:v1"), std::string("localhost/x"), std::string("Registry/x"),
        std::string("[fd00::1]:5000/x"), std::string("a__b-c--d.e_f"), "nginx@sha256:" + kDigits,
        "nginx:1.25@sha256:" + kDigits, "x" + kDigits, std::string("a:") + std::string(128, 'T'),
        std::string("10.0.0.1:5000/x")})
    EXPECT_TRUE(is_image_reference(text)) << text;
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
    EXPECT_FALSE(is_image_reference(text)) << text;
}

}  // namespace
}  // namespace skein::manager
