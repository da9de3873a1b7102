#include "control/orchestrator/prerequisite/prerequisite.h"

#include <algorithm>

#include "control/orchestrator/place/restart_policy.h"
#include "control/orchestrator/place/update_rules.h"
#include "control/orchestrator/place/update_status.h"
#include "control/orchestrator/prerequisite/prerequisite_index.h"

namespace skein::control {

namespace {

using Condition = Prerequisite::Condition;

struct Word {
  std::string_view name;
  Condition condition;
  std::string_view goal;
};
constexpr Word kWords[] = {{"service_started", Condition::kStarted, "to start"},
                           {"service_healthy", Condition::kHealthy, "to be healthy"},
                           {"service_completed_successfully", Condition::kCompleted, "to complete"}};

// "db", for the services of the stack that db belongs to as well.
std::string short_name(const api::Service& service, const std::string& name) {
  const auto& labels = service.spec().annotations().labels();
  const auto stack = labels.find("com.docker.stack.namespace");
  if (stack == labels.end() || !name.starts_with(stack->second + "_")) return name;
  return name.substr(stack->second.size() + 1);
}

const std::string* label_of(const api::ServiceSpec& spec) {
  const auto label = spec.annotations().labels().find(kDependsOnLabel);
  return label == spec.annotations().labels().end() ? nullptr : &label->second;
}

// What the service says holds, but for a task of an update that goes on: then only the new ones count.
bool is_present(const store::Tables& view, const api::Service& service, const api::Task& task) {
  return is_paused(service) || !is_dirty(view, service, task);
}

class Look {
 public:
  Look(const store::Tables& view, WallTime now) : view_(view), index_(view.index<PrerequisiteIndex>()), now_(now) {}

  bool holds(const api::Service& service, Condition condition) {
    if (condition == Condition::kCompleted) return is_completed(service);
    const auto& up = index_.up(service.id());
    return std::ranges::any_of(up, [&](const auto& entry) {
      const api::Task& task = *entry.second;
      const bool is_far_enough = condition == Condition::kStarted || task.status().state() == api::RUNNING;
      return is_far_enough && is_present(view_, service, task) && is_confirmed(task);
    });
  }

  std::optional<WallTime> until() const { return until_; }

 private:
  // Its node is there, and has told of the task since it came back, or has had the time to.
  bool is_confirmed(const api::Task& task) {
    const auto node = view_.get<api::Node>(task.node_id());
    if (!node || node->status().state() != api::NodeStatus::READY || !node->status().has_ready_since()) return false;
    const WallTime since = model::to_wall(node->status().ready_since());
    if (observed_at(task) >= since || now_ >= since + kConfirmedWithin) return true;
    until_ = std::min(until_.value_or(since + kConfirmedWithin), since + kConfirmedWithin);
    return false;
  }

  bool is_completed(const api::Service& service) const {
    if (service.spec().has_replicated_job()) {
      const uint64_t iteration = service.job_status().job_iteration().index();
      return index_.completed(service.id(), iteration) >= service.spec().replicated_job().total_completions();
    }
    const Histories places = histories_of(view_, service);
    const size_t wanted = service.spec().has_replicated() ? service.spec().replicated().replicas() : 1;
    return places.size() >= std::max<size_t>(wanted, 1) && std::ranges::all_of(places, [&](const auto& place) {
             const auto last = newest(*place.second);
             if (!last || last->status().state() != api::COMPLETE_) return false;
             if (is_job(service)) return last->job_iteration().index() == service.job_status().job_iteration().index();
             return is_present(view_, service, *last) && !should_restart(*place.second, *last, false);
           });
  }

  const store::Tables& view_;
  const PrerequisiteIndex& index_;
  const WallTime now_;
  std::optional<WallTime> until_;
};

// Why a service whose tasks are not started again will not complete by itself; empty if it may.
std::string failure_of(const store::Tables& view, const api::Service& service) {
  for (const auto& [place, history] : histories_of(view, service)) {
    const auto last = newest(*history);
    if (!last || !has_ended(*last) || last->status().state() == api::COMPLETE_) continue;
    if (is_job(service) && last->job_iteration().index() != service.job_status().job_iteration().index()) continue;
    if (should_restart(*history, *last, is_job(service))) continue;
    return last->status().err().empty() ? "it ended" : "it failed: " + last->status().err();
  }
  return "";
}

}  // namespace

Result<std::vector<Prerequisite>> parse_prerequisites(std::string_view label) {
  std::vector<Prerequisite> out;
  for (size_t at = 0; at <= label.size();) {
    const size_t end = std::min(label.find(',', at), label.size());
    const std::string_view entry = label.substr(at, end - at);
    at = end + 1;
    const size_t mark = entry.find(':');
    const auto word = std::ranges::find(kWords, mark == entry.npos ? "" : entry.substr(mark + 1), &Word::name);
    if (word == std::end(kWords) || mark == 0)
      return invalid_argument("\"" + std::string(entry) + "\" is not a service and its condition");
    out.push_back({std::string(entry.substr(0, mark)), word->condition});
    const auto same = [&](const Prerequisite& one) { return one.service == out.back().service; };
    if (std::ranges::count_if(out, same) > 1) return invalid_argument(out.back().service + " is named twice");
    if (out.size() > kPrerequisitesMax)
      return invalid_argument("more than " + std::to_string(kPrerequisitesMax) + " services");
  }
  return out;
}

Result<void> check_prerequisites(const api::ServiceSpec& spec, const store::Tables& view) {
  const std::string* const label = label_of(spec);
  if (!label) return {};
  auto parsed = parse_prerequisites(*label);
  if (!parsed.ok())
    return make_error(Code::kInvalidArgument, std::string("label ") + kDependsOnLabel + "=" + *label,
                      parsed.error().text(),
                      "it must be like db:service_healthy,migrate:service_completed_successfully, with conditions "
                      "service_started, service_healthy or service_completed_successfully");
  const std::string& own = spec.annotations().name();
  std::set<std::string> seen;
  std::vector<std::pair<std::string, std::string>> open;  // a service, and the way that led to it
  for (const Prerequisite& each : *parsed) open.emplace_back(each.service, own + " waits for " + each.service);
  while (!open.empty()) {
    const auto [name, way] = std::move(open.back());
    open.pop_back();
    if (name == own)
      return make_error(Code::kInvalidArgument, "services wait for each other: " + way, "",
                        std::string("change the label ") + kDependsOnLabel + " of one of them");
    if (!seen.insert(name).second) continue;
    for (const auto& service : view.table<api::Service>().named(name)) {
      const std::string* const next = label_of(service->spec());
      auto more = next ? parse_prerequisites(*next) : std::vector<Prerequisite>();
      if (!more.ok()) continue;
      for (const Prerequisite& each : *more) {
        std::string further = way;
        further.append(", ").append(name).append(" for ").append(each.service);
        open.emplace_back(each.service, std::move(further));
      }
    }
  }
  return {};
}

std::optional<Wait> wait_of(const store::Tables& view, const api::Service& service, WallTime now) {
  const std::string* const label = label_of(service.spec());
  if (!label) return std::nullopt;
  const auto parsed = parse_prerequisites(*label);
  if (!parsed.ok()) return std::nullopt;
  Look look(view, now);
  std::string why;
  for (const Prerequisite& each : *parsed) {
    const auto named = view.table<api::Service>().named(each.service);
    if (!named.empty() && look.holds(*named[0], each.condition)) continue;
    const auto word = std::ranges::find(kWords, each.condition, &Word::condition);
    SKEIN_ASSERT(word != std::end(kWords));
    why += (why.empty() ? "waiting for " : ", ") + short_name(service, each.service) + " ";
    why += named.empty() ? "to be created" : std::string(word->goal);
    const std::string failure =
        named.empty() || each.condition != Condition::kCompleted ? "" : failure_of(view, *named[0]);
    if (!failure.empty()) why += " (" + failure + ")";
  }
  if (why.empty()) return std::nullopt;
  return Wait{why, look.until()};
}

Concerned released_by(const store::Tables& view, const std::set<std::string>& services, WallTime now) {
  Concerned out;
  const auto& index = view.index<PrerequisiteIndex>();
  for (const std::string& id : services) {
    const auto service = view.get<api::Service>(id);
    if (!service) continue;
    for (const std::string& dependent : index.dependents_of(model::name_of(*service))) {
      const auto waiting = view.get<api::Service>(dependent);
      SKEIN_ASSERT(waiting && "the index names services that are there");
      const std::set<Place> held = index.held(dependent);
      if (held.empty() && !is_updating(*waiting)) continue;
      // One that has to be looked at later says so when it is looked at.
      if (const auto wait = wait_of(view, *waiting, now); wait && !wait->until) continue;
      if (is_updating(*waiting)) out.services.insert(dependent);
      for (const Place& place : held) out.places.emplace(dependent, place);
    }
  }
  return out;
}

}  // namespace skein::control
