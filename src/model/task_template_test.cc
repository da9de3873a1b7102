// A replica must learn its own slot and node from its environment, and a slip in a template must not start it half
// configured.
#include "model/task_template.h"

#include <gtest/gtest.h>

namespace skein::model {
namespace {

api::Task task_of(uint64_t slot) {
  api::Task task;
  task.set_id("task1");
  task.set_slot(slot);
  task.set_node_id("node1");
  task.set_service_id("service1");
  task.mutable_service_annotations()->set_name("web");
  (*task.mutable_service_annotations()->mutable_labels())["zone"] = "north";
  (*task.mutable_service_annotations()->mutable_labels())["a b"] = "c";
  return task;
}

api::Node node() {
  api::Node out;
  out.set_id("node1");
  out.mutable_description()->set_hostname("host-1");
  out.mutable_description()->mutable_platform()->set_os("linux");
  out.mutable_description()->mutable_platform()->set_architecture("x86_64");
  return out;
}

std::string expand(const std::string& text, uint64_t slot = 3) {
  auto out = expand_template(text, template_context(task_of(slot), node()));
  return out.ok() ? *out : "error: " + out.error().text();
}

TEST(TaskTemplate, every_field_has_its_value) {
  EXPECT_EQ(expand("{{.Node.ID}} {{.Node.Hostname}} {{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}"),
            "node1 host-1 linux/x86_64");
  EXPECT_EQ(expand("{{.Service.ID}} {{.Service.Name}} {{.Task.ID}} {{.Task.Name}} {{.Task.Slot}}"),
            "service1 web task1 web.3.task1 3");
}

TEST(TaskTemplate, labels_of_the_service_are_found_by_name) {
  EXPECT_EQ(expand("{{index .Service.Labels \"zone\"}}"), "north");
  EXPECT_EQ(expand("{{ index  .Service.Labels `a b` }}"), "c");
  EXPECT_EQ(expand("<{{index .Service.Labels \"none\"}}>"), "<>");
  EXPECT_EQ(expand("{{.Service.Labels}}"), "map[a b:c zone:north]");
}

TEST(TaskTemplate, text_around_stays) {
  EXPECT_EQ(expand("{ }} {{ .Task.Slot }}-{{.Task.Slot}}{"), "{ }} 3-3{");
  EXPECT_EQ(expand(""), "");
}

TEST(TaskTemplate, marks_take_blanks_away_and_comments_say_nothing) {
  EXPECT_EQ(expand("a {{- .Task.Slot -}} \n b"), "a3b");
  EXPECT_EQ(expand("a {{/* nothing */}} b"), "a  b");
  EXPECT_EQ(expand("a\n{{- /* nothing */ -}}\nb"), "ab");
}

// What a service's label says is a value, not a template.
TEST(TaskTemplate, values_are_not_expanded_again) {
  api::Task task = task_of(1);
  (*task.mutable_service_annotations()->mutable_labels())["zone"] = "{{.Node.ID}}";
  EXPECT_EQ(*expand_template("{{index .Service.Labels \"zone\"}}", template_context(task, node())), "{{.Node.ID}}");
}

TEST(TaskTemplate, a_task_of_a_global_service_has_its_node_for_a_slot) {
  EXPECT_EQ(expand("{{.Task.Slot}} {{.Task.Name}}", 0), "node1 web.node1.task1");
}

TEST(TaskTemplate, what_is_not_known_is_refused_with_its_name) {
  EXPECT_NE(expand("{{.Node.Hostnam}}").find("can't evaluate field Hostnam"), std::string::npos);
  EXPECT_NE(expand("{{env \"HOME\"}}").find("function \"env\" not defined"), std::string::npos);
  for (const char* wrong :
       {"{{.Task.Slot", "{{}}", "{{.}}", "{{index .Service.Labels}}", "{{index .Service.Labels zone}}",
        "{{.Task.Slot .Task.ID}}", "{{index .Service.Labels \"x}}", "{{.Task.Slot | printf}}", "{{-}}"})
    EXPECT_TRUE(expand(wrong).starts_with("error: template: expansion:1:")) << wrong << " → " << expand(wrong);
}

}  // namespace
}  // namespace skein::model
