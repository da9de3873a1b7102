#include "cmd/cli/stack/stack_problems.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text/image_reference.h"
#include "base/text/json_text.h"
#include "cmd/cli/words/json.h"
#include "stack/convert/cluster.h"
#include "stack/load/lines.h"

namespace skein::cli {

namespace {

using Path = std::vector<std::string>;

// Protocol, number, and the way it is published.
using Port = std::tuple<std::string, int64_t, std::string>;

Port port_of(const Json& port) {
  const std::string mode = text_at(port, "PublishMode");
  return {text_at(port, "Protocol"), number_at(port, "PublishedPort"), mode.empty() ? "ingress" : mode};
}

// "node.labels.zone == a" as its parts; only what says that something must be so.
struct Constraint {
  std::string key;
  std::string value;
};
std::optional<Constraint> equality(const std::string& text) {
  const size_t mark = text.find("==");
  if (mark == std::string::npos) return std::nullopt;
  const auto trimmed = [](const std::string& part) {
    const size_t first = part.find_first_not_of(' ');
    return first == std::string::npos ? "" : part.substr(first, part.find_last_not_of(' ') + 1 - first);
  };
  return Constraint{trimmed(text.substr(0, mark)), trimmed(text.substr(mark + 2))};
}

class DeploymentCheck {
 public:
  DeploymentCheck(Daemon& daemon, const stack::Namespace& stack, const stack::Project& project)
      : daemon_(daemon), stack_(stack), project_(project), model_(project.model) {}

  Result<void> run() {
    SKEIN_TRY(check_external("networks"));
    SKEIN_TRY(check_external("secrets"));
    SKEIN_TRY(check_external("configs"));
    SKEIN_TRY_ASSIGN(taken_, ports_of_others());
    SKEIN_TRY_ASSIGN(nodes_, daemon_.get("/nodes"));
    const stack::Value meant = stack::for_cluster(stack_, model_);
    for (const auto& [name, service] : meant.at("services").entries()) check_service(name, service, meant);
    if (problems_.empty()) return {};
    std::string text =
        "stack " + stack_.name + " cannot be deployed; nothing was changed (--force deploys nevertheless)";
    for (const std::string& problem : problems_) text += "\n" + problem;
    return make_error(Code::kFailedPrecondition, text);
  }

 private:
  void add(const Path& path, const std::string& what) {
    const std::string line = stack::place_of(project_.compose->files, path) + ": " + what;
    if (std::ranges::find(problems_, line) == problems_.end()) problems_.push_back(line);
  }

  Result<void> check_external(const std::string& section) {
    const std::string word = section.substr(0, section.size() - 1);
    for (const auto& [inner, object] : model_.at(section).entries()) {
      if (!object.at("external").is_true()) continue;
      const std::string& name = object.at("name").text();
      if (section == "networks" && stack::is_predefined_network(name)) continue;
      const auto found = daemon_.get(path_of("/" + section + "/", name));
      if (!found.ok() && found.error().code != Code::kNotFound) return found.error();
      if (!found.ok()) {
        add({section, inner}, std::string("external ").append(word).append(" ").append(name).append(" does not exist"));
      } else if (section == "networks" && text_at(*found, "Scope") != "swarm") {
        add({section, inner}, "external network " + name + " is not the swarm's, but one of this host");
      }
    }
    return {};
  }

  // Of services that are not this stack's.
  Result<std::map<Port, std::string>> ports_of_others() {
    SKEIN_TRY_ASSIGN(const Json services, daemon_.get("/services"));
    std::map<Port, std::string> taken;
    for (const Json& service : services) {
      const Json& spec = at(service, "Spec");
      if (text_at(at(spec, "Labels"), stack::kNamespaceLabel) == stack_.name) continue;
      for (const Json& port : at(at(service, "Endpoint"), "Ports")) taken.emplace(port_of(port), text_at(spec, "Name"));
    }
    return taken;
  }

  void check_service(const std::string& name, const stack::Value& service, const stack::Value& meant) {
    const std::string who = "service " + name + ": ";
    if (const auto image = check_service_image(name, service, true); !image.ok()) {
      const bool has_image = service.entries().contains("image");
      add({"services", name, has_image ? "image" : "build"}, image.error().text());
    }
    const stack::Value& constraints = service.at("deploy").at("placement").at("constraints");
    for (size_t i = 0; i < constraints.items().size(); ++i) {
      if (const std::string why = unmet(constraints.items()[i].text()); !why.empty())
        add({"services", name, "deploy", "placement", "constraints", std::to_string(i)}, who + why);
    }
    for (const auto& [wanted, unused] : service.at("networks").entries())
      if (wanted != "default" && !meant.at("networks").entries().contains(wanted))
        add({"services", name, "networks", wanted}, who + "undefined network " + stack::go_quoted(wanted));
    const auto body = body_of(name, meant);
    if (!body.ok()) return add({"services", name}, body.error().text());
    check_ports(name, at(at(*body, "EndpointSpec"), "Ports"));
  }

  // The service alone, as if all that it refers to were there: its first mistake.
  Result<Json> body_of(const std::string& name, const stack::Value& meant) {
    stack::Value alone = meant;
    stack::Map one;
    one.append(name, meant.at("services").at(name));
    *alone.as<stack::Map>()->find("services") = std::move(one);
    const auto find = [](const char*, const std::vector<std::string>& names) -> Result<stack::Json> {
      stack::Json found = stack::Json::array();
      for (const std::string& each : names) found.push_back({{"ID", "-"}, {"Spec", {{"Name", each}}}});
      return found;
    };
    SKEIN_TRY_ASSIGN(const auto bodies, stack::convert_services(stack_, alone, find));
    return Json::parse(json_text(bodies[0].json));
  }

  void check_ports(const std::string& name, const Json& ports) {
    for (size_t i = 0; i < ports.size(); ++i) {
      const Port port = port_of(ports[i]);
      const auto& [protocol, number, mode] = port;
      if (number == 0) continue;
      const auto [owner, is_new] = taken_.emplace(port, stack_.scoped(name));
      if (is_new || mode != "ingress") continue;
      std::string what = "service " + name + ": port " + std::to_string(number);
      what.append("/").append(protocol).append(" is published by service ").append(owner->second);
      add({"services", name, "ports", std::to_string(i)}, what);
    }
  }

  // Why no node can meet it.
  std::string unmet(const std::string& text) const {
    constexpr std::string_view kLabels = "node.labels.";
    const auto constraint = equality(text);
    if (!constraint) return "";
    const std::string& key = constraint->key;
    const std::string& value = constraint->value;
    const auto is_met = [&](const Json& node) {
      if (key == "node.hostname") return text_at(at(node, "Description"), "Hostname") == value;
      return text_at(at(at(node, "Spec"), "Labels"), key.substr(kLabels.size()).c_str()) == value;
    };
    if (key != "node.hostname" && !key.starts_with(kLabels)) return "";
    if (std::any_of(nodes_.begin(), nodes_.end(), is_met)) return "";
    return "no node meets the constraint " + text;
  }

  Daemon& daemon_;
  const stack::Namespace& stack_;
  const stack::Project& project_;
  const stack::Value& model_;
  std::map<Port, std::string> taken_;
  Json nodes_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<void> check_service_image(const std::string& name, const stack::Value& service, bool is_compose) {
  const std::string& image = service.at("image").text();
  if (is_compose && image.empty() && service.entries().contains("build"))
    return invalid_argument("service " + name +
                            " has build and no image: the hosts of a cluster pull images; build it, push it, and name "
                            "it by image");
  const Result<void> checked =
      image.empty() ? Result<void>(invalid_argument("no image specified")) : check_image_reference_or_id(image);
  return checked.ok() ? checked : with_context(checked.error(), "invalid image reference for service " + name);
}

Result<void> check_deployment(Daemon& daemon, const stack::Namespace& stack, const stack::Project& project) {
  return DeploymentCheck(daemon, stack, project).run();
}

}  // namespace skein::cli
