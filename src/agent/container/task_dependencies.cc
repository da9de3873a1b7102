#include "agent/container/task_dependencies.h"

#include <charconv>

#include "model/task_template.h"

namespace skein::agent {

namespace api = model::api;
using model::TemplateContext;

namespace {

constexpr uint32_t kPermissions = 0777;  // of a mode as Go has it; the bits above are its own

// A reference with what it refers to; null if that has not been told.
struct Reference {
  std::string kind;
  std::string id;
  const api::FileTarget* file;
  std::string target;
  const Content* content = nullptr;
};

const Content* find_content(const Contents& given, const std::string& id) {
  auto found = given.find(id);
  return found == given.end() ? nullptr : found->second.get();
}

std::string absolute(const std::string& folder, const std::string& name) {
  return name.starts_with('/') ? name : folder + name;
}

// By target, so that each is there once.
std::map<std::string, Reference> references_of(const api::Task& task, const Dependencies& given) {
  std::map<std::string, Reference> out;
  const auto& container = task.spec().container();
  for (const auto& reference : container.secrets()) {
    Reference one{"secret", reference.secret_id(), &reference.file(),
                  absolute("/run/secrets/", reference.file().name())};
    one.content = find_content(given.secrets, one.id);
    out[one.target] = one;
  }
  for (const auto& reference : container.configs()) {
    if (!reference.has_file()) continue;  // for the runtime, not for the container
    Reference one{"config", reference.config_id(), &reference.file(), absolute("/", reference.file().name())};
    one.content = find_content(given.configs, one.id);
    out[one.target] = one;
  }
  return out;
}

Result<uint32_t> parse_owner(const std::string& text) {
  uint32_t number = 0;
  const char* const end = text.data() + text.size();
  auto [stop, ec] = std::from_chars(text.data(), end, number);
  if (text.empty()) return number;
  if (ec == std::errc() && stop == end) return number;
  return invalid_argument("strconv.Atoi: parsing \"" + text + "\": invalid syntax");
}

// What {{secret "TARGET"}} gives: the data of the same task's reference with this target, not expanded.
template <class References>
Result<std::string> data_of_target(const std::string& kind, const References& references, const std::string& target,
                                   const auto& find) {
  for (const auto& reference : references) {
    if (!reference.has_file() || reference.file().name() != target) continue;
    if (const Content* content = find(reference)) return content->data;
  }
  return invalid_argument(kind + " target " + target + " not found");
}

TemplateContext payload_context(const api::Task& task, const api::Node& self, const Dependencies& given) {
  TemplateContext out = model::template_context(task, self);
  out.type = "*template.PayloadContext";
  out.functions["env"] = [&task](const std::string& name) -> Result<std::string> {
    for (const auto& entry : task.spec().container().env())
      if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
    return std::string();
  };
  out.functions["secret"] = [&task, &given](const std::string& target) {
    return data_of_target("secret", task.spec().container().secrets(), target,
                          [&](const auto& reference) { return find_content(given.secrets, reference.secret_id()); });
  };
  out.functions["config"] = [&task, &given](const std::string& target) {
    return data_of_target("config", task.spec().container().configs(), target,
                          [&](const auto& reference) { return find_content(given.configs, reference.config_id()); });
  };
  return out;
}

// Errors are shown and logged, and the rest of this one may quote the secret.
std::string place_of(const Error& error) {
  constexpr std::string_view kFront = "template: expansion:";
  return error.what.substr(0, error.what.find(": ", kFront.size())) + ": a mistake in the template";
}

Result<std::string> content_of(const Reference& reference, const TemplateContext& context) {
  const Content& content = *reference.content;
  if (content.templating.empty()) return content.data;
  const std::string failed = "failed to expand templated " + reference.kind + " " + reference.id;
  if (content.templating != "golang") return invalid_argument(failed + ": unrecognized template type");
  auto expanded = expand_template(content.data, context);
  if (expanded.ok()) return expanded;
  if (reference.kind == "secret") return invalid_argument(failed + ": " + place_of(expanded.error()));
  return with_context(expanded.error(), failed);
}

Result<DependencyFile> file_of(const Reference& reference, const TemplateContext& context) {
  const std::string failed = "unable to get " + reference.kind + " from " + reference.kind + " store";
  if (!reference.content)
    return make_error(Code::kNotFound, failed + ": " + reference.kind + " " + reference.id + " not found");
  DependencyFile out{reference.target, "", 0, 0, reference.file->mode() & kPermissions};
  auto content = content_of(reference, context);
  if (!content.ok()) return with_context(content.error(), failed);
  out.content = std::move(*content);
  SKEIN_TRY_ASSIGN(out.uid, parse_owner(reference.file->uid()));
  SKEIN_TRY_ASSIGN(out.gid, parse_owner(reference.file->gid()));
  return out;
}

}  // namespace

std::vector<std::string> dependency_targets(const api::Task& task) {
  std::vector<std::string> out;
  for (const auto& [target, reference] : references_of(task, {})) out.push_back(target);
  return out;
}

bool lacks_dependencies(const api::Task& task, const Dependencies& given) {
  for (const auto& [target, reference] : references_of(task, given))
    if (!reference.content) return true;
  return false;
}

Result<std::vector<DependencyFile>> dependency_files(const api::Task& task, const api::Node& self,
                                                     const Dependencies& given) {
  const TemplateContext context = payload_context(task, self, given);
  std::vector<DependencyFile> out;
  for (const auto& [target, reference] : references_of(task, given)) {
    SKEIN_TRY_ASSIGN(DependencyFile file, file_of(reference, context));
    out.push_back(std::move(file));
  }
  return out;
}

}  // namespace skein::agent
