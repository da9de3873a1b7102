#include "engine/podman/events/life_events.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <csignal>
#include <cstring>

#include "engine/podman/events/event_attributes.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr int kSignalMax = 64;
constexpr int64_t kPatienceDefault_s = 10;
constexpr int kKilledCode = 128 + SIGKILL;

std::optional<int64_t> number_in(const std::string& text) {
  int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

// "SIGTERM", "term", "15"; 0 if it is none.
int signal_in(std::string text) {
  if (const auto number = number_in(text)) return *number > 0 && *number <= kSignalMax ? static_cast<int>(*number) : 0;
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  if (text.starts_with("SIG")) text.erase(0, 3);
  for (int signal = 1; signal <= kSignalMax; ++signal)
    if (const char* name = ::sigabbrev_np(signal); name && text == name) return signal;
  return 0;
}

json container_event(const std::string& action, const std::string& id, json attributes, WallTime now) {
  return {
      {"Type", "container"}, {"Action", action},      {"Actor", {{"ID", id}, {"Attributes", std::move(attributes)}}},
      {"scope", "local"},    {"time", now.seconds()}, {"timeNano", now.ns}};
}

WallTime moment_of(const json& event) {
  const json& time = at(event, "timeNano");
  return WallTime{time.is_number_integer() ? time.get<int64_t>() : 0};
}

}  // namespace

LifeCall parse_life_call(std::string_view method, std::string_view target) {
  constexpr std::string_view kContainers = "/containers/";
  const size_t mark = std::min(target.find('?'), target.size());
  const auto query = io::http::Query::parse(target.substr(std::min(mark + 1, target.size())));
  std::string_view path = target.substr(0, mark);
  if (path.starts_with("/libpod/")) path.remove_prefix(7);
  if (!path.starts_with(kContainers)) return {};
  path.remove_prefix(kContainers.size());
  const size_t slash = path.find('/');
  LifeCall out{.called = std::string(path.substr(0, slash)), .signal = query.get("signal")};
  const std::string_view verb = slash == std::string_view::npos ? "" : path.substr(slash + 1);
  if (method == "DELETE" && verb.empty() && query.flag("force")) out.verb = LifeVerb::kRemove;
  if (method == "POST" && verb == "start") out.verb = LifeVerb::kStart;
  if (method == "POST" && verb == "stop") out.verb = LifeVerb::kStop;
  if (method == "POST" && verb == "kill") out.verb = LifeVerb::kKill;
  if (method == "POST" && verb == "restart") out.verb = LifeVerb::kRestart;
  if (out.verb == LifeVerb::kNone) return {};
  if (const auto seconds = number_in(query.get("t"))) out.patience = std::chrono::seconds(*seconds);
  if (out.verb == LifeVerb::kRemove || (out.verb == LifeVerb::kKill && out.signal.empty())) out.signal = "KILL";
  return out;
}

void LifeEvents::tell(const std::string& action, const std::string& id, json attributes, WallTime now) {
  tell_(container_event(action, id, std::move(attributes), now));
}

void LifeEvents::take(json event) {
  const std::string action = text_of(event, "Action"), id = text_of(at(event, "Actor"), "ID");
  if (text_of(event, "Type") != "container") return tell_(std::move(event));
  if (action == "kill" || action == "stop" || action == "restart" || action == "attach") return;
  if (action == "start") {
    Life& life = lives_[id];
    if (life.starts_told_before > 0) {
      --life.starts_told_before;
      return;
    }
    life.attributes = object_of(at(event, "Actor"), "Attributes");
    return start(id, life, std::move(event));
  }
  if (action == "die") {
    Life& life = lives_[id];
    if (life.told_before > 0) {
      --life.told_before;
      return;
    }
    life.early_exit.reset();
    const std::string code = text_of(at(at(event, "Actor"), "Attributes"), "exitCode");
    die(id, life, std::atoi(code.c_str()), std::move(event));
    return;
  }
  if (action == "create" && std::exchange(lives_[id].is_made, false)) return;
  if (action == "destroy") lives_.erase(id);
  if (const auto found = lives_.find(id); found != lives_.end() && action == "rename")
    found->second.attributes["name"] = text_of(at(at(event, "Actor"), "Attributes"), "name");
  tell_(std::move(event));
}

void LifeEvents::start(const std::string& id, Life& life, json event) {
  life.is_running = life.has_started = true;
  life.started = moment_of(event);
  tell_(std::move(event));
  if (std::exchange(life.restart_follows, false)) tell("restart", id, life.attributes, life.started);
  if (const auto exit = std::exchange(life.early_exit, std::nullopt)) on_exit(*exit, life.ended);
}

void LifeEvents::on_created(const json& container, WallTime now) {
  const std::string id = text_of(container, "Id");
  if (id.empty() || lives_.contains(id)) return;
  Life& life = lives_[id];
  life.is_made = true;
  life.attributes = container_attributes(container);
  tell("create", id, life.attributes, now);
}

void LifeEvents::on_exit(const ContainerExit& exit, WallTime now) {
  Life& life = lives_[exit.id];
  if (!life.is_running) {
    if (life.early_exit) return;
    life.early_exit = exit;
    life.ended = now;
    return;
  }
  ++life.told_before;
  json attributes = life.attributes;
  attributes["exitCode"] = std::to_string(exit.exit_code);
  die(exit.id, life, exit.exit_code, container_event("die", exit.id, std::move(attributes), now));
}

void LifeEvents::die(const std::string& id, Life& life, int exit_code, json event) {
  const WallTime now = moment_of(event);
  json& attributes = event["Actor"]["Attributes"];
  if (life.attributes.empty()) {
    life.attributes = attributes;
    life.attributes.erase("exitCode");
  }
  if (life.killed_after && now >= *life.killed_after && exit_code == kKilledCode && life.signal != SIGKILL) {
    json killed = life.attributes;
    killed["signal"] = std::to_string(SIGKILL);
    tell("kill", id, std::move(killed), now);
  }
  life.killed_after.reset();
  if (life.started.ns > 0)
    attributes["execDuration"] = std::to_string(std::max<int64_t>(0, (now - life.started).count() / 1'000'000'000));
  life.is_running = false;
  life.has_ended = true;
  tell_(std::move(event));
  if (std::exchange(life.stop_follows, false)) tell("stop", id, life.attributes, now);
}

LifeEvents::Ending LifeEvents::begin(const LifeCall& call, const json& container, WallTime now) {
  const std::string id = text_of(container, "Id");
  if (id.empty() || call.verb == LifeVerb::kNone) return {};
  const json& state = at(container, "State");
  const bool runs = at(state, "Running") == true || at(state, "Paused") == true;
  const bool starts = call.verb == LifeVerb::kStart || call.verb == LifeVerb::kRestart;
  if (!runs && !starts) return {};
  Life& life = lives_[id];
  life.attributes = container_attributes(container);
  life.has_started = life.has_ended = false;
  if (call.verb == LifeVerb::kStart) return {call.verb, id};
  const bool is_stop = call.verb == LifeVerb::kStop || call.verb == LifeVerb::kRestart;
  const std::string own = text_of(at(container, "Config"), "StopSignal");
  life.signal = signal_in(!call.signal.empty() || !is_stop ? call.signal : own.empty() ? "TERM" : own);
  if (call.verb == LifeVerb::kRestart) life.restart_follows = true;
  if (!runs) return {call.verb, id};
  if (is_stop) {
    const json& limit = at(at(container, "Config"), "StopTimeout");
    const int64_t seconds = limit.is_number_integer() ? limit.get<int64_t>() : kPatienceDefault_s;
    const Duration patience = call.patience.value_or(std::chrono::seconds(seconds));
    if (patience >= Duration::zero()) life.killed_after = now + patience;
  }
  if (call.verb == LifeVerb::kRestart) life.stop_follows = true;
  if (life.signal != 0) {
    json attributes = life.attributes;
    attributes["signal"] = std::to_string(life.signal);
    tell("kill", id, std::move(attributes), now);
  }
  return {call.verb, id};
}

std::optional<LifeEvents::Ending> LifeEvents::begin_known(const LifeCall& call) {
  const auto found = lives_.find(call.called);
  if (call.verb != LifeVerb::kStart || found == lives_.end() || found->second.attributes.empty()) return std::nullopt;
  found->second.has_started = false;
  return Ending{call.verb, call.called};
}

void LifeEvents::end(const Ending& ending, bool is_done, WallTime now) {
  const auto found = lives_.find(ending.id);
  if (found == lives_.end() || ending.verb == LifeVerb::kNone) return;
  Life& life = found->second;
  if (ending.verb == LifeVerb::kStart) {
    if (!is_done || life.has_started) return;
    ++life.starts_told_before;
    return start(ending.id, life, container_event("start", ending.id, life.attributes, now));
  }
  if (!is_done) {
    life.killed_after.reset();
    life.stop_follows = life.restart_follows = false;
  } else if (ending.verb == LifeVerb::kRestart) {
    if (life.has_started || life.stop_follows) return;  // its end comes first
    ++life.starts_told_before;
    start(ending.id, life, container_event("start", ending.id, life.attributes, now));
  } else if (ending.verb == LifeVerb::kStop) {
    if (life.has_ended)
      tell("stop", ending.id, life.attributes, now);
    else
      life.stop_follows = true;  // its end comes later
  }
}

}  // namespace skein::engine
