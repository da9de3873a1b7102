// A container must find each secret and config where, for whom and with what its service says, or must not start.
#include "agent/container/task_dependencies.h"

#include <gtest/gtest.h>

namespace skein::agent {
namespace {

namespace api = model::api;

struct TaskDependencies : testing::Test {
  TaskDependencies() {
    task.set_id("task1");
    task.set_slot(3);
    task.mutable_service_annotations()->set_name("web");
    *task.mutable_spec()->mutable_container()->add_env() = "X=5";
  }
  api::FileTarget& refer_secret(const std::string& id, const std::string& target) {
    auto& reference = *task.mutable_spec()->mutable_container()->add_secrets();
    reference.set_secret_id(id);
    reference.mutable_file()->set_name(target);
    reference.mutable_file()->set_mode(0444);
    return *reference.mutable_file();
  }
  api::FileTarget& refer_config(const std::string& id, const std::string& target) {
    auto& reference = *task.mutable_spec()->mutable_container()->add_configs();
    reference.set_config_id(id);
    reference.mutable_file()->set_name(target);
    reference.mutable_file()->set_mode(0444);
    return *reference.mutable_file();
  }
  void give_secret(const std::string& id, const std::string& data) {
    given.secrets[id] = std::make_shared<const Content>(Content{data, ""});
  }
  void give_config(const std::string& id, const std::string& data, const std::string& templating = "") {
    given.configs[id] = std::make_shared<const Content>(Content{data, templating});
  }
  std::string content(const std::string& target) {
    auto files = dependency_files(task, {}, given);
    if (!files.ok()) return "error: " + files.error().text();
    for (const auto& file : *files)
      if (file.target == target) return file.content;
    return "none";
  }
  std::string expand(const std::string& text) {
    task.mutable_spec()->mutable_container()->clear_configs();
    refer_config("c", "/c");
    give_config("c", text, "golang");
    return content("/c");
  }

  api::Task task;
  Dependencies given;
};

TEST_F(TaskDependencies, secrets_are_below_run_and_configs_below_the_root_unless_they_are_absolute) {
  refer_secret("s", "s1");
  refer_secret("s", "sub/f");
  refer_secret("s", "/etc/abs");
  refer_config("c", "c1");
  refer_config("c", "/etc/c2");
  EXPECT_EQ(dependency_targets(task),
            (std::vector<std::string>{"/c1", "/etc/abs", "/etc/c2", "/run/secrets/s1", "/run/secrets/sub/f"}));
}

TEST_F(TaskDependencies, files_have_owner_mode_and_bytes) {
  auto& file = refer_secret("s", "s1");
  file.set_uid("5");
  file.set_gid("6");
  file.set_mode(0xffff'0000 | 0640);
  give_secret("s", std::string("a\0b", 3));
  auto files = dependency_files(task, {}, given);
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->at(0).content, std::string("a\0b", 3));
  EXPECT_EQ(files->at(0).uid, 5U);
  EXPECT_EQ(files->at(0).gid, 6U);
  EXPECT_EQ(files->at(0).mode, 0640U) << "Go's own bits are none of the file's";
  file.set_uid("root");
  EXPECT_EQ(content("/run/secrets/s1"), "error: strconv.Atoi: parsing \"root\": invalid syntax");
}

TEST_F(TaskDependencies, of_a_secret_and_a_config_in_one_place_the_config_is_there) {
  refer_secret("s", "s1");
  refer_config("c", "/run/secrets/s1");
  give_secret("s", "secret");
  give_config("c", "config");
  EXPECT_EQ(dependency_targets(task).size(), 1U);
  EXPECT_EQ(content("/run/secrets/s1"), "config");
}

TEST_F(TaskDependencies, what_was_not_given_is_named) {
  refer_secret("s", "s1");
  EXPECT_TRUE(lacks_dependencies(task, given));
  EXPECT_EQ(content("/run/secrets/s1"), "error: unable to get secret from secret store: secret s not found");
  give_secret("s", "x");
  EXPECT_FALSE(lacks_dependencies(task, given));
  refer_config("c", "c1");
  EXPECT_TRUE(lacks_dependencies(task, given));
}

TEST_F(TaskDependencies, a_config_for_the_runtime_is_no_file) {
  task.mutable_spec()->mutable_container()->add_configs()->mutable_runtime();
  EXPECT_TRUE(dependency_targets(task).empty());
  EXPECT_FALSE(lacks_dependencies(task, given));
}

TEST_F(TaskDependencies, only_what_is_a_template_is_expanded) {
  refer_config("c", "c1");
  give_config("c", "{{.Service.Name}}");
  EXPECT_EQ(content("/c1"), "{{.Service.Name}}");
  give_config("c", "{{.Service.Name}}", "golang");
  EXPECT_EQ(content("/c1"), "web");
  give_config("c", "x", "nodrv");
  EXPECT_EQ(content("/c1"),
            "error: unable to get config from config store: failed to expand templated config c: unrecognized template "
            "type");
}

TEST_F(TaskDependencies, templates_reach_the_environment_and_the_other_files) {
  refer_secret("s", "password");
  give_secret("s", "{{sesame}}");
  EXPECT_EQ(expand("S={{.Service.Name}} T={{.Task.Slot}} E={{env \"X\"}}{{env \"Y\"}}"), "S=web T=3 E=5");
  EXPECT_EQ(expand("{{secret \"password\"}}"), "{{sesame}}") << "data is not expanded again";
  EXPECT_EQ(expand("{{config \"/c\"}}"), "{{config \"/c\"}}");
  EXPECT_EQ(expand("{{secret \"nosuch\"}}"),
            "error: unable to get config from config store: failed to expand templated config c: template: "
            "expansion:1:2: executing \"expansion\" at <secret \"nosuch\">: error calling secret: secret target nosuch "
            "not found");
}

TEST_F(TaskDependencies, mistakes_in_a_secrets_template_do_not_quote_it) {
  refer_secret("s", "s1");
  for (const auto& [data, place] : {std::pair("{{sesame}}", "1"), std::pair("\n{{.Sesame}}", "2:2")}) {
    given.secrets["s"] = std::make_shared<const Content>(Content{data, "golang"});
    EXPECT_EQ(content("/run/secrets/s1"),
              std::string("error: unable to get secret from secret store: failed to expand templated secret s: "
                          "template: expansion:") +
                  place + ": a mistake in the template");
  }
}

TEST_F(TaskDependencies, mistakes_in_templates_are_told_as_docker_tells_them) {
  const std::string prefix =
      "error: unable to get config from config store: failed to expand templated config c: template: expansion:";
  EXPECT_EQ(expand("{{.Nope}}"), prefix +
                                     "1:2: executing \"expansion\" at <.Nope>: can't evaluate field Nope in type "
                                     "*template.PayloadContext");
  EXPECT_EQ(expand("a\n b {{ .Nope}}"),
            prefix +
                "2:6: executing \"expansion\" at <.Nope>: can't evaluate field Nope in type "
                "*template.PayloadContext");
  EXPECT_EQ(expand("{{.Nope"), prefix + "1: unclosed action");
}

}  // namespace
}  // namespace skein::agent
