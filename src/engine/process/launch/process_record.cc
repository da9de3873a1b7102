#include "engine/process/launch/process_record.h"

#include <algorithm>
#include <sstream>

#include "base/text/json_text.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

std::optional<int64_t> number_of(const json& object, const char* name) {
  const json& value = at(object, name);
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<int64_t>();
}

json format_process(const io::ProcessId& process) { return {{"pid", process.pid}, {"start", process.start}}; }

std::optional<io::ProcessId> parse_process(const json& value) {
  auto pid = number_of(value, "pid"), start = number_of(value, "start");
  if (!pid || *pid <= 1 || *pid > INT32_MAX || !start || *start <= 0) return std::nullopt;
  return io::ProcessId{static_cast<pid_t>(*pid), static_cast<uint64_t>(*start)};
}

std::optional<ProcessRun> parse_run(const json& value) {
  auto supervisor = parse_process(at(value, "supervisor")), process = parse_process(at(value, "process"));
  auto started = number_of(value, "started");
  if (!supervisor || !process || !started) return std::nullopt;
  return ProcessRun{text_of(value, "boot"), *supervisor, *process, WallTime{*started}};
}

Error damaged() { return make_error(Code::kDataLoss, "no record of a container"); }

}  // namespace

std::string format_record(const ProcessRecord& record) {
  json out{{"id", record.id}, {"name", record.name}, {"created", record.created.ns}, {"spec", record.spec}};
  if (record.run)
    out["run"] = {{"boot", record.run->boot},
                  {"supervisor", format_process(record.run->supervisor)},
                  {"process", format_process(record.run->process)},
                  {"started", record.run->started.ns}};
  if (record.end) out["end"] = {{"code", record.end->exit_code}, {"finished", record.end->finished.ns}};
  return json_text(out);
}

Result<ProcessRecord> parse_record(const std::string& text) {
  if (text.size() > kRecordBytesMax) return damaged();
  auto value = json::parse(text, nullptr, false);
  ProcessRecord out;
  out.id = text_of(value, "id");
  out.name = text_of(value, "name");
  out.spec = at(value, "spec");
  auto created = number_of(value, "created");
  if (!is_container_id(out.id) || out.name.empty() || !created || !out.spec.is_object()) return damaged();
  out.created = WallTime{*created};
  if (value.contains("run")) {
    out.run = parse_run(value["run"]);
    if (!out.run) return damaged();
  }
  if (value.contains("end")) {
    auto code = number_of(value["end"], "code"), finished = number_of(value["end"], "finished");
    if (!out.run || !code || *code < 0 || *code > 255 || !finished) return damaged();
    out.end = ProcessEnd{static_cast<int>(*code), WallTime{*finished}};
  }
  return out;
}

std::string format_end(const ProcessEnd& end) {
  return std::to_string(end.exit_code) + " " + std::to_string(end.finished.ns) + "\n";
}

std::optional<ProcessEnd> parse_end(const std::string& text) {
  ProcessEnd end;
  std::istringstream words(text);
  if (!(words >> end.exit_code >> end.finished.ns) || end.exit_code < 0 || end.exit_code > 255) return std::nullopt;
  return end;
}

bool is_container_id(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace skein::engine
