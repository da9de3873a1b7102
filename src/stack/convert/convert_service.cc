// One service's spec, put together in the order in which Docker's client does it, since its first error is told.
#include "stack/convert/convert_parts.h"

namespace skein::stack {

namespace {

Result<Json> service_body(const Namespace& stack, const std::string& name, const Value& service, const Value& model,
                          const FindObjects& find) {
  const Value& deploy = service.at("deploy");
  SKEIN_TRY_ASSIGN(const Json secrets, convert_references(stack, service, model, "secrets", find));
  SKEIN_TRY_ASSIGN(const Json configs, convert_references(stack, service, model, "configs", find));
  SKEIN_TRY_ASSIGN(const Json mode, convert_mode(deploy));
  SKEIN_TRY_ASSIGN(const Json mounts, convert_mounts(stack, service.at("volumes"), model.at("volumes")));
  SKEIN_TRY_ASSIGN(const Json resources, convert_resources(deploy.at("resources")));
  SKEIN_TRY_ASSIGN(const Json restart, convert_restart_policy(service.at("restart"), deploy.at("restart_policy")));
  SKEIN_TRY_ASSIGN(const Json health, convert_healthcheck(service.at("healthcheck")));
  SKEIN_TRY_ASSIGN(const Json networks, convert_attachments(stack, name, service.at("networks"), model.at("networks")));
  SKEIN_TRY_ASSIGN(const Json credentials, convert_credential_spec(stack, service.at("credential_spec"), configs));

  Json container = convert_container(stack, service);
  container["Privileges"]["CredentialSpec"] = credentials;
  if (!mounts.empty()) container["Mounts"] = mounts;
  if (!health.is_null()) container["Healthcheck"] = health;
  if (!secrets.empty()) container["Secrets"] = secrets;
  if (!configs.empty()) container["Configs"] = configs;

  Json task = {{"ContainerSpec", std::move(container)}, {"Resources", resources}};
  if (!restart.is_null()) task["RestartPolicy"] = restart;
  task["Placement"] = convert_placement(deploy.at("placement"));
  task["Networks"] = networks;
  if (const Value& logging = service.at("logging"); !logging.is_null()) {
    task["LogDriver"] = Json::object();
    put_unless_empty(task["LogDriver"], "Name", logging.at("driver"));
    put_unless_empty(task["LogDriver"], "Options", logging.at("options"));
  }
  task["ForceUpdate"] = 0;

  Json labels = labels_of(stack, deploy.at("labels"));
  labels[kImageLabel] = service.at("image").text();
  Json body = {{"Name", stack.scoped(name)}, {"Labels", labels}, {"TaskTemplate", std::move(task)}, {"Mode", mode}};
  if (const Value& update = deploy.at("update_config"); !update.is_null())
    body["UpdateConfig"] = convert_update_config(update);
  if (const Value& rollback = deploy.at("rollback_config"); !rollback.is_null()) {
    body["RollbackConfig"] = convert_update_config(rollback);
  }
  body["EndpointSpec"] = convert_endpoint(service);
  return body;
}

}  // namespace

Result<std::vector<Body>> convert_services(const Namespace& stack, const Value& model, const FindObjects& find) {
  std::vector<Body> bodies;
  for (const auto& [name, service] : model.at("services").entries()) {
    auto body = service_body(stack, name, service, model, find);
    if (!body.ok()) return with_context(body.error(), "service " + name);
    bodies.emplace_back(stack.scoped(name), *body);
  }
  return bodies;
}

}  // namespace skein::stack
