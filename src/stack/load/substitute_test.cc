// Variables do what they do with Docker, odd corners and all: files in use lean on them.
#include <gtest/gtest.h>

#include "stack/values/interpolate.h"

namespace skein::stack {
namespace {

std::string said(const std::string& text) {
  const Environment environment = {{"A", "1"}, {"B", "2"}, {"E", ""}, {"D", "$A ${"}};
  const auto replaced = substitute(text, environment);
  return replaced.ok() ? *replaced : "wrong: " + replaced.error().what;
}

TEST(StackSubstitute, names_defaults_and_messages) {
  EXPECT_EQ(said("$A-${B}-z"), "1}-z");
  EXPECT_EQ(said("${A}-${B}"), "1-2");
  EXPECT_EQ(said("${N:-d}${N-d}${E:-d}${E-d}${N:-}${N-}"), "ddd");
  EXPECT_EQ(said("${N:-$B}${V-a:-b}"), "$Bb");
  EXPECT_EQ(said("$$A $${X} $$$$"), "$A ${X} $$");
  EXPECT_EQ(said("$D"), "$A ${");
  EXPECT_EQ(said("$N|"), "|");
  EXPECT_EQ(said("${N:?why}"), "wrong: required variable N is missing a value: why");
  EXPECT_EQ(said("${E?why}"), "");
  for (const char* const wrong : {"5$", "$1", "${}", "${a b}", "${A+x}", "${A"})
    EXPECT_EQ(said(wrong), std::string("wrong: ") + wrong);
}

TEST(StackSubstitute, a_whole_value_becomes_what_its_place_needs) {
  Map deploy;
  deploy.append("replicas", "$A");
  Map service;
  service.append("deploy", deploy);
  service.append("image", "$A");
  Map services;
  services.append("web", service);
  Map file;
  file.append("services", services);
  const auto replaced = interpolate(file, {{"A", "010"}});
  ASSERT_TRUE(replaced.ok());
  EXPECT_EQ(replaced->at("services").at("web").at("deploy").at("replicas"), Value(int64_t{10}));
  EXPECT_EQ(replaced->at("services").at("web").at("image"), Value("010"));
}

}  // namespace
}  // namespace skein::stack
