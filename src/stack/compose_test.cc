// A file that people run with Compose on one host becomes the stack they would expect on a cluster.
#include <gtest/gtest.h>

#include "stack/convert/cluster.h"
#include "stack/emit/emit.h"
#include "stack/load/load.h"
#include "stack/load/prerequisites.h"

namespace skein::stack {
namespace {

// Files by path; the first that was added is the project's.
class Compose : public testing::Test {
 protected:
  Compose() {
    input_.folder = "/w";
    input_.schema = Schema::kAuto;
    input_.environment = {{"HOME", "/home/u"}, {"TAG", "7"}};
    input_.read = [this](const std::string& path) -> Result<std::string> {
      const auto found = files_.find(path);
      if (found != files_.end()) return found->second;
      return invalid_argument("open " + path + ": no such file or directory");
    };
    input_.warn = [this](const std::string& text) { warnings_.push_back(text); };
  }

  void file(const std::string& path, const std::string& text) { files_[path] = text; }

  Result<Project> read(const std::string& text) {
    warnings_.clear();
    input_.files = {{"f.yml", text}};
    return load(input_, Forbidden::kExplained);
  }
  std::string error_of(const std::string& text) {
    const auto project = read(text);
    return project.ok() ? "" : project.error().text();
  }
  // The service's body for a deployment as "s".
  Json body(const std::string& text, const std::string& service) {
    const auto project = read(text);
    EXPECT_TRUE(project.ok()) << project.error().text();
    if (!project.ok()) return {};
    const auto found = [](const char*, const std::vector<std::string>& names) -> Result<Json> {
      Json all = Json::array();
      for (const auto& name : names) all.push_back({{"ID", "id-" + name}, {"Spec", {{"Name", name}}}});
      return all;
    };
    const auto bodies = convert_services({"s"}, for_cluster({"s"}, project->model), found);
    EXPECT_TRUE(bodies.ok()) << bodies.error().text();
    if (!bodies.ok()) return {};
    for (const Body& each : *bodies)
      if (each.name == "s_" + service) return each.json;
    return {};
  }
  // A value of the model by its path, as text.
  std::string in(const std::string& text, std::initializer_list<const char*> path) {
    const auto project = read(text);
    EXPECT_TRUE(project.ok()) << project.error().text();
    if (!project.ok()) return {};
    const Value* at = &project->model;
    for (const char* const key : path) at = &at->at(key);
    return shown(*at);
  }

  Input input_;
  std::map<std::string, std::string> files_;
  std::vector<std::string> warnings_;
};

constexpr const char* kShop = R"(name: shop
services:
  web:
    image: web:${TAG}
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully, restart: true}
    ports: [{target: 80, published: "8080", name: http, app_protocol: http}]
  db:
    image: db
    healthcheck: {test: [CMD, "true"], start_interval: 1s}
    develop: {watch: []}
  migrate:
    image: migrate
    restart: "no"
    depends_on: {db: {condition: service_healthy}}
  debug: {image: debug, profiles: [debug]}
)";

TEST_F(Compose, a_file_that_dockers_schema_takes_is_dockers) {
  const auto project = read("services: {web: {image: a, depends_on: [db]}, db: {image: b}}");
  ASSERT_TRUE(project.ok());
  EXPECT_FALSE(project->compose);
  EXPECT_EQ(project->model.at("version").text(), "3.13");
}

TEST_F(Compose, one_that_it_refuses_is_read_by_the_specification) {
  const auto project = read(kShop);
  ASSERT_TRUE(project.ok()) << project.error().text();
  ASSERT_TRUE(project->compose);
  EXPECT_EQ(project->model.at("name").text(), "shop");
  EXPECT_EQ(project->unsupported, std::vector<std::string>{"develop"});
  EXPECT_FALSE(project->model.at("services").entries().contains("debug"));
  EXPECT_EQ(by_prerequisites(project->model), (std::vector<std::string>{"db", "migrate", "web"}));
  input_.schema = Schema::kDocker;
  EXPECT_FALSE(read(kShop).ok());
}

TEST_F(Compose, profiles_choose_services) {
  input_.profiles = {"debug"};
  EXPECT_EQ(in(kShop, {"services", "debug", "image"}), "debug");
  input_.profiles = {"*"};
  EXPECT_EQ(in(kShop, {"services", "debug", "image"}), "debug");
  input_.profiles = {"other"};
  EXPECT_EQ(in(kShop, {"services", "debug", "image"}), "<nil>");
}

TEST_F(Compose, prerequisites_become_a_label_and_jobs) {
  const Json web = body(kShop, "web");
  EXPECT_EQ(web["Labels"]["skein.depends_on"], "s_db:service_healthy,s_migrate:service_completed_successfully");
  EXPECT_EQ(web["TaskTemplate"]["ContainerSpec"]["Image"], "web:7");
  EXPECT_EQ(web["EndpointSpec"]["Ports"][0]["PublishedPort"], 8080);
  const Json migrate = body(kShop, "migrate");
  EXPECT_TRUE(migrate["Mode"].contains("ReplicatedJob"));
  EXPECT_EQ(migrate["TaskTemplate"]["RestartPolicy"]["Condition"], "none");
  EXPECT_TRUE(body(kShop, "db")["Mode"].contains("Replicated"));
}

TEST_F(Compose, a_job_is_tried_again_unless_the_file_says_no) {
  const auto policy = [&](const std::string& restart) {
    return body(
        "services: {web: {image: a, depends_on: {m: {condition: service_completed_successfully}}}, m: {image: b" +
            restart + "}}",
        "m")["TaskTemplate"]["RestartPolicy"];
  };
  EXPECT_EQ(policy("")["Condition"], "on-failure");
  EXPECT_EQ(policy(", restart: always")["Condition"], "on-failure");
  EXPECT_EQ(policy(", restart: on-failure:3"), (Json{{"Condition", "on-failure"}, {"MaxAttempts", 3}}));
  EXPECT_EQ(policy(", restart: 'no'")["Condition"], "none");
}

TEST_F(Compose, prerequisites_that_cannot_hold_are_refused) {
  EXPECT_EQ(error_of("services: {a: {image: a, depends_on: {b: {condition: service_healthy}}}}"),
            "service \"a\" depends on undefined service \"b\"");
  EXPECT_EQ(error_of("services: {a: {image: a, depends_on: {b: {required: false}}}}"), "");
  EXPECT_EQ(error_of("name: x\nservices: {a: {image: a, depends_on: [b]}, b: {image: b, depends_on: [a]}}"),
            "dependency cycle detected: a -> b -> a");
  EXPECT_NE(error_of("services: {a: {image: a, depends_on: {b: {condition: service_done}}}, b: {image: b}}"), "");
}

TEST_F(Compose, limits_and_scale_go_to_deploy) {
  const Json web = body(
      "name: x\nservices: {web: {image: a, cpus: 0.5, mem_limit: 64m, pids_limit: 9, scale: 3, mem_reservation: 1m}}",
      "web");
  EXPECT_EQ(web["TaskTemplate"]["Resources"],
            (Json{{"Limits", {{"NanoCPUs", 500000000}, {"MemoryBytes", 67108864}, {"Pids", 9}}},
                  {"Reservations", {{"MemoryBytes", 1048576}}}}));
  EXPECT_EQ(web["Mode"]["Replicated"]["Replicas"], 3);
  EXPECT_EQ(body("name: x\nservices: {web: {image: a, restart: 'no'}}", "web")["TaskTemplate"]["RestartPolicy"],
            (Json{{"Condition", "none"}}));
}

TEST_F(Compose, configs_and_secrets_come_from_texts_and_variables) {
  const std::string text =
      "name: x\nservices: {}\nconfigs: {c: {content: 'tag $TAG'}}\nsecrets: {s: {environment: TAG}, t: {environment: "
      "NO}}";
  const auto project = read(text);
  ASSERT_TRUE(project.ok()) << project.error().text();
  const auto configs =
      convert_file_objects({"s"}, project->model, "configs", input_.read, project->compose->environment);
  ASSERT_TRUE(configs.ok());
  EXPECT_EQ((*configs)[0].json["Data"], "dGFnIDc=");
  const auto secrets =
      convert_file_objects({"s"}, project->model, "secrets", input_.read, project->compose->environment);
  EXPECT_EQ(secrets.error().text(), "secret t: environment variable \"NO\" is not set");
  EXPECT_EQ(error_of("name: x\nconfigs: {c: {content: a, file: b}}"),
            "f.yml: config c: one of file, environment, content, driver or external is enough");
}

TEST_F(Compose, env_files_may_be_missing_and_have_quotes) {
  file("/w/a.env", "export A='x y'\nB=\"$TAG\\n\" # why\nC=\n#D=1\nE=a b # c\n");
  const std::string text =
      "services: {web: {image: a, env_file: [{path: a.env}, {path: b.env, required: false}], environment: {F: true}}}";
  EXPECT_EQ(in(text, {"services", "web", "environment"}), "map[A:x y B:7\n C: E:a b F:true]");
  EXPECT_EQ(error_of("name: x\nservices: {web: {image: a, env_file: b.env}}"),
            "f.yml: open /w/b.env: no such file or directory");
}

TEST_F(Compose, variables_nest_and_come_from_the_env_file_beside) {
  file("/w/.env", "TAG=1\nOWN=2\n");
  const auto image = [&](const std::string& text) {
    return in("name: x\nservices: {web: {image: \"" + text + "\"}}", {"services", "web", "image"});
  };
  EXPECT_EQ(image("$TAG-$OWN"), "7-2") << "the shell wins";
  EXPECT_EQ(image("${NO:-a${OWN:+b}}${NO+c}${TAG+d}$$x"), "abd$x");
  EXPECT_EQ(error_of("name: x\nservices: {web: {image: '${NO:?say $TAG}'}}"),
            "f.yml: invalid interpolation format for services.web.image: \"required variable NO is missing a value: "
            "say 7\"; you may need to escape any $ with another $");
  EXPECT_EQ(image("a$NO"), "a");
  EXPECT_EQ(warnings_, std::vector<std::string>{"The \"NO\" variable is not set. Defaulting to a blank string."});
}

TEST_F(Compose, services_extend_others_of_this_file_and_of_more) {
  file("/w/sub/base.yml",
       "services: {base: {image: b, env_file: e.env, labels: {a: '1'}, extends: root}, root: {image: r, "
       "hostname: h}}");
  file("/w/sub/e.env", "A=1");
  const std::string text =
      "services:\n  web: {extends: {file: sub/base.yml, service: base}, labels: {b: '2'}}\n"
      "  more: {extends: {service: web}, image: m}\n";
  EXPECT_EQ(in(text, {"services", "more", "image"}), "m");
  EXPECT_EQ(in(text, {"services", "more", "hostname"}), "h");
  EXPECT_EQ(in(text, {"services", "web", "environment"}), "map[A:1]");
  EXPECT_EQ(in(text, {"services", "web", "labels"}), "map[a:1 b:2]");
  EXPECT_EQ(error_of("services: {a: {image: x, extends: b}, b: {extends: {service: a}}}"),
            "f.yml: service a extends itself");
  EXPECT_EQ(error_of("services: {a: {image: x, extends: {service: b}}}"),
            "f.yml: cannot extend service \"b\" in f.yml: service not found");
}

TEST_F(Compose, files_include_others_with_their_own_folders) {
  file("/w/db/db.yml", "include: [../log.yml]\nservices: {db: {image: 'db:$V', env_file: e.env}}\nvolumes: {v: {}}");
  file("/w/db/.env", "V=3");
  file("/w/db/e.env", "A=1");
  file("/w/log.yml", "services: {log: {image: log}}");
  const std::string text =
      "include: [db/db.yml, {path: [log.yml]}]\nservices: {web: {image: web, depends_on: {db: {condition: "
      "service_started}}}}";
  EXPECT_EQ(in(text, {"services", "db", "image"}), "db:3");
  EXPECT_EQ(in(text, {"services", "db", "environment"}), "map[A:1]");
  EXPECT_EQ(in(text, {"services", "log", "image"}), "log");
  EXPECT_EQ(error_of("include: [log.yml]\nservices: {log: {image: other}}"),
            "f.yml: services.log conflicts with what an included file defines");
  file("/w/log.yml", "include: [log.yml]");
  EXPECT_EQ(error_of("include: [log.yml]"), "f.yml: /w/log.yml: include cycle detected: /w/log.yml includes itself");
}

TEST_F(Compose, all_that_the_table_does_not_allow_is_told_at_once_with_its_line) {
  EXPECT_EQ(error_of("services:\n"
                     "  web:\n"
                     "    image: a\n"
                     "    replicsa: 3\n"
                     "    profiles: [x]\n"
                     "    depends_on:\n"
                     "      db: {condition: odd}\n"
                     "    healthcheck:\n"
                     "      retries: many\n"
                     "    ports:\n"
                     "      - 80\n"
                     "      - {target: 80, prot: tcp}\n"
                     "networks: {a: {attachable: perhaps}}\n"),
            "f.yml:4: services.web Additional property replicsa is not allowed\n"
            "f.yml:7: services.web.depends_on.db.condition must be one of the following: \"service_started\", "
            "\"service_healthy\", \"service_completed_successfully\"\n"
            "f.yml:9: services.web.healthcheck.retries must be a number\n"
            "f.yml:12: services.web.ports.1 Additional property prot is not allowed\n"
            "f.yml:13: networks.a.attachable must be a boolean");
  file("/w/base.yml", "services:\n  db:\n    imagex: a");
  EXPECT_EQ(error_of("include: [base.yml]"),
            "f.yml: /w/base.yml:3: services.db Additional property imagex is not allowed");
}

// Compose would leave out what a file before says; to deploy it all the same would open a port that was to be shut.
TEST_F(Compose, the_tags_that_take_away_are_refused_where_docker_reads_over_them) {
  const std::string text = "services:\n  web:\n    image: a\n    ports: !reset []";
  const std::string refused = "f.yml:4: the tag !reset is not supported: ";
  EXPECT_EQ(error_of(text).substr(0, refused.size()), refused);
  EXPECT_EQ(error_of("services: {web: {image: a, profiles: !override [x]}}").substr(0, 22), "f.yml:1: the tag !over");
  EXPECT_EQ(error_of("services: {web: {image: !other a}}"), "");
  input_.schema = Schema::kDocker;
  EXPECT_EQ(error_of(text), "");
}

TEST_F(Compose, files_of_other_hosts_are_refused) {
  for (const std::string path : {"https://example.com/x.yml", "oci://registry/x:1", "git@host:a/b.git",
                                 "ssh://git@h/a.git", "github.com/a/b.git"}) {
    const std::string told = path + ": files of other hosts are not fetched: fetch it, and name it by its path";
    EXPECT_EQ(error_of("include: [\"" + path + "\"]"), "f.yml: " + told);
    EXPECT_EQ(error_of("services: {web: {extends: {file: \"" + path + "\", service: a}}}"), "f.yml: " + told);
  }
}

TEST_F(Compose, what_neither_knows_is_refused) {
  EXPECT_EQ(error_of("services: {web: {image: a, profiles: [x], imge: b}}"),
            "f.yml:1: services.web Additional property imge is not allowed");
  EXPECT_NE(error_of("services: {web: {image: a, profiles: [x], volumes_from: [b]}}"), "");
}

}  // namespace
}  // namespace skein::stack
