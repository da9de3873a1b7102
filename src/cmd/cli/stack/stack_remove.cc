#include "cmd/cli/stack/stack_remove.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "cmd/cli/show/printing.h"
#include "cmd/cli/stack/stack_name.h"
#include "cmd/cli/terminal/interrupts.h"

namespace skein::cli {

namespace {

constexpr int kPollRemovalMs = 200;

struct Part {
  const char* path;  // "/secrets"
  const char* word;  // "secret"
};

bool remove_part(Daemon& daemon, const Part& part, const std::string& id, const std::string& name) {
  print_line(std::string("Removing ") + part.word + " " + name);
  const auto removed = daemon.remove(path_of(std::string(part.path) + "/", id));
  if (!removed.ok() && removed.error().code == Code::kNotFound) return true;  // somebody else was faster
  // Without a line break, as Docker's client has it.
  if (!removed.ok()) std::cerr << "Failed to remove " << part.word << " " << id << ": " << removed.error().text();
  return removed.ok();
}

bool remove_objects(Daemon& daemon, const Part& part, const Json& objects) {
  bool is_complete = true;
  for (const Json& object : objects) {
    is_complete = remove_part(daemon, part, text_at(object, "ID"), text_at(at(object, "Spec"), "Name")) && is_complete;
  }
  return is_complete;
}

bool is_over(const Json& task) {
  const std::string state = text_at(at(task, "Status"), "State");
  for (const char* const end : {"complete", "shutdown", "failed", "rejected", "remove", "orphaned"}) {
    if (state == end) return true;
  }
  return false;
}

Result<void> wait_for_tasks(Daemon& daemon, const std::string& stack) {
  const InterruptWatch interrupts;
  while (!interrupts.is_interrupted()) {
    const auto tasks = daemon.get("/tasks", filter_parameters({stack_filter(stack)}));
    if (!tasks.ok())
      return with_context(tasks.error(), "failed to wait on tasks of stack: " + stack + ": failed to get tasks");
    if (std::all_of(tasks->begin(), tasks->end(), is_over)) break;
    interrupts.wait(kPollRemovalMs);
  }
  return {};
}

Result<void> remove_stack(Invocation& call, const std::string& stack) {
  const Parameters mine = filter_parameters({stack_filter(stack)});
  SKEIN_TRY_ASSIGN(const Json services, call.daemon.get("/services", mine));
  SKEIN_TRY_ASSIGN(const Json networks, call.daemon.get("/networks", mine));
  SKEIN_TRY_ASSIGN(const Json secrets, call.daemon.get("/secrets", mine));
  SKEIN_TRY_ASSIGN(const Json configs, call.daemon.get("/configs", mine));
  if (services.empty() && networks.empty() && secrets.empty() && configs.empty()) {
    print_error("Nothing found in stack: " + stack);
    return {};
  }
  bool is_complete = remove_stack_services(call.daemon, services);
  is_complete = remove_objects(call.daemon, {"/secrets", "secret"}, secrets) && is_complete;
  is_complete = remove_objects(call.daemon, {"/configs", "config"}, configs) && is_complete;
  for (const Json& network : networks) {
    is_complete =
        remove_part(call.daemon, {"/networks", "network"}, text_at(network, "Id"), text_at(network, "Name")) &&
        is_complete;
  }
  if (!is_complete) return make_error(Code::kUnknown, "failed to remove some resources from stack: " + stack);
  return call.flags.is_on("detach") ? Result<void>() : wait_for_tasks(call.daemon, stack);
}

}  // namespace

bool remove_stack_services(Daemon& daemon, const Json& services) {
  Json sorted = services;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Json& a, const Json& b) {
    return text_at(at(a, "Spec"), "Name") < text_at(at(b, "Spec"), "Name");
  });
  return remove_objects(daemon, {"/services", "service"}, sorted);
}

Result<int> remove_stacks(Invocation& call) {
  for (const std::string& stack : call.arguments) SKEIN_TRY(check_stack_name(stack));
  std::string errors;
  for (const std::string& stack : call.arguments) {
    const auto removed = remove_stack(call, stack);
    if (!removed.ok()) errors += (errors.empty() ? "" : "\n") + removed.error().text();
  }
  if (!errors.empty()) return make_error(Code::kUnknown, errors);
  return 0;
}

}  // namespace skein::cli
