#include "engine/podman/events/event_attributes.h"

#include "engine/exec/request/exec_container.h"
#include "engine/values/image_names.h"
#include "engine/values/json_fields.h"
#include "engine/values/networking_record.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr size_t kImageIdDigits = 64;

bool is_image_id(const std::string& text) {
  return text.size() == kImageIdDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

json container_attributes(const json& container) {
  const ExecContainer known = exec_container(container);
  json out = known.labels;
  const auto record = NetworkingRecord::from_labels(at(at(container, "Config"), "Labels"));
  out["image"] = record && !record->image.empty() ? record->image : known.image;
  out["name"] = known.name;
  return out;
}

void complete_image_event(json& event) {
  json& actor = event["Actor"];
  json& attributes = actor["Attributes"];
  const std::string action = text_of(event, "Action"), name = familiar_image(text_of(attributes, "name"));
  std::string id = text_of(actor, "ID");
  if (is_image_id(id)) id = "sha256:" + id;
  actor["ID"] = id;
  if (action == "tag") {
    attributes["name"] = name;
  } else if ((action == "pull" || action == "push") && !name.empty()) {
    actor["ID"] = with_tag(name);
    attributes["name"] = without_tag(name);
  } else {
    attributes["name"] = id;
  }
}

void complete_volume_event(json& event) {
  json& actor = event["Actor"];
  const std::string name = text_of(actor["Attributes"], "name");
  if (text_of(actor, "ID").empty()) actor["ID"] = name;
  actor["Attributes"] = {{"driver", "local"}};  // there is no other
}

}  // namespace skein::engine
