#include "cmd/cli/stack/stack_services.h"

#include <map>

#include "base/text/json_text.h"
#include "cmd/cli/image/registry_logins.h"
#include "cmd/cli/service/spec/service_image.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/stack/stack_name.h"

namespace skein::cli {

namespace {

Json& image_of(Json& spec) { return spec["TaskTemplate"]["ContainerSpec"]["Image"]; }

class Deployment {
 public:
  Deployment(Invocation& call) : call_(call), resolve_(call.flags.text("resolve-image")) {}

  Result<std::string> create(const std::string& name, Json spec) {
    print_line("Creating service " + name);
    tag(spec);
    SKEIN_TRY_ASSIGN(const std::string auth, sent_auth(spec));
    if (resolve_ != "never") resolve_image(call_.daemon, spec, auth);  // of a new service, nothing is said about it
    const auto created = call_.daemon.post("/services/create", {}, spec, auth);
    if (!created.ok()) return with_context(created.error(), "failed to create service " + name);
    return text_at(*created, "ID");
  }

  Result<std::string> update(const std::string& name, Json spec, const Json& service) {
    const std::string id = text_at(service, "ID");
    print_line("Updating service " + name + " (id: " + id + ")");
    const Json& running = at(service, "Spec");
    const Json& task = at(running, "TaskTemplate");
    const bool is_same_image = image_of(spec) == at(at(running, "Labels"), stack::kImageLabel);
    // What was resolved before is kept, or every deployment would replace all tasks.
    if (resolve_ != "always" && is_same_image) image_of(spec) = text_at(at(task, "ContainerSpec"), "Image");
    spec["TaskTemplate"]["ForceUpdate"] = number_at(task, "ForceUpdate");
    tag(spec);
    const bool is_resolved = resolve_ == "always" || (resolve_ == "changed" && !is_same_image);
    SKEIN_TRY_ASSIGN(const std::string auth, sent_auth(spec));
    const std::string warning = is_resolved ? resolve_image(call_.daemon, spec, auth) : "";
    const auto updated = call_.daemon.post(path_of("/services/", id, "/update"),
                                           {{"version", text_at(at(service, "Version"), "Index")}}, spec, auth);
    if (!updated.ok()) return with_context(updated.error(), "failed to update service " + name);
    for (const Json& line : at(*updated, "Warnings"))
      print_error(line.is_string() ? line.get<std::string>() : json_text(line));
    if (!warning.empty()) print_error(warning);
    return id;
  }

 private:
  Result<std::string> sent_auth(Json& spec) const {
    if (!call_.flags.is_on("with-registry-auth")) return std::string();
    return registry_auth_of_image(image_of(spec).get<std::string>());
  }
  static void tag(Json& spec) { image_of(spec) = with_tag(image_of(spec).get<std::string>()); }

  Invocation& call_;
  const std::string resolve_;
};

}  // namespace

Result<Json> find_objects(Daemon& daemon, const char* section, const std::vector<std::string>& names) {
  std::vector<std::string> filters;
  filters.reserve(names.size());
  for (const std::string& name : names) filters.push_back("name=" + name);
  return daemon.get(std::string("/") + section, filter_parameters(filters));
}

Result<std::vector<std::string>> deploy_services(Invocation& call, const stack::Namespace& stack,
                                                 const std::vector<stack::Body>& specs) {
  SKEIN_TRY_ASSIGN(const Json services, call.daemon.get("/services", filter_parameters({stack_filter(stack.name)})));
  std::map<std::string, const Json*> known;
  for (const Json& service : services) known[text_at(at(service, "Spec"), "Name")] = &service;
  Deployment deployment(call);
  std::vector<std::string> ids;
  for (const stack::Body& spec : specs) {
    const auto found = known.find(spec.name);
    SKEIN_TRY_ASSIGN(std::string id, found == known.end() ? deployment.create(spec.name, spec.json)
                                                          : deployment.update(spec.name, spec.json, *found->second));
    ids.push_back(std::move(id));
  }
  return ids;
}

}  // namespace skein::cli
