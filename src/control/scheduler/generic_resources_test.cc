#include "control/scheduler/generic_resources.h"

#include <gtest/gtest.h>

#include "control/scheduler/swarm_for_test.h"

namespace skein::control {
namespace {

GenericList discrete(const std::string& kind, int64_t count) {
  GenericList out;
  add_discrete(out, kind, count);
  return out;
}

GenericList named(const std::string& kind, std::initializer_list<const char*> names) {
  GenericList out;
  for (const char* name : names) add_named(out, kind, name);
  return out;
}

// Two tasks must never be given the same graphics card.
TEST(GenericResources, named_ones_are_given_out_once_each) {
  GenericResources resources(named("gpu", {"b", "a", "c"}));
  ASSERT_TRUE(resources.has_room(discrete("gpu", 2)));
  GenericList chosen = resources.choose(discrete("gpu", 2));
  ASSERT_EQ(chosen.size(), 2);
  EXPECT_EQ(chosen[0].named_resource_spec().value(), "a");
  EXPECT_EQ(chosen[1].named_resource_spec().value(), "b");
  EXPECT_TRUE(resources.has(chosen));
  resources.take(chosen);
  EXPECT_FALSE(resources.has(chosen));
  EXPECT_FALSE(resources.has_room(discrete("gpu", 2)));
  EXPECT_EQ(resources.choose(discrete("gpu", 1))[0].named_resource_spec().value(), "c");
  resources.take(named("gpu", {"c"}));
  EXPECT_FALSE(resources.has_room(discrete("gpu", 1))) << "an exhausted kind of names must not turn into a number";
  EXPECT_TRUE(resources.has_room(discrete("gpu", 0)));
}

TEST(GenericResources, discrete_ones_are_counted) {
  GenericResources resources(discrete("licence", 3));
  EXPECT_FALSE(resources.has_room(discrete("licence", 4)));
  EXPECT_FALSE(resources.has_room(discrete("other", 1)));
  EXPECT_TRUE(resources.has_room(discrete("other", 0)));
  EXPECT_EQ(resources.choose(discrete("other", 0)).size(), 0);
  GenericList chosen = resources.choose(discrete("licence", 2));
  ASSERT_EQ(chosen.size(), 1);
  EXPECT_EQ(chosen[0].discrete_resource_spec().value(), 2);
  resources.take(chosen);
  EXPECT_TRUE(resources.has_room(discrete("licence", 1)));
  EXPECT_FALSE(resources.has_room(discrete("licence", 2)));
  resources.take(discrete("licence", 7));
  EXPECT_TRUE(resources.has_room(discrete("licence", 0))) << "more held than there is leaves nothing, not less";
}

TEST(GenericResources, a_kind_listed_twice_is_added_up_and_cannot_overflow) {
  GenericResources resources(discrete("licence", 3));
  GenericList twice = discrete("licence", 2);
  add_discrete(twice, "licence", 2);
  EXPECT_FALSE(resources.has_room(twice));
  GenericList huge = discrete("licence", INT64_MAX);
  add_discrete(huge, "licence", INT64_MAX);
  add_discrete(huge, "licence", -5);
  EXPECT_FALSE(resources.has_room(huge));
  EXPECT_TRUE(GenericResources(huge).has_room(twice));
  EXPECT_TRUE(resources.has_room(discrete("licence", INT64_MIN))) << "a negative number asks for nothing";
  EXPECT_EQ(resources.choose(discrete("licence", INT64_MIN)).size(), 0);
}

TEST(GenericResources, a_thing_by_name_cannot_be_reserved_and_kinds_do_not_mix) {
  GenericResources resources(named("gpu", {"a"}));
  EXPECT_FALSE(resources.has_room(named("gpu", {"a"})));
  EXPECT_FALSE(resources.has(discrete("gpu", 1))) << "the node has changed the kind from numbers to names";
  EXPECT_FALSE(GenericResources(discrete("gpu", 1)).has(named("gpu", {"a"})));
  EXPECT_FALSE(resources.has(named("gpu", {"a", "b"})));
}

}  // namespace
}  // namespace skein::control
