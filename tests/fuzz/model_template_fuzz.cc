// Templates of hostnames, environments, mounts, secrets and configs: whatever one says, it is refused in words, or
// expanded to the same text each time; text without an action stays as it is.
#include "base/bytes.h"
#include "model/task_template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  const std::string text(as_text({bytes, size}));
  model::api::Task task;
  task.set_id("task1");
  task.set_slot(3);
  task.set_node_id("node1");
  task.mutable_service_annotations()->set_name("web");
  (*task.mutable_service_annotations()->mutable_labels())["zone"] = "north";
  model::api::Node node;
  node.set_id("node1");
  node.mutable_description()->set_hostname("host-1");
  model::TemplateContext context = model::template_context(task, node);
  context.functions["secret"] = [](const std::string& name) -> Result<std::string> {
    if (name.size() % 2 == 1) return make_error(Code::kNotFound, "secret " + name + " not found");
    return std::string("{{.Node.ID}}");
  };
  const auto expanded = model::expand_template(text, context);
  if (!expanded.ok()) {
    SKEIN_ASSERT(!expanded.error().what.empty());
    return 0;
  }
  SKEIN_ASSERT(*model::expand_template(text, context) == *expanded);
  if (text.find("{{") == std::string::npos) SKEIN_ASSERT(*expanded == text);
  return 0;
}
