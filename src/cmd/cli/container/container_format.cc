#include "cmd/cli/container/container_format.h"

#include <set>

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {
constexpr size_t kCommandLength = 20;
}

Listing container_listing() {
  return {{{"ID", "CONTAINER ID"},
           {"Image", "IMAGE"},
           {"Command", "COMMAND"},
           {"RunningFor", "CREATED"},
           {"Status", "STATUS"},
           {"Ports", "PORTS"},
           {"Names", "NAMES"},
           {"CreatedAt", "CREATED AT"},
           {"Labels", "LABELS"},
           {"LocalVolumes", "LOCAL VOLUMES"},
           {"Mounts", "MOUNTS"},
           {"Networks", "NETWORKS"},
           {"Size", "SIZE"},
           {"State", "STATE"}},
          7};
}

std::string labels_text(const Json& labels) {
  std::string text;
  if (!labels.is_object()) return text;
  for (const auto& [key, value] : labels.items()) text += (text.empty() ? "" : ",") + key + "=" + text_at(labels, key);
  return text;
}

std::string ports_text(const Json& ports) {
  std::set<std::string> shown;  // sorted, and without the doubles of IPv4 and IPv6
  for (const Json& port : ports) {
    const std::string inside = text_at(port, "PrivatePort") + "/" + text_at(port, "Type");
    const int64_t outside = number_at(port, "PublicPort");
    std::string address = text_at(port, "IP");
    if (address.find(':') != std::string::npos) address.insert(0, "[").append("]");
    if (!address.empty()) address += ":";
    shown.insert(outside == 0 ? inside : address.append(std::to_string(outside)).append("->").append(inside));
  }
  std::string text;
  for (const std::string& port : shown) text += (text.empty() ? "" : ", ") + port;
  return text;
}

Json container_row(const Json& container, bool is_whole, WallTime now) {
  const std::string id = text_at(container, "Id");
  const std::string command = text_at(container, "Command");
  std::string names;
  for (const Json& name : at(container, "Names")) {
    std::string text = name.is_string() ? name.get<std::string>() : "";
    if (text.starts_with('/')) text.erase(0, 1);
    if (text.find('/') == std::string::npos) names += (names.empty() ? "" : ",") + text;
  }
  std::string networks;
  if (const Json& all = at(at(container, "NetworkSettings"), "Networks"); all.is_object()) {
    for (const auto& [name, endpoint] : all.items()) networks += (networks.empty() ? "" : ",") + name;
  }
  std::string mounts;
  int local_volumes = 0;
  for (const Json& mount : at(container, "Mounts")) {
    const std::string name = text_at(mount, "Name").empty() ? text_at(mount, "Source") : text_at(mount, "Name");
    mounts += (mounts.empty() ? "" : ",") + (is_whole ? name : ellipsis(name, 15));
    local_volumes += text_at(mount, "Driver") == "local" ? 1 : 0;
  }
  std::string image = text_at(container, "Image");
  if (image.starts_with("sha256:") && !is_whole) image = short_id(image);
  const WallTime created{number_at(container, "Created") * 1'000'000'000};
  return {{"ID", is_whole ? id : short_id(id)},
          {"Image", image.empty() ? "<no image>" : image},
          {"Command", "\"" + (is_whole ? command : ellipsis(command, kCommandLength)) + "\""},
          {"RunningFor", show_age(created, now)},
          {"Status", text_at(container, "Status")},
          {"Ports", ports_text(at(container, "Ports"))},
          {"Names", names},
          {"CreatedAt", show_time(created, false)},
          {"Labels", labels_text(at(container, "Labels"))},
          {"LocalVolumes", std::to_string(local_volumes)},
          {"Mounts", mounts},
          {"Networks", networks},
          {"Size", show_size(static_cast<double>(number_at(container, "SizeRw")))},
          {"State", text_at(container, "State")}};
}

}  // namespace skein::cli
