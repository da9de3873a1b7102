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

TEST(TaskTemplate, replicas_may_differ) {
  const char* const by_slot = "{{if eq .Task.Slot 1}}first{{else if eq .Task.Slot \"2\"}}second{{else}}other{{end}}";
  EXPECT_EQ(expand(by_slot, 1), "first");
  EXPECT_EQ(expand(by_slot, 2), "second");
  EXPECT_EQ(expand(by_slot, 3), "other");
  EXPECT_EQ(expand(by_slot, 0), "other") << "a global service's slot is its node's id";
  EXPECT_EQ(expand("{{range $k, $v := .Service.Labels}}{{$k}}={{$v}};{{end}}"), "a b=c;zone=north;");
  EXPECT_EQ(expand("{{with .Node}}{{.Hostname}}{{end}}-{{printf \"%s\" .Task.ID}}"), "host-1-task1");
  EXPECT_EQ(expand("{{.Service.Labels.zone}} {{join \"-\" .Service.Name .Task.Slot}}"), "north web-3");
}

TEST(TaskTemplate, errors_are_gos) {
  EXPECT_EQ(
      expand("{{.Node.hostname}}"),
      "error: template: expansion:1:7: executing \"expansion\" at <.Node.hostname>: can't evaluate field hostname "
      "in type struct { ID string; Hostname string; Platform template.Platform }");
  EXPECT_EQ(expand("a\n {{ .Nod }}"),
            "error: template: expansion:2:4: executing \"expansion\" at <.Nod>: can't evaluate field Nod in type "
            "*template.Context");
  EXPECT_EQ(expand("{{with .Node.Platform}}{{.Os}}{{end}}"),
            "error: template: expansion:1:25: executing \"expansion\" at <.Os>: can't evaluate field Os in type "
            "template.Platform");
  EXPECT_EQ(
      expand("{{.Service.Labels.none}}"),
      "error: template: expansion:1:10: executing \"expansion\" at <.Service.Labels.none>: map has no entry for key "
      "\"none\"");
  EXPECT_EQ(expand("{{env \"HOME\"}}"), "error: template: expansion:1: function \"env\" not defined");
  EXPECT_EQ(expand("{{.Task.Slot"), "error: template: expansion:1: unclosed action");
  EXPECT_EQ(
      expand("{{index .Task.Slot 0}}"),
      "error: template: expansion:1:2: executing \"expansion\" at <index .Task.Slot 0>: error calling index: can't "
      "index item of type string");
}

// What a service's label says is a value, not a template.
TEST(TaskTemplate, bytes_that_are_no_text_are_replaced_where_they_are_quoted) {
  EXPECT_EQ(expand("{{printf \"%q\" \"a\xff\"}}"), "\"a\uFFFD\"");
  EXPECT_EQ(expand("{{printf \"%s\" \"a\xff\"}} \xff"), "a\xff \xff");
}

TEST(TaskTemplate, what_grows_without_end_is_refused) {
  std::string nested, doubled = "{{$x := \"twice\"}}";
  for (int i = 0; i < 40; ++i) nested = "{{range $.Service.Labels}}" + nested + "{{end}}";
  for (int i = 0; i < 40; ++i) doubled += "{{$x = print $x $x}}";
  EXPECT_NE(expand(nested).find("the template takes too many steps"), std::string::npos);
  EXPECT_NE(expand(doubled).find("the value becomes too long"), std::string::npos) << expand(doubled).substr(0, 200);
  std::string printed = "{{$x := \"twice\"}}";
  for (int i = 0; i < 20; ++i) printed += "{{$x = print $x $x}}";
  for (int i = 0; i < 9; ++i) printed += "{{$x}}";
  EXPECT_NE(expand(printed).find("the text becomes too long"), std::string::npos) << expand(printed).size();
}

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
  for (const char* wrong : {"{{.Task.Slot", "{{}}", "{{index .Service.Labels zone}}", "{{.Task.Slot .Task.ID}}",
                            "{{index .Service.Labels \"x}}", "{{.Task.Slot | frob}}", "{{-}}", "{{if .Task.Slot}}",
                            "{{end}}", "{{.Task.Slot.A}}", "{{index .Node \"ID\" 1}}", "{{lt .Service.Labels 1}}"})
    EXPECT_TRUE(expand(wrong).starts_with("error: template: expansion:1:")) << wrong << " → " << expand(wrong);
}

}  // namespace
}  // namespace skein::model
