#include "cmd/cli/service/task_format.h"

#include <algorithm>

#include "cmd/cli/words/natural_order.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

WallTime time_at(const Json& object, std::string_view key) {
  const auto time = parse_time(text_at(object, key));
  return time.ok() ? *time : WallTime{0};
}

std::string looked_up(const std::map<std::string, std::string>& names, const std::string& id) {
  const auto found = names.find(id);
  return found == names.end() ? id : found->second;
}

std::string task_name(const Json& task, const TaskNames& names) {
  const std::string service = text_at(task, "ServiceID");
  if (service.empty()) return text_at(task, "ID");
  const int64_t slot = number_at(task, "Slot");
  return looked_up(names.services, service) + "." + (slot != 0 ? std::to_string(slot) : text_at(task, "NodeID"));
}

std::string published_ports(const Json& status) {
  std::string text;
  for (const Json& port : at(at(status, "PortStatus"), "Ports")) {
    text += (text.empty() ? "*:" : ",*:") + text_at(port, "PublishedPort") + "->" + text_at(port, "TargetPort") + "/" +
            text_at(port, "Protocol");
  }
  return text;
}

std::string image_of(const Json& task) { return text_at(at(at(task, "Spec"), "ContainerSpec"), "Image"); }

}  // namespace

Listing task_listing() {
  return {{{"ID", "ID"},
           {"Name", "NAME"},
           {"Image", "IMAGE"},
           {"Node", "NODE"},
           {"DesiredState", "DESIRED STATE"},
           {"CurrentState", "CURRENT STATE"},
           {"Error", "ERROR"},
           {"Ports", "PORTS"}},
          8};
}

Json sorted_tasks(const Json& tasks, const TaskNames& names) {
  std::vector<std::pair<std::string, const Json*>> sorted;
  for (const Json& task : tasks) sorted.emplace_back(task_name(task, names), &task);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return is_naturally_less(a.first, b.first);
    return time_at(*a.second, "CreatedAt") > time_at(*b.second, "CreatedAt");
  });
  Json list = Json::array();
  for (const auto& [name, task] : sorted) list.push_back(*task);
  return list;
}

std::vector<Json> task_rows(const Json& tasks, const TaskNames& names, TaskListStyle style, WallTime now) {
  std::vector<Json> rows;
  std::string before;
  for (const Json& task : tasks) {
    const std::string name = task_name(task, names);
    const Json& status = at(task, "Status");
    std::string error = text_at(status, "Err");
    if (!error.empty()) error = "\"" + (style.is_whole ? error : ellipsis(error, 30)) + "\"";
    const std::string id = text_at(task, "ID");
    rows.push_back({{"ID", style.is_whole ? id : short_id(id)},
                    {"Name", (style.is_table && name == before ? " \\_ " : "") + name},
                    {"Image", style.is_whole ? image_of(task) : without_digest(image_of(task))},
                    {"Node", looked_up(names.nodes, text_at(task, "NodeID"))},
                    {"DesiredState", capitalized(text_at(task, "DesiredState"))},
                    {"CurrentState", capitalized(text_at(status, "State")) + " " +
                                         lower_case(show_age(time_at(status, "Timestamp"), now))},
                    {"Error", error},
                    {"Ports", published_ports(status)}});
    before = name;
  }
  return rows;
}

std::string without_digest(const std::string& image) {
  const size_t digest = image.find('@');
  const std::string name = image.substr(0, digest);
  const size_t slash = name.rfind('/');
  const bool has_tag = name.find(':', slash == std::string::npos ? 0 : slash) != std::string::npos;
  return has_tag ? name : image;
}

}  // namespace skein::cli
