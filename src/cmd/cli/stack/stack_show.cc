#include "cmd/cli/stack/stack_show.h"

#include <algorithm>
#include <map>

#include "cmd/cli/service/service_show.h"
#include "cmd/cli/service/task_list.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/stack/stack_name.h"
#include "cmd/cli/words/natural_order.h"
#include "stack/convert/convert.h"

namespace skein::cli {

namespace {

std::vector<std::string> filters_of(const Invocation& call) {
  std::vector<std::string> filters = call.flags.list("filter");
  filters.push_back(stack_filter(call.argument(0)));
  return filters;
}

}  // namespace

Result<int> list_stacks(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json services,
                   call.daemon.get("/services", filter_parameters({std::string("label=") + stack::kNamespaceLabel})));
  std::map<std::string, size_t> counts;
  for (const Json& service : services) {
    const Json& label = at(at(at(service, "Spec"), "Labels"), stack::kNamespaceLabel);
    if (!label.is_string()) {
      return invalid_argument(std::string("cannot get label ") + stack::kNamespaceLabel + " for service " +
                              text_at(service, "ID"));
    }
    ++counts[label.get<std::string>()];
  }
  std::vector<Json> rows;
  rows.reserve(counts.size());
  for (const auto& [name, count] : counts) rows.push_back({{"Name", name}, {"Services", std::to_string(count)}});
  std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
    return is_naturally_less(a["Name"].get_ref<const std::string&>(), b["Name"].get_ref<const std::string&>());
  });
  SKEIN_TRY_ASSIGN(const std::string text,
                   show_list({{{"Name", "NAME"}, {"Services", "SERVICES"}}, 2}, rows, call.flags.text("format")));
  print(text);
  return 0;
}

Result<int> list_stack_tasks(Invocation& call) {
  SKEIN_TRY(check_stack_name(call.argument(0)));
  SKEIN_TRY_ASSIGN(const Json tasks, call.daemon.get("/tasks", filter_parameters(filters_of(call))));
  if (tasks.empty()) return make_error(Code::kNotFound, "nothing found in stack: " + call.argument(0));
  return print_tasks(call, tasks);
}

Result<int> list_stack_services(Invocation& call) {
  SKEIN_TRY(check_stack_name(call.argument(0)));
  SKEIN_TRY_ASSIGN(const Json services, services_by_name(call, filters_of(call)));
  if (services.empty()) {
    print_error("Nothing found in stack: " + call.argument(0));
    return 0;
  }
  return print_services(call, services);
}

}  // namespace skein::cli
