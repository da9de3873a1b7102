#include "store/shared_parts.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

namespace skein::store {
namespace {

namespace api = model::api;
using google::protobuf::util::MessageDifferencer;

api::Task task(const std::string& id, const std::string& image = "web") {
  api::Task out;
  out.set_id(id);
  out.mutable_spec()->mutable_container()->set_image(image);
  for (const char* label : {"a", "b", "c"}) (*out.mutable_service_annotations()->mutable_labels())[label] = label;
  out.mutable_endpoint()->add_virtual_ips()->set_addr("10.0.0.2/24");
  for (const char* network : {"blue", "red"}) {
    auto* attachment = out.add_networks();
    attachment->mutable_network()->set_id(network);
    attachment->add_addresses("10.0.0." + id + "/24");
  }
  return out;
}

TEST(SharedParts, tasks_of_one_service_have_one_spec_and_say_what_they_said) {
  SharedParts parts;
  auto one = parts.keep(task("1")), two = parts.keep(task("2")), other = parts.keep(task("3", "db"));
  EXPECT_EQ(&one->spec(), &two->spec());
  EXPECT_EQ(&one->service_annotations(), &two->service_annotations());
  EXPECT_EQ(&one->networks(1).network(), &two->networks(1).network());
  EXPECT_NE(&one->networks(0).network(), &one->networks(1).network());
  EXPECT_NE(&one->spec(), &other->spec());
  EXPECT_TRUE(MessageDifferencer::Equals(*two, task("2")));
  EXPECT_EQ(two->networks(0).addresses(0), "10.0.0.2/24");
}

TEST(SharedParts, a_copy_is_its_owners_alone) {
  SharedParts parts;
  auto one = parts.keep(task("1")), two = parts.keep(task("2"));
  api::Task changed = *one;
  changed.mutable_spec()->mutable_container()->set_image("changed");
  changed.mutable_networks(0)->mutable_network()->set_id("changed");
  EXPECT_EQ(one->spec().container().image(), "web");
  EXPECT_EQ(two->networks(0).network().id(), "blue");
  auto kept = parts.keep(std::move(changed));
  EXPECT_EQ(kept->spec().container().image(), "changed");
}

TEST(SharedParts, a_part_lives_as_long_as_one_of_its_tasks_whoever_made_it) {
  std::shared_ptr<const api::Task> two;
  {
    SharedParts parts;
    auto one = parts.keep(task("1"));
    two = parts.keep(task("2"));
  }
  EXPECT_TRUE(MessageDifferencer::Equals(*two, task("2")));
}

TEST(SharedParts, parts_of_tasks_that_are_gone_are_forgotten) {
  SharedParts parts;
  for (int i = 0; i < 5'000; ++i) parts.keep(task("1", "image" + std::to_string(i)));
  EXPECT_LT(parts.size(), 1'100u);
}

TEST(SharedParts, a_task_without_parts_stays_one) {
  SharedParts parts;
  api::Task bare;
  bare.set_id("1");
  EXPECT_TRUE(MessageDifferencer::Equals(*parts.keep(bare), bare));
  EXPECT_FALSE(parts.keep(bare)->has_spec());
}

}  // namespace
}  // namespace skein::store
