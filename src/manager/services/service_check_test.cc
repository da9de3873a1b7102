// What can never work is refused when it is asked for, with the words that Docker's users know.
#include "manager/services/service_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace skein::manager {
namespace {

namespace api = model::api;
using testing::HasSubstr;

api::ServiceSpec good() {
  api::ServiceSpec spec;
  spec.mutable_annotations()->set_name("web");
  spec.mutable_task()->mutable_container()->set_image("nginx");
  spec.mutable_replicated()->set_replicas(3);
  return spec;
}

// The words against a spec that is good but for one thing; "" when it is taken.
std::string words(const std::function<void(api::ServiceSpec&)>& spoil) {
  api::ServiceSpec spec = good();
  spoil(spec);
  auto checked = check_service_spec(spec);
  return checked.ok() ? "" : checked.error().text();
}

TEST(ServiceCheck, names_are_parts_of_names_in_dns) {
  auto named = [](const std::string& name) {
    return words([&](api::ServiceSpec& spec) { spec.mutable_annotations()->set_name(name); });
  };
  EXPECT_EQ(named("a-b_c.d"), "name must be valid as a DNS name component");
  for (const char* bad : {"bad name!", "-a", "a-", "_a", "a_", "\xc3\xa4"})
    EXPECT_EQ(named(bad), "name must be valid as a DNS name component") << bad;
  EXPECT_EQ(named(""), "meta: name must be provided");
  EXPECT_EQ(named(std::string(64, 'a')), "name must be 63 characters or fewer");
  for (const std::string& fine : {std::string(63, 'a'), std::string("a--b__c"), std::string("7")})
    EXPECT_EQ(named(fine), "") << fine;
}

TEST(ServiceCheck, resources_have_a_least_amount) {
  auto limits = [](int64_t cpus, int64_t memory) {
    return words([&](api::ServiceSpec& spec) {
      spec.mutable_task()->mutable_resources()->mutable_limits()->set_nano_cpus(cpus);
      spec.mutable_task()->mutable_resources()->mutable_reservations()->set_memory_bytes(memory);
    });
  };
  EXPECT_EQ(limits(100'000, 0), "invalid cpu value 0.0001: Must be at least 0.001");
  EXPECT_EQ(limits(-1'000'000'000, 0), "invalid cpu value -1: Must be at least 0.001");
  EXPECT_EQ(limits(0, 4'194'303), "invalid memory value 4194303: Must be at least 4MiB");
  EXPECT_EQ(limits(1'000'000, 4'194'304), "");
}

TEST(ServiceCheck, times_are_not_negative) {
  auto negative = model::to_wire(Duration(-1));
  EXPECT_EQ(words([&](auto& spec) { *spec.mutable_task()->mutable_restart()->mutable_delay() = negative; }),
            "TaskSpec: restart-delay cannot be negative");
  EXPECT_EQ(words([&](auto& spec) { *spec.mutable_task()->mutable_restart()->mutable_window() = negative; }),
            "TaskSpec: restart-window cannot be negative");
  EXPECT_EQ(words([&](auto& spec) { *spec.mutable_update()->mutable_delay() = negative; }),
            "TaskSpec: update-delay cannot be negative");
  EXPECT_EQ(words([&](auto& spec) { *spec.mutable_rollback()->mutable_monitor() = negative; }),
            "TaskSpec: update-monitor cannot be negative");
}

TEST(ServiceCheck, ratios_are_between_none_and_all) {
  for (float ratio : {-0.1F, 1.1F, std::numeric_limits<float>::quiet_NaN()})
    EXPECT_EQ(words([&](auto& spec) { spec.mutable_update()->set_max_failure_ratio(ratio); }),
              "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1")
        << ratio;
  EXPECT_EQ(words([&](auto& spec) { spec.mutable_update()->set_max_failure_ratio(1); }), "");
}

TEST(ServiceCheck, constraints_that_cannot_be_read_are_refused) {
  EXPECT_NE(words([](auto& spec) { spec.mutable_task()->mutable_placement()->add_constraints("node.role"); }), "");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_placement()->add_constraints("node.role==worker"); }),
            "");
}

TEST(ServiceCheck, a_container_needs_an_image_and_one_mount_for_each_place) {
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->clear_container(); }), "TaskSpec: missing runtime");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_container()->clear_image(); }),
            "ContainerSpec: image reference must be provided");
  EXPECT_EQ(words([](auto& spec) {
              spec.mutable_task()->mutable_container()->set_hostname("{{.Service.Name}}-{{.Task.Slot}}");
            }),
            "");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_container()->set_hostname(std::string(64, 'h')); }),
            "");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_container()->set_hostname(std::string(65, 'h')); }),
            "ContainerSpec: hostname \"" + std::string(65, 'h') + "\" is too long (maximum 64 bytes)");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_container()->set_hostname("{{.Node.Hostname"); }),
            "expanding hostname failed: template: expansion:1: unclosed action");
  EXPECT_THAT(words([](auto& spec) { spec.mutable_task()->mutable_container()->add_env("H={{.Node.hostname}}"); }),
              testing::StartsWith(
                  "expanding env failed: template: expansion:1:7: executing \"expansion\" at <.Node.hostname>"));
  EXPECT_EQ(words([](auto& spec) {
              spec.mutable_task()->mutable_container()->set_hostname("{{if eq .Task.Slot 1}}first{{else}}other{{end}}");
            }),
            "");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_container()->add_env("{{=1"); }), "")
      << "a name is no template";
  EXPECT_EQ(
      words([](auto& spec) { spec.mutable_task()->mutable_container()->add_mounts()->set_source("{{env \"HOME\"}}"); }),
      "expanding mounts failed: template: expansion:1: function \"env\" not defined");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_container()->set_image("A B"); }),
            "ContainerSpec: \"A B\" is not a valid repository/tag");
  EXPECT_EQ(words([](auto& spec) {
              for (int i = 0; i < 2; ++i) spec.mutable_task()->mutable_container()->add_mounts()->set_target("/v");
            }),
            "ContainerSpec: duplicate mount point: /v");
  EXPECT_EQ(words([](auto& spec) {
              *spec.mutable_task()->mutable_container()->mutable_healthcheck()->mutable_timeout() =
                  model::to_wire(Duration(999'999));
            }),
            "ContainerSpec: Timeout in HealthConfig cannot be less than 1ms");
}

api::PortConfig port(uint32_t published, api::PortConfig::Mode mode, api::PortConfig::Protocol protocol) {
  api::PortConfig out;
  out.set_target_port(80);
  out.set_published_port(published);
  out.set_publish_mode(mode);
  out.set_protocol(protocol);
  return out;
}

TEST(ServiceCheck, a_port_is_published_once) {
  auto published = [](std::vector<api::PortConfig> ports, api::EndpointSpec::Mode mode = api::EndpointSpec::VIP) {
    return words([&](auto& spec) {
      spec.mutable_endpoint()->set_mode(mode);
      for (const auto& one : ports) *spec.mutable_endpoint()->add_ports() = one;
    });
  };
  auto on_hosts = [](uint32_t number) { return port(number, api::PortConfig::HOST, api::PortConfig::TCP); };
  EXPECT_EQ(published({on_hosts(8080), on_hosts(8080)}), "EndpointSpec: duplicate published ports provided");
  EXPECT_EQ(published({on_hosts(8080), port(8080, api::PortConfig::HOST, api::PortConfig::UDP)}), "");
  EXPECT_EQ(published({on_hosts(0), on_hosts(0)}), "");
  EXPECT_EQ(published({on_hosts(65'536)}), "EndpointSpec: invalid port 65536");
  auto mesh = port(80, api::PortConfig::INGRESS, api::PortConfig::TCP);
  EXPECT_EQ(published({mesh}, api::EndpointSpec::DNSRR),
            "EndpointSpec: port published with ingress mode can't be used with dnsrr mode");
  EXPECT_EQ(published({mesh}), "");
  EXPECT_EQ(published({mesh, on_hosts(80)}), "EndpointSpec: duplicate published ports provided");
}

TEST(ServiceCheck, numbers_are_bounded) {
  EXPECT_EQ(words([](auto& spec) { spec.mutable_replicated()->set_replicas(kReplicasMax); }), "");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_replicated()->set_replicas(kReplicasMax + 1); }),
            "Number of replicas must be at most 65535");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_replicated_job()->set_total_completions(~0ULL); }),
            "Number of completions must be at most 65535");
  EXPECT_THAT(words([](auto& spec) { spec.mutable_task()->mutable_container()->add_args(std::string(1 << 20, 'x')); }),
              HasSubstr("larger than"));
}

TEST(ServiceCheck, jobs_are_not_updated_in_steps) {
  auto job = [](auto& spec) { spec.mutable_global_job(); };
  EXPECT_EQ(words(job), "");
  EXPECT_EQ(words([&](auto& spec) { job(spec), spec.mutable_update(); }), "Jobs may not have an update config");
  EXPECT_EQ(words([&](auto& spec) { job(spec), spec.mutable_rollback(); }), "Jobs may not have a rollback config");
  EXPECT_EQ(words([](auto& spec) { spec.clear_mode(); }), "Unrecognized service mode");
}

void add_secret(api::ServiceSpec& spec, const std::string& name, const std::string& file) {
  auto* reference = spec.mutable_task()->mutable_container()->add_secrets();
  reference->set_secret_id("id" + name);
  reference->set_secret_name(name);
  reference->mutable_file()->set_name(file);
}

TEST(ServiceCheck, references_have_a_place_of_their_own_and_something_to_refer_to) {
  EXPECT_EQ(words([](auto& spec) { add_secret(spec, "a", "f"), add_secret(spec, "b", "f"); }),
            "secret references 'a' and 'b' have a conflicting target: 'f'");
  EXPECT_EQ(words([](auto& spec) { spec.mutable_task()->mutable_container()->add_configs(); }),
            "malformed config reference");
  api::ServiceSpec spec = good();
  add_secret(spec, "a", "f");
  EXPECT_EQ(check_service_fits(spec, store::Tables(), "x").error().text(), "secret not found: a");
  add_secret(spec, "b", "g");
  EXPECT_EQ(check_service_fits(spec, store::Tables(), "x").error().text(), "secrets not found: a, b");
}

TEST(ServiceCheck, ports_of_the_mesh_are_not_shared_and_those_of_hosts_are) {
  auto conflict = [](api::PortConfig::Mode theirs, api::PortConfig::Mode ours) {
    store::Tables view;
    api::Service other;
    other.set_id("other");
    *other.mutable_spec() = good();
    *other.mutable_endpoint()->add_ports() = port(80, theirs, api::PortConfig::TCP);
    view.apply(
        {model::Kind::kService, "other", store::Ref<api::Service>(), std::make_shared<const api::Service>(other)});
    api::ServiceSpec spec = good();
    *spec.mutable_endpoint()->add_ports() = port(80, ours, api::PortConfig::TCP);
    EXPECT_TRUE(check_service_fits(spec, view, "other").ok());  // its own
    *spec.mutable_endpoint()->mutable_ports(0) = port(80, ours, api::PortConfig::UDP);
    EXPECT_TRUE(check_service_fits(spec, view, "new").ok());
    *spec.mutable_endpoint()->mutable_ports(0) = port(80, ours, api::PortConfig::TCP);
    auto fits = check_service_fits(spec, view, "new");
    return fits.ok() ? std::string() : fits.error().text();
  };
  const auto mesh = api::PortConfig::INGRESS, host = api::PortConfig::HOST;
  EXPECT_EQ(conflict(host, host), "");
  EXPECT_EQ(conflict(host, mesh), "port '80' is already in use by service 'web' (other) as a host-published port");
  EXPECT_EQ(conflict(mesh, host), "port '80' is already in use by service 'web' (other) as an ingress port");
  EXPECT_EQ(conflict(mesh, mesh), "port '80' is already in use by service 'web' (other) as an ingress port");
}

}  // namespace
}  // namespace skein::manager
