#include "api/containers/containers.h"

#include "api/events/container_event.h"
#include "engine/errors.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

Error answer_error(const io::http::Response& answer) {
  return make_error(engine::code_of_status(answer.status), answer.body);
}

io::http::Response answer_of(const Result<void>& done, const io::http::Response& answer) {
  return done.ok() || answer.status >= 400 ? answer : io::http::Response::of_error(done.error());
}

Containers::Containers(containers::Keeper& keeper, engine::Engine& engine, overlay::ContainerNetworks& networks,
                       containers::HealthBoard& health, Clock& clock, std::string secrets_folder)
    : keeper_(keeper),
      engine_(engine),
      networks_(networks),
      health_(health),
      clock_(clock),
      secrets_folder_(std::move(secrets_folder)) {}

void Containers::complete(json& event) {
  if (at(event, "Type") != "container" || at(event, "Action") != "rename") return;
  if (auto old_name = keeper_.take_old_name(text_of(at(event, "Actor"), "ID")))
    event["Actor"]["Attributes"]["oldName"] = "/" + *old_name;
}

void Containers::tell(const json& container, const std::string& action, const json& more) {
  on_deed_(container_event(container, action, more, clock_.wall()));
}

boost::asio::awaitable<void> Containers::tell_of(std::string name, std::string action) {
  const auto container = co_await engine_.inspect(name);
  if (container.ok()) tell(*container, action, json::object());  // else removed meanwhile
}

containers::Phase Containers::phase_of(const json& container) const {
  if (keeper_.restarting_after(text_of(container, "Id"))) return containers::Phase::kRestarting;
  return containers::phase_of(container);
}

NetworkingState Containers::state_of(const std::string& id, const containers::House* house) const {
  NetworkingState state;
  state.own_roots = {keeper_.housing().files_folder(), secrets_folder_};
  if (house == nullptr) return state;
  state.endpoints = networks_.status(id);
  state.container = house->state;
  state.files_folder = keeper_.housing().folder_of(house->record.key);
  return state;
}

}  // namespace skein::api
