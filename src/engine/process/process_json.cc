#include "engine/process/process_json.h"

#include "engine/values/json_fields.h"
#include "engine/values/own_labels.h"

namespace skein::engine {

using nlohmann::json;

namespace {

constexpr const char* kNever = "0001-01-01T00:00:00Z";

std::vector<std::string> command_of(const ProcessRecord& record) {
  auto words = texts_of(record.spec, "Entrypoint");
  for (auto& word : texts_of(record.spec, "Cmd")) words.push_back(std::move(word));
  return words;
}

json config_of(const ProcessRecord& record) {
  json out = record.spec;
  out.erase("HostConfig");
  out.erase("NetworkingConfig");
  out["Labels"] = object_of(record.spec, "Labels");
  out["Tty"] = false;  // output is kept in frames
  if (text_of(out, "Hostname").empty()) out["Hostname"] = record.id.substr(0, 12);
  return out;
}

json state_of(const ProcessRecord& record) {
  bool is_running = record.is_running();
  return {{"Status", process_status(record)},
          {"Running", is_running},
          {"Paused", false},
          {"Restarting", false},
          {"OOMKilled", false},
          {"Dead", false},
          {"Pid", is_running ? record.run->process.pid : 0},
          {"ExitCode", record.end ? record.end->exit_code : 0},
          {"Error", ""},
          {"StartedAt", record.run ? record.run->started.rfc3339() : kNever},
          {"FinishedAt", record.end ? record.end->finished.rfc3339() : kNever}};
}

}  // namespace

std::string process_status(const ProcessRecord& record) {
  return !record.run ? "created" : record.end ? "exited" : "running";
}

bool has_label(const ProcessRecord& record, const std::string& label) {
  const json& labels = at(record.spec, "Labels");
  size_t equals = label.find('=');
  const std::string key = label.substr(0, equals);
  if (!labels.is_object() || !labels.contains(key)) return false;
  return equals == std::string::npos || labels[key] == label.substr(equals + 1);
}

json show_process(const ProcessRecord& record, const std::string& folder) {
  auto words = command_of(record);
  json arguments = json::array();
  for (size_t i = 1; i < words.size(); ++i) arguments.push_back(words[i]);
  return {{"Id", record.id},
          {"Name", "/" + record.name},
          {"Created", record.created.rfc3339()},
          {"Path", words.empty() ? "" : words[0]},
          {"Args", arguments},
          {"Image", text_of(record.spec, "Image")},
          {"Driver", "process"},
          {"Platform", "linux"},
          {"RestartCount", 0},
          {"LogPath", folder + "/log"},
          {"State", state_of(record)},
          {"Config", config_of(record)},
          {"HostConfig", object_of(record.spec, "HostConfig")},
          {"Mounts", json::array()},
          {"NetworkSettings", {{"Networks", json::object()}, {"Ports", json::object()}}}};
}

json list_process(const ProcessRecord& record, WallTime now) {
  std::string command;
  for (const auto& word : command_of(record)) command += (command.empty() ? "" : " ") + word;
  std::string status = "Created";
  if (record.end)
    status = "Exited (" + std::to_string(record.end->exit_code) + ")";
  else if (record.run)
    status = "Up " + std::to_string(std::max<int64_t>(now.seconds() - record.run->started.seconds(), 0)) + " seconds";
  return {{"Id", record.id},
          {"Names", {"/" + record.name}},
          {"Image", text_of(record.spec, "Image")},
          {"ImageID", ""},
          {"Command", command},
          {"Created", record.created.seconds()},
          {"State", process_status(record)},
          {"Status", status},
          {"Labels", object_of(record.spec, "Labels")},
          {"Ports", json::array()},
          {"Mounts", json::array()},
          {"HostConfig", {{"NetworkMode", text_of(at(record.spec, "HostConfig"), "NetworkMode")}}},
          {"NetworkSettings", {{"Networks", json::object()}}}};
}

json process_event(const ProcessRecord& record, const std::string& action, WallTime now) {
  json attributes = object_of(record.spec, "Labels");
  hide_own_labels(attributes);
  attributes["image"] = text_of(record.spec, "Image");
  attributes["name"] = record.name;
  if (action == "die" && record.end) attributes["exitCode"] = std::to_string(record.end->exit_code);
  return {{"Type", "container"},   {"Action", action},   {"scope", "local"},
          {"time", now.seconds()}, {"timeNano", now.ns}, {"Actor", {{"ID", record.id}, {"Attributes", attributes}}}};
}

}  // namespace skein::engine
