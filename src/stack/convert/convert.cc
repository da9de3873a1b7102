#include "stack/convert/convert.h"

#include <set>

#include "base/bytes.h"
#include "base/text/json_text.h"
#include "stack/convert/convert_parts.h"

namespace skein::stack {

namespace {

std::set<std::string> used_networks(const Value& model) {
  std::set<std::string> names;
  for (const auto& [unused, service] : model.at("services").entries()) {
    const Map& networks = service.at("networks").entries();
    if (networks.empty()) names.insert("default");
    for (const auto& [name, network] : networks) names.insert(name);
  }
  return names;
}

Json ipam_of(const Value& ipam) {
  if (ipam.entries().empty()) return nullptr;
  Json json = {{"Driver", ipam.at("driver").text()}, {"Options", nullptr}};
  if (!ipam.at("config").items().empty()) json["Config"] = Json::array();
  if (const Value& options = ipam.at("options"); !options.is_null()) json["Options"] = to_json(options);
  for (const Value& pool : ipam.at("config").items()) {
    Json& entry = json["Config"].emplace_back(Json{{"Subnet", pool.at("subnet").text()}});
    put_unless_empty(entry, "IPRange", pool.at("ip_range"));
    put_unless_empty(entry, "Gateway", pool.at("gateway"));
    put_unless_empty(entry, "AuxiliaryAddresses", pool.at("aux_addresses"));
  }
  return json;
}

Json network_body(const Namespace& stack, const std::string& name, const Value& network) {
  const std::string& driver = network.at("driver").text();
  const Value& options = network.at("driver_opts");
  Json body = {{"Driver", driver.empty() ? "overlay" : driver},
               {"Scope", ""},
               {"IPAM", ipam_of(network.at("ipam"))},
               {"Internal", network.at("internal").is_true()},
               {"Attachable", network.at("attachable").is_true()},
               {"Ingress", false},
               {"ConfigOnly", false},
               {"ConfigFrom", nullptr},
               {"Options", options.is_null() ? Json(nullptr) : to_json(options)},
               {"Labels", labels_of(stack, network.at("labels"))},
               {"Name", name},
               {"CheckDuplicate", true}};
  put_unless_empty(body, "EnableIPv6", network.at("enable_ipv6"));
  return body;
}

// What a secret or config holds: the file's content, or what the Compose Specification has in its place.
Result<std::string> data_of(const Value& object, const ReadFile& read, const Environment& environment) {
  if (const Value& content = object.at("content"); !content.is_null()) return content.text();
  const std::string& name = object.at("environment").text();
  if (name.empty()) return read(object.at("file").text());
  const auto found = environment.find(name);
  if (found != environment.end()) return found->second;
  return invalid_argument("environment variable " + go_quoted(name) + " is not set");
}

std::string own_name(const Namespace& stack, const std::string& inner, const Value& object) {
  const std::string& name = object.at("name").text();
  return name.empty() ? stack.scoped(inner) : name;
}

}  // namespace

Body::Body(std::string name_given, const Json& json_given)
    : name(std::move(name_given)), json(Json::parse(json_text(json_given))) {}

std::string Namespace::inner(const std::string& scoped_name) const {
  return scoped_name.starts_with(name + "_") ? scoped_name.substr(name.size() + 1) : scoped_name;
}

bool is_predefined_network(const std::string& name) {
  return name == "bridge" || name == "host" || name == "none" || name == "default" || name.starts_with("container:");
}

Networks convert_networks(const Namespace& stack, const Value& model) {
  Networks networks;
  for (const std::string& inner : used_networks(model)) {
    const Value& network = model.at("networks").at(inner);
    if (network.at("external").is_true()) {
      networks.external.push_back(network.at("name").text());
    } else {
      const std::string name = own_name(stack, inner, network);
      networks.own.emplace_back(name, network_body(stack, name, network));
    }
  }
  return networks;
}

Result<std::vector<Body>> convert_file_objects(const Namespace& stack, const Value& model, const char* section,
                                               const ReadFile& read, const Environment& environment) {
  std::vector<Body> bodies;
  for (const auto& [inner, object] : model.at(section).entries()) {
    if (object.at("external").is_true()) continue;
    const std::string name = own_name(stack, inner, object);
    Json body = {{"Name", name}, {"Labels", labels_of(stack, object.at("labels"))}};
    if (const std::string& driver = object.at("driver").text(); !driver.empty()) {
      body["Driver"] = {{"Name", driver}};
      put_unless_empty(body["Driver"], "Options", object.at("driver_opts"));
    } else {
      const auto data = data_of(object, read, environment);
      if (!data.ok() && object.entries().contains("environment"))
        return with_context(data.error(), std::string(section, std::string_view(section).size() - 1) + " " + inner);
      if (!data.ok()) return data.error();
      if (!data->empty()) body["Data"] = to_base64(*data);
    }
    if (const std::string& driver = object.at("template_driver").text(); !driver.empty()) {
      body["Templating"] = {{"Name", driver}};
    }
    bodies.emplace_back(name, body);
  }
  return bodies;
}

}  // namespace skein::stack
