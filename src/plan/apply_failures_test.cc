#include "plan/apply_failures.h"

#include <gtest/gtest.h>

namespace skein::plan {
namespace {

CreateLink create(const std::string& id) {
  CreateLink out;
  out.link.host_interface = "sk" + id;
  out.link.endpoint.id = id;
  return out;
}

TEST(ApplyFailures, a_link_that_cannot_be_made_concerns_its_endpoint_alone) {
  ApplyFailures failures;
  EXPECT_TRUE(failures.empty());
  failures.add(create("a"), make_error(Code::kNotFound, "no namespace"));
  EXPECT_FALSE(failures.empty());
  EXPECT_TRUE(failures.of({}).ok());
  EXPECT_TRUE(failures.of({"b", "c"}).ok());
  EXPECT_EQ(failures.without_link, std::set<std::string>{"a"});
  failures.add(SetMtu{create("b").link}, make_error(Code::kNotFound, "no namespace"));
  EXPECT_EQ(failures.without_link, std::set<std::string>{"a"}) << "b has one";
  EXPECT_EQ(failures.of({"c", "a"}).error().code, Code::kNotFound);
  EXPECT_NE(failures.of({"a"}).error().text().find("create link ska"), std::string::npos);
}

TEST(ApplyFailures, what_is_not_taken_away_concerns_nobody_and_what_is_shared_concerns_all) {
  ApplyFailures failures;
  failures.add(DeleteLink{"ska", 3}, make_error(Code::kInternal, "busy"));
  failures.add(DeleteRoute{}, make_error(Code::kInternal, "busy"));
  failures.add(DetachUnderlay{7}, make_error(Code::kInternal, "busy"));
  EXPECT_TRUE(failures.of({"a"}).ok());
  EXPECT_FALSE(failures.empty());
  failures.add(SetEndpoints{}, make_error(Code::kResourceExhausted, "full"));
  failures.add(ReplaceFirewall{}, make_error(Code::kInternal, "refused"));
  EXPECT_EQ(failures.of({"a"}).error().code, Code::kResourceExhausted) << "the first one";
}

TEST(ApplyFailures, the_summary_names_the_first_three) {
  ApplyFailures failures;
  for (const char* id : {"a", "b", "c", "d", "e"}) failures.add(create(id), make_error(Code::kNotFound, "gone"));
  const std::string told = failures.summary().text();
  EXPECT_NE(told.find("create link ska"), std::string::npos);
  EXPECT_NE(told.find("and 2 more"), std::string::npos) << told;
}

}  // namespace
}  // namespace skein::plan
