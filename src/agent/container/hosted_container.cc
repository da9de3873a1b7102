#include "agent/container/hosted_container.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/container/task_container.h"
#include "agent/container/task_dependencies.h"
#include "agent/container/task_networking.h"
#include "base/log.h"
#include "containers/facts/task_labels.h"
#include "engine/values/container_life.h"
#include "engine/values/json_fields.h"
#include "engine/values/mount_check.h"
#include "io/loop/timer.h"
#include "io/loop/to_its_end.h"
#include "model/task_template.h"

namespace skein::agent {

namespace api = model::api;
namespace asio = boost::asio;
using asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;
using Tools = std::shared_ptr<TaskTools>;
using namespace std::chrono_literals;

namespace {

constexpr int kLooksMax = 20;  // for an exit code
constexpr auto kLookPause = 100ms;

// The engine may come back; an error of the kernel's or of our own disk is final for the task.
Error final_error(Error error) {
  error.code = Code::kFailedPrecondition;
  return error;
}

HostedContainer parse_container(const TaskTools& tools, const json& inspected) {
  HostedContainer out;
  const json& labels = at(at(inspected, "Config"), "Labels");
  out.id = text_of(inspected, "Id");
  out.task_id = text_of(labels, containers::kTaskIdLabel);
  out.house = tools.housing.find(out.id, labels);
  switch (engine::life_of(inspected)) {
    case engine::Life::kNew: out.life = TaskLife::kCreated; break;
    case engine::Life::kRunning: out.life = TaskLife::kRunning; break;
    case engine::Life::kEnding:
    case engine::Life::kEnded: out.life = TaskLife::kEnded; break;
  }
  out.exit_code = engine::exit_code_of(inspected);
  const json& pid = at(at(inspected, "State"), "Pid");
  if (pid.is_number_integer()) out.pid = pid.get<int>();
  return out;
}

// What is asked of networking for the task's container; errors are final for the task.
containers::LifePlan start_plan(const SharedTask& task) {
  containers::LifePlan plan;
  plan.open_ports = task_ports_to_assign(*task);
  plan.asks = [task](const containers::House& house) -> Result<overlay::ContainerNetworkRequest> {
    SKEIN_TRY_ASSIGN(auto request, task_network_request(*task, house.state.assigned));
    request.container_id = house.state.id;
    request.container_name = model::task_name(*task);
    const std::string& hostname = house.record.hostname;
    request.hostname = hostname.empty() ? house.state.id.substr(0, 12) : hostname;
    return request;
  };
  return plan;
}

containers::Resident resident_of(const HostedContainer& container) {
  containers::Resident out;
  out.id = container.id;
  out.house = container.house;
  out.needs_house = container.house.has_value();
  switch (container.life) {
    case TaskLife::kAbsent: break;
    case TaskLife::kCreated: out.body = engine::Life::kNew; break;
    case TaskLife::kRunning: out.body = engine::Life::kRunning; break;
    case TaskLife::kEnded: out.body = engine::Life::kEnded; break;
  }
  return out;
}

// Empty files until the start: what they are to say may come later.
Result<void> bind_dependencies(TaskTools& tools, const api::Task& task, json& body) {
  const auto targets = dependency_targets(task);
  if (targets.empty()) return {};
  json& binds = body["HostConfig"]["Binds"];
  if (!binds.is_array()) binds = json::array();
  for (size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].find(':') != std::string::npos)
      return invalid_argument("the target " + targets[i] + " of a secret or config has a colon");
    binds.push_back(tools.files.path(task.id(), i) + ":" + targets[i] + ":ro");
  }
  return tools.files.prepare(task.id(), targets.size());
}

awaitable<Result<HostedContainer>> make_wanted(Tools tools, TaskContainer wanted, std::string task_id) {
  containers::Resident resident;
  resident.needs_house = engine::is_managed_mode(text_of(at(wanted.body, "HostConfig"), "NetworkMode"));
  containers::LifePlan plan;
  plan.name = wanted.name;
  plan.body = std::move(wanted.body);
  containers::ContainerLife life(tools->engine, tools->networks, tools->housing, std::move(resident), std::move(plan));
  auto made = co_await life.lead(containers::Wanted::kThere);
  if (!made.ok()) {
    if (!life.was_engine_asked()) co_return final_error(made.error());
    if (made.error().code != Code::kAlreadyExists) co_return made.error();
    auto existing = co_await look_at_container(tools, wanted.name);
    if (!existing.ok() || existing->task_id != task_id) co_return made.error();
    co_return existing;
  }
  HostedContainer out;
  out.id = life.resident().id;
  out.house = life.resident().house;
  out.task_id = task_id;
  out.life = TaskLife::kCreated;
  co_return out;
}

Result<void> write_dependencies(TaskTools& tools, const api::Task& task, const api::Node& self) {
  SKEIN_TRY_ASSIGN(const auto files, dependency_files(task, self, *tools.dependencies));
  return tools.files.write(task.id(), files);
}

awaitable<Result<HostedContainer>> start_created(Tools tools, SharedTask task, api::Node self,
                                                 HostedContainer container) {
  if (auto written = write_dependencies(*tools, *task, self); !written.ok())
    co_return with_context(written.error(), "starting container failed");
  containers::ContainerLife life(tools->engine, tools->networks, tools->housing, resident_of(container),
                                 start_plan(task));
  auto started = co_await life.lead(containers::Wanted::kRunning);
  if (!started.ok()) {
    const Error why = life.was_engine_asked() ? started.error() : final_error(started.error());
    co_return with_context(why, "starting container failed");
  }
  auto now = co_await look_at_container(tools, container.id);
  co_return now;
}

}  // namespace

awaitable<Result<HostedContainer>> make_container(Tools tools, SharedTask task, api::Node self) {
  SKEIN_CO_TRY_ASSIGN(TaskContainer wanted, task_container(*task, self));
  SKEIN_CO_TRY(engine::check_mounts(at(at(wanted.body, "HostConfig"), "Mounts"), tools->options.exists));
  SKEIN_CO_TRY(bind_dependencies(*tools, *task, wanted.body));
  auto ticket = co_await tools->starts.take();
  auto made = co_await io::to_its_end(make_wanted(tools, std::move(wanted), task->id()));
  if (!made.ok()) tools->files.remove(task->id());  // the next attempt makes them anew
  co_return made;
}

awaitable<Result<HostedContainer>> start_container(Tools tools, SharedTask task, api::Node self,
                                                   HostedContainer container) {
  SKEIN_CO_TRY_ASSIGN(HostedContainer before, co_await look_at_container(tools, container.id));
  if (before.life != TaskLife::kCreated) co_return before;  // an attempt of before whose answer was lost
  auto ticket = co_await tools->starts.take();
  auto started = co_await io::to_its_end(start_created(tools, std::move(task), std::move(self), std::move(container)));
  co_return started;
}

awaitable<Result<HostedContainer>> look_at_container(Tools tools, std::string id) {
  io::Timer pause(tools->executor);
  for (int looks = 1;; ++looks) {
    SKEIN_CO_TRY_ASSIGN(json inspected, co_await tools->engine.inspect(id));
    HostedContainer out = parse_container(*tools, inspected);
    bool is_ending = engine::life_of(inspected) == engine::Life::kEnding;
    if (is_ending && looks == kLooksMax) out.exit_code = engine::kExitCodeUnknown;
    if (!is_ending || looks == kLooksMax) co_return out;
    pause.expires_after(kLookPause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

awaitable<Result<std::vector<HostedContainer>>> find_containers(Tools tools) {
  const std::vector<std::string> labels{containers::kTaskLabel, containers::kTaskIdLabel};
  SKEIN_CO_TRY_ASSIGN(json listed, co_await tools->engine.list(labels));
  std::vector<HostedContainer> out;
  std::vector<std::string> ids, ending;
  for (const json& entry : listed) ids.push_back(text_of(entry, "Id"));
  // Those whose exit codes are on their way are looked at twice; after a reboot of the host that is all of them, and
  // the codes are lost.
  for (bool is_last : {false, true}) {
    for (const std::string& id : ids) {
      auto inspected = co_await tools->engine.inspect(id);
      if (!inspected.ok() && inspected.error().code == Code::kNotFound) continue;
      if (!inspected.ok()) co_return inspected.error();
      bool is_ending = engine::life_of(*inspected) == engine::Life::kEnding;
      if (is_ending && !is_last) {
        ending.push_back(id);
        continue;
      }
      out.push_back(parse_container(*tools, *inspected));
      if (is_ending) out.back().exit_code = engine::kExitCodeUnknown;
    }
    ids = std::exchange(ending, {});
    if (ids.empty()) break;
    io::Timer pause(tools->executor, kLooksMax * kLookPause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return out;
}

awaitable<Result<void>> remove_container(Tools tools, HostedContainer container) {
  if (container.id.empty()) co_return Result<void>();
  auto removed = co_await tools->engine.remove(container.id, true);
  if (!removed.ok() && removed.error().code != Code::kNotFound) co_return removed.error();
  forget_container(*tools, container);
  co_return Result<void>();
}

void forget_container(TaskTools& tools, const HostedContainer& container) {
  tools.files.remove(container.task_id);
  if (container.house) tools.housing.raze(*container.house);
}

awaitable<Result<containers::HealthCheck>> find_health_check(Tools tools, SharedTask task) {
  const auto& container = task->spec().container();
  SKEIN_CO_TRY_ASSIGN(const json of_image, co_await tools->engine.health_check_of_image(container.image()));
  co_return containers::health_check(container.healthcheck(), of_image);
}

}  // namespace skein::agent
