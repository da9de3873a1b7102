#include "api/containers/create/container_others.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

TEST(ContainerOthers, a_platform_is_a_system_and_an_architecture) {
  for (const char* platform : {"linux/amd64", "linux/x86_64", "linux/amd64/v2", "amd64", "linux"})
    EXPECT_TRUE(fits_platform(platform, "linux", "amd64")) << platform;
  for (const char* platform : {"linux/arm64", "windows/amd64", "arm64", "windows", "linux/386"})
    EXPECT_FALSE(fits_platform(platform, "linux", "amd64")) << platform;
  EXPECT_TRUE(fits_platform("linux/arm64/v8", "linux", "aarch64"));
}

}  // namespace
}  // namespace skein::api
