// The grammars of flags: what docker takes is taken, what it refuses is refused in its words.
#include "cmd/cli/service/spec/service_flags.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/text/shell_words.h"
#include "cmd/cli/container/mount_flags.h"
#include "cmd/cli/service/spec/service_ports.h"
#include "cmd/cli/service/spec/service_spec.h"
#include "cmd/cli/service/spec/service_values.h"
#include "cmd/cli/words/csv.h"
#include "cmd/cli/words/natural_order.h"

namespace skein::cli {
namespace {

template <class T>
std::string error_of(const Result<T>& result) {
  return result.ok() ? "" : result.error().what;
}

std::string ports_of(const std::string& text) {
  const auto ports = parse_service_port(text);
  return ports.ok() ? Json(*ports).dump() : ports.error().what;
}

TEST(ServicePorts, short_and_long_forms) {
  EXPECT_EQ(ports_of("80"), R"([{"Protocol":"tcp","TargetPort":80,"PublishMode":"ingress"}])");
  EXPECT_EQ(ports_of("8080:80/udp"),
            R"([{"Protocol":"udp","TargetPort":80,"PublishedPort":8080,"PublishMode":"ingress"}])");
  EXPECT_EQ(ports_of("8000-8001:80"),
            R"([{"Protocol":"tcp","TargetPort":80,"PublishedPort":8000,"PublishMode":"ingress"},)"
            R"({"Protocol":"tcp","TargetPort":80,"PublishedPort":8001,"PublishMode":"ingress"}])");
  EXPECT_EQ(ports_of("mode=host,PUBLISHED=8080,target=80,protocol=sctp"),
            R"([{"Protocol":"sctp","TargetPort":80,"PublishedPort":8080,"PublishMode":"host"}])");
}

TEST(ServicePorts, refusals) {
  const std::pair<const char*, const char*> kCases[] = {
      {"1.2.3.4:80:80", "hostip is not supported"},
      {"x:80", "invalid hostPort: x"},
      {"80:x", "invalid containerPort: x"},
      {"80/icmp", "invalid proto: icmp"},
      {"published=8080", "missing mandatory field 'target'"},
      {"target=x", "invalid target port (x): value must be an integer: invalid syntax"},
      {"target=99999", "invalid target port (99999): value must be an integer: value out of range"},
      {"target=80,mode=foo", "invalid publish mode value (foo): must be either 'ingress' or 'host'"},
      {"target=80,protocol=foo", "invalid protocol value 'foo'"},
      {"target=80,foo=1", "invalid field key: foo"},
      {"target=80,published=x", "invalid published port (x): value must be an integer: invalid syntax"},
      {"mode=host,target=80,published", "invalid field: published"},
      {"", "no port specified: <empty>"},
      {"80:", "no port specified: 80:<empty>"},
      {"1-2:1-3", "invalid ranges specified for container and host Ports: 1-3 and 1-2"}};
  for (const auto& [text, error] : kCases) EXPECT_EQ(ports_of(text), error) << text;
}

TEST(ServicePorts, a_removal_names_target_protocol_and_mode) {
  const Json ports = Json::parse(R"([{"Protocol":"tcp","TargetPort":80,"PublishedPort":8080,"PublishMode":"ingress"},
    {"TargetPort":81,"PublishedPort":8081},{"Protocol":"udp","TargetPort":80,"PublishedPort":53,"PublishMode":"host"}])");
  const auto changed = [&](const std::string& removed, const std::string& added) {
    return changed_ports(ports, removed.empty() ? std::vector<Json>{} : *parse_service_port(removed),
                         added.empty() ? std::vector<Json>{} : *parse_service_port(added));
  };
  EXPECT_EQ(changed("80", "").size(), 2u);
  EXPECT_EQ(changed("81", "").size(), 2u);  // without protocol and mode, it is tcp and ingress
  EXPECT_EQ(changed("80/udp", "").size(), 3u);
  EXPECT_EQ(changed("target=80,protocol=udp,mode=host", "").size(), 2u);
  EXPECT_EQ(changed("", "8080:80").size(), 3u);
  EXPECT_EQ(changed("", "target=80,published=8080,mode=host").size(), 4u);
}

std::string mount_of(const std::string& text) {
  const auto mount = parse_mount(text);
  return mount.ok() ? mount->dump() : mount.error().what;
}

TEST(Mounts, kinds) {
  EXPECT_EQ(mount_of("source=v,target=/v"), R"({"Type":"volume","Source":"v","Target":"/v"})");
  EXPECT_EQ(mount_of("type=bind,src=/a,dst=/b,ro=false"),
            R"({"Type":"bind","Source":"/a","Target":"/b","ReadOnly":false})");
  EXPECT_EQ(mount_of("TYPE=Volume,destination=/v,volume-nocopy,volume-label=a=b,volume-driver=d,volume-subpath=s"),
            R"({"Type":"volume","Target":"/v","VolumeOptions":{"DriverConfig":{"Name":"d"},"NoCopy":true,)"
            R"("Labels":{"a":"b"},"Subpath":"s"}})");
  EXPECT_EQ(mount_of("type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770"),
            R"({"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":1048576,"Mode":1016}})");
  EXPECT_EQ(mount_of("\"volume-opt=o=a,b\",target=/x"),
            R"({"Type":"volume","VolumeOptions":{"DriverConfig":{"Options":{"o":"a,b"}}},"Target":"/x"})");
  EXPECT_EQ(mount_of("type=bind,src=/a,target=/b,bind-recursive=disabled"),
            R"({"Type":"bind","Source":"/a","Target":"/b","BindOptions":{"NonRecursive":true}})");
}

TEST(Mounts, refusals) {
  const std::pair<const char*, const char*> kCases[] = {
      {"type=bind", "target is required"},
      {"type=,target=/x", "type is required"},
      {"type=volume,target=", "target is required"},
      {"type=bind,source=/a,target=/b,volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'"},
      {"type=tmpfs,target=/t,bind-propagation=shared", "cannot mix 'bind-*' options with mount type 'tmpfs'"},
      {"type=volume,target=/t,tmpfs-size=1", "cannot mix 'tmpfs-*' options with mount type 'volume'"},
      {"foo", "invalid field 'foo' must be a key=value pair"},
      {"type=bind,foo=bar,target=/x", "unexpected key 'foo' in 'foo=bar'"},
      {"target=/x,ro=maybe", "invalid value for ro: maybe"},
      {"target=/x,tmpfs-size=zz", "invalid value for tmpfs-size: zz"},
      {"target=/x,tmpfs-mode=9", "invalid value for tmpfs-mode: 9"},
      {"type=volume,\"x", "parse error on line 1, column 15: extraneous or missing \" in quoted-field"},
      {"type=bind,src=/a,target=/b,bind-recursive=readonly",
       "option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction"}};
  for (const auto& [text, error] : kCases) EXPECT_EQ(mount_of(text), error) << text;
}

TEST(Csv, quotes) {
  const std::vector<std::string> parted = {"a", "b,c", "d\"e", ""};
  EXPECT_EQ(*split_csv("a,\"b,c\",\"d\"\"e\","), parted);
  EXPECT_FALSE(split_csv("a\"b").ok());
  EXPECT_FALSE(split_csv("\"a\"b").ok());
  EXPECT_FALSE(split_csv("").ok());
}

TEST(ShellWords, quotes_and_comments) {
  const std::vector<std::string> words = {"sh", "-c", "a b", "c'd", "e f", "", "x#y"};
  EXPECT_EQ(*split_shell_words(" sh -c 'a b' \"c'd\" e\\ f '' x#y # comment"), words);
  EXPECT_EQ(error_of(split_shell_words("a 'b")), "EOF found when expecting closing quote");
  EXPECT_EQ(error_of(split_shell_words("a\\")), "EOF found after escape character");
  EXPECT_TRUE(split_shell_words("")->empty());
}

TEST(NaturalOrder, numbers_in_names) {
  EXPECT_TRUE(is_naturally_less("web.2", "web.10"));
  EXPECT_FALSE(is_naturally_less("web.10", "web.2"));
  EXPECT_TRUE(is_naturally_less("web", "web.1"));
  EXPECT_TRUE(is_naturally_less("a9b1", "a10"));
  EXPECT_FALSE(is_naturally_less("x", "x"));
  EXPECT_NE(is_naturally_less("a01", "a1"), is_naturally_less("a1", "a01"));
  EXPECT_TRUE(is_naturally_less("v18446744073709551616", "v18446744073709551617"));  // more than fits a number
}

std::string parse_error(std::vector<std::string> words, bool is_create = true) {
  const auto flags = is_create ? service_create_flags() : service_update_flags();
  return error_of(parse_words(flags, words, WordOrder::kMixed));
}

TEST(ServiceFlags, wrong_values_are_refused_before_anything_is_sent) {
  const std::vector<std::vector<std::string>> kCases = {
      {"--placement-pref", "binpack=a", "unsupported placement preference binpack (only spread is supported)"},
      {"--placement-pref", "spread", "placement preference must be of the format \"<strategy>=<arg>\""},
      {"--ulimit", "nofile", "invalid ulimit argument: nofile"},
      {"--ulimit", "nofile=a", "strconv.ParseInt: parsing \"a\": invalid syntax"},
      {"--ulimit", "nofile=5:3", "ulimit soft limit must be less than or equal to hard limit: 5 > 3"},
      {"--ulimit", "foo=1", "invalid ulimit type: foo"},
      {"--generic-resource", "gpu", "invalid generic-resource format `gpu` expected `name=value`"},
      {"--update-max-failure-ratio", "x", "strconv.ParseFloat: parsing \"x\": invalid syntax"},
      {"--replicas", "-1", "strconv.ParseUint: parsing \"-1\": invalid syntax"},
      {"--host", "a", "bad format for add-host: \"a\""},
      {"--host", "a:b", "invalid IP address in add-host: \"b\""},
      {"--dns", "a", "IP address is not correctly formatted: a"},
      {"--dns-search", "a b", "a b is not a valid domain"},
      {"--container-label", "=x", "invalid label '=x': empty name"},
      {"--log-opt", "=b", "invalid environment variable: =b"},
      {"--health-interval", "-1s", "duration cannot be negative"},
      {"--entrypoint", "a 'b", "EOF found when expecting closing quote"},
      {"--network", "alias=x", "network name/id is not specified"},
      {"--network", "name=n,foo", "invalid field foo"},
      {"--network", "name=n,foo=bar", "invalid field key foo"},
      {"--network", "name=n,driver-opt=x", "invalid key value pair format in driver options"},
      {"--secret", "target=b", "source is required"},
      {"--secret", "a=b", "invalid field in secret request: a"},
      {"--config", "source=c,a=b", "invalid field in config request: a"},
      {"--secret", "s,target=x", "invalid field 's' must be a key=value pair"},
      {"--config", "source=c,mode=abc", "invalid mode specified: strconv.ParseUint: parsing \"abc\": invalid syntax"},
      {"--config", "source=c,mode=0x100000000",
       "invalid mode specified: strconv.ParseUint: parsing \"0x100000000\": value out of range"},
      {"--credential-spec", "x",
       "invalid credential spec: value must be prefixed with \"config://\", \"file://\", or \"registry://\""},
      {"--credential-spec", "file://x", "credential specs are for Windows containers, and all hosts run Linux"}};
  for (const auto& words : kCases) {
    EXPECT_EQ(parse_error({words[0], words[1], "image"}),
              "invalid argument \"" + words[1] + "\" for \"" + words[0] + "\" flag: " + words[2]);
  }
  EXPECT_EQ(
      parse_error({"--mount", "\"x", "image"}),
      "invalid argument \"\\\"x\" for \"--mount\" flag: parse error on line 1, column 3: extraneous or missing \" in "
      "quoted-field");
  EXPECT_EQ(parse_error({"-p", "80/icmp", "image"}),
            "invalid argument \"80/icmp\" for \"-p, --publish\" flag: invalid proto: icmp");
}

TEST(ServiceFlags, lists_have_other_names_when_they_change) {
  EXPECT_EQ(parse_error({"--env", "A=b"}, false), "unknown flag: --env");
  EXPECT_EQ(parse_error({"--env-add", "A=b", "--env-rm", "=", "--publish-rm", "80", "--ulimit-rm", "x"}, false), "");
  EXPECT_EQ(parse_error({"--env-add", "A=b"}), "unknown flag: --env-add");
  EXPECT_NE(parse_error({"--publish-rm", "1.2.3.4:80:80"}, false), "");
}

const NetworkLookup kNetworks = [](const std::string& name) -> Result<std::string> {
  if (name == "nosuch") return make_error(Code::kNotFound, "Error response from daemon: network nosuch not found");
  return "id-" + name;
};

Result<Json> created(std::vector<std::string> words) {
  const auto flags = service_create_flags();
  const auto parsed = parse_words(flags, words, WordOrder::kFlagsFirst);
  if (!parsed.ok()) return parsed.error();
  return service_create_spec(parsed->arguments, parsed->flags, kNetworks);
}

TEST(ServiceSpec, modes_that_contradict_other_flags) {
  EXPECT_EQ(error_of(created({"--mode", "global", "--replicas", "3", "i"})),
            "replicas can only be used with replicated or replicated-job mode");
  EXPECT_EQ(error_of(created({"--mode", "global-job", "--max-concurrent", "2", "i"})),
            "max-concurrent can only be used with replicated-job mode");
  EXPECT_EQ(error_of(created({"--mode", "global", "--replicas-max-per-node", "2", "i"})),
            "replicas-max-per-node can only be used with replicated or replicated-job mode");
  EXPECT_EQ(error_of(created({"--mode", "foo", "i"})), "Unknown mode: foo, only replicated and global supported");
  EXPECT_EQ(error_of(created({"--mode", "replicated-job", "--update-delay", "2s", "i"})),
            "update and rollback configuration is not supported for jobs");
  EXPECT_EQ(error_of(created({"--no-healthcheck", "--health-retries", "1", "i"})),
            "--no-healthcheck conflicts with --health-* options");
  EXPECT_EQ(error_of(created({"--network", "nosuch", "i"})), "Error response from daemon: network nosuch not found");
  EXPECT_EQ(error_of(created({"--generic-resource", "gpu=a", "i"})),
            "invalid generic-resource request `gpu=a`, Named Generic Resources is not supported for service create or "
            "update");
}

TEST(ServiceSpec, empty_flags_say_nothing) {
  const auto plain = created({"i"});
  const auto empty = created({"--name", "", "--health-cmd", "", "--log-opt", "a=b", "i"});
  ASSERT_TRUE(plain.ok() && empty.ok());
  EXPECT_EQ(plain->dump(), empty->dump());
  EXPECT_EQ(
      plain->dump(),
      R"({"Labels":{},"TaskTemplate":{"ContainerSpec":{"Image":"i","Init":false,"DNSConfig":{}},)"
      R"("Resources":{"Limits":{},"Reservations":{}},"Placement":{},"ForceUpdate":0},"EndpointSpec":{"Mode":"vip"},)"
      R"("Mode":{"Replicated":{}}})");
}

TEST(ServiceSpec, variables_without_value_take_the_callers) {
  ::setenv("SKEIN_TEST_SET", "here", 1);
  ::unsetenv("SKEIN_TEST_UNSET");
  const auto spec = created({"-e", "SKEIN_TEST_SET", "-e", "SKEIN_TEST_UNSET", "i"});
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(at(at(at(*spec, "TaskTemplate"), "ContainerSpec"), "Env"),
            Json::array({"SKEIN_TEST_SET=here", "SKEIN_TEST_UNSET"}));
}

// The spec after an update of one that says little; an Error's text instead.
std::string updated(std::vector<std::string> words, const std::string& before) {
  const auto flags = service_update_flags();
  words.emplace_back("web");
  const auto parsed = parse_words(flags, words, WordOrder::kMixed);
  if (!parsed.ok()) return parsed.error().what;
  Json spec = Json::parse(before);
  const auto done = update_service_spec(parsed->flags, kNetworks, spec);
  return done.ok() ? spec.dump() : done.error().what;
}

constexpr const char* kBare =
    R"({"Name":"web","TaskTemplate":{"ContainerSpec":{"Image":"i"}},"Mode":{"Replicated":{}}})";

TEST(ServiceSpec, an_update_leaves_alone_what_it_does_not_name) {
  EXPECT_EQ(updated({}, kBare), kBare);
  EXPECT_EQ(updated({"--env-rm", "A", "--mount-rm", "/x", "--label-rm", "b", "--constraint-rm", "c", "--sysctl-rm", "s",
                     "--publish-rm", "80", "--dns-rm", "1.1.1.1", "--secret-rm", "s", "--ulimit-rm", "nofile"},
                    kBare),
            kBare);
  EXPECT_EQ(updated({"--constraint-add", "x"}, kBare),
            R"({"Name":"web","TaskTemplate":{"ContainerSpec":{"Image":"i"},"Placement":{"Constraints":["x"]}},)"
            R"("Mode":{"Replicated":{}}})");
  EXPECT_EQ(updated({"--log-opt", "a=b"}, kBare), kBare);  // without --log-driver
}

TEST(ServiceSpec, updates_that_do_not_fit_the_service) {
  const std::string global = R"({"TaskTemplate":{"ContainerSpec":{}},"Mode":{"Global":{}}})";
  EXPECT_EQ(updated({"--replicas", "5"}, global), "replicas can only be used with replicated mode");
  EXPECT_EQ(updated({"--max-concurrent", "5"}, global), "max-concurrent can only be used with replicated-job mode");
  EXPECT_EQ(updated({"--mount-add", "target=/w", "--mount-add", "target=/w"}, kBare), "duplicate mount target");
  EXPECT_EQ(updated({"--generic-resource-rm", "gpu"}, kBare), "could not find generic-resource `gpu` to remove it");
  EXPECT_EQ(updated({"--network-add", "n", "--network-add", "n"}, kBare), "service is already attached to network n");
  EXPECT_EQ(updated({"--network-rm", "nosuch"}, kBare), "Error response from daemon: network nosuch not found");
}

std::string capabilities_after(std::vector<std::string> words) {
  const Json spec = Json::parse(updated(std::move(words), R"({"TaskTemplate":{"ContainerSpec":
    {"CapabilityAdd":["CAP_NET_ADMIN"],"CapabilityDrop":["ALL"]}},"Mode":{"Global":{}}})"));
  const Json& container = at(at(spec, "TaskTemplate"), "ContainerSpec");
  return at(container, "CapabilityAdd").dump() + at(container, "CapabilityDrop").dump();
}

TEST(ServiceSpec, to_add_a_capability_undoes_a_drop) {
  EXPECT_EQ(capabilities_after({"--cap-add", "sys_time", "--cap-drop", "net_admin"}), R"(["CAP_SYS_TIME"]["ALL"])");
  EXPECT_EQ(capabilities_after({"--cap-drop", "sys_time"}), R"(["CAP_NET_ADMIN"]["ALL"])");
  EXPECT_EQ(capabilities_after({"--cap-add", "ALL"}), R"(["CAP_NET_ADMIN"]null)");
  EXPECT_EQ(capabilities_after({"--cap-add", "RESET"}), R"(null["ALL"])");
  EXPECT_EQ(capabilities_after({"--cap-add", "cap_x", "--cap-drop", "X"}), R"(["CAP_NET_ADMIN","CAP_X"]["ALL"])");
}

TEST(ServiceSpec, health_checks_change_member_by_member) {
  const std::string none =
      R"({"TaskTemplate":{"ContainerSpec":{"Healthcheck":{"Test":["NONE"]}}},"Mode":{"Global":{}}})";
  const auto check = [&](std::vector<std::string> words) {
    const Json spec = Json::parse(updated(std::move(words), none));
    return at(at(at(spec, "TaskTemplate"), "ContainerSpec"), "Healthcheck").dump();
  };
  EXPECT_EQ(check({"--health-cmd", "x"}), R"({"Test":["CMD-SHELL","x"]})");
  EXPECT_EQ(check({"--health-interval", "1s"}), R"({"Interval":1000000000})");
  EXPECT_EQ(check({"--health-start-interval", "1s"}), R"({"StartInterval":1000000000})");
  EXPECT_EQ(check({"--health-cmd", ""}), "null");
  EXPECT_EQ(check({"--no-healthcheck"}), R"({"Test":["NONE"]})");
}

}  // namespace
}  // namespace skein::cli
