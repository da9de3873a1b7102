#include "cmd/cli/service/service_logs.h"

#include <unistd.h>

#include <optional>

#include "cmd/cli/daemon/frames.h"
#include "cmd/cli/service/names.h"
#include "cmd/cli/service/service_log_line.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

constexpr size_t kFrameBytesMax = 4u << 20;

// Whose log it is: a service, or one task.
struct LogTarget {
  std::string path;  // "/services/web/logs"
  bool is_terminal = false;
  size_t digits = 1;  // of the largest slot, so that lines stand below each other
};

LogTarget target_of(const std::string& path, const Json& task_spec, int64_t largest_slot) {
  return {path, at(at(task_spec, "ContainerSpec"), "TTY") == true, std::to_string(largest_slot).size()};
}

Result<LogTarget> find_target(Daemon& daemon, const std::string& reference) {
  const auto service = daemon.get(path_of("/services/", reference), {{"insertDefaults", "false"}});
  if (service.ok()) {
    const Json& spec = at(*service, "Spec");
    return target_of(path_of("/services/", reference, "/logs"), at(spec, "TaskTemplate"),
                     number_at(at(at(spec, "Mode"), "Replicated"), "Replicas"));
  }
  if (service.error().code != Code::kNotFound) return service.error();
  const auto task = daemon.get(path_of("/tasks/", reference));
  if (task.ok()) return target_of(path_of("/tasks/", reference, "/logs"), at(*task, "Spec"), number_at(*task, "Slot"));
  if (task.error().code != Code::kNotFound) return task.error();
  return make_error(Code::kNotFound, "no such task or service: " + reference);
}

Result<Parameters> parameters_of(const Flags& flags) {
  Parameters parameters = {{"stdout", "1"}, {"stderr", "1"}, {"tail", flags.text("tail")}};
  // The details say which task a line comes from.
  if (flags.is_on("details") || !flags.is_on("raw")) parameters.emplace_back("details", "1");
  if (flags.is_on("follow")) parameters.emplace_back("follow", "1");
  if (flags.is_on("timestamps")) parameters.emplace_back("timestamps", "1");
  if (flags.is_set("since")) {
    SKEIN_TRY_ASSIGN(const std::string moment, moment_parameter(flags.text("since"), system_clock().wall()));
    parameters.emplace_back("since", moment);
  }
  return parameters;
}

// "web.1.<task>@host    | text": the prefix of each task is made once.
class LinePrinter {
 public:
  LinePrinter(const std::string& host, const Flags& flags, size_t digits)
      : daemon_(host), names_(daemon_, !flags.is_on("no-resolve")), flags_(flags), digits_(digits) {}

  Result<std::string> shown(std::string_view frame) {
    if (flags_.is_on("raw")) return std::string(frame);
    SKEIN_TRY_ASSIGN(const ServiceLogLine line, parse_log_line(frame, flags_.is_on("timestamps")));
    SKEIN_TRY_ASSIGN(const std::string prefix, prefix_of(line));
    std::string text = line.time.empty() ? "" : line.time + " ";
    text += prefix + "    | ";
    if (flags_.is_on("details")) {
      std::string details;
      for (const auto& [key, value] : line.details)
        details.append(details.empty() ? "" : ",").append(key).append("=").append(value);
      text += details + " ";
    }
    return text + line.text;
  }

 private:
  Result<std::string> prefix_of(const ServiceLogLine& line) {
    if (const auto found = prefixes_.find(line.task); found != prefixes_.end()) return found->second;
    const std::string node = names_.node(line.node);
    const std::string service = names_.service(line.service);
    SKEIN_TRY_ASSIGN(const Json task, daemon_.get(path_of("/tasks/", line.task)));
    const std::string slot = std::to_string(number_at(task, "Slot"));
    std::string prefix = service + "." + slot;
    if (!flags_.is_on("no-task-ids")) {
      const std::string id = text_at(task, "ID");
      prefix += "." + (flags_.is_on("no-trunc") ? id : short_id(id));
    }
    prefix += "@" + node + std::string(digits_ > slot.size() ? digits_ - slot.size() : 0, ' ');
    return prefixes_[line.task] = prefix;
  }

  Daemon daemon_;  // of its own: the other one is busy with the log
  Names names_;
  const Flags& flags_;
  size_t digits_;
  std::map<std::string, std::string> prefixes_;
};

// A log's stream, put together to whole lines: a frame holds one.
class LogStream {
 public:
  explicit LogStream(LinePrinter& printer) : printer_(printer) {}

  bool read(std::string_view bytes) {
    const bool is_framed = frames_.read(bytes, [this](Stream stream, std::string_view piece) {
      if (error_) return;
      frame_ += piece;
      if (!frames_.is_at_frame_end() && frame_.size() <= kFrameBytesMax) return;
      show(stream);
      frame_.clear();
    });
    if (!is_framed) error_ = make_error(Code::kDataLoss, "Unrecognized input header in the log's stream");
    return !error_;
  }
  Result<void> finish() const {
    if (error_) return *error_;
    return {};
  }

 private:
  void show(Stream stream) {
    if (stream == Stream::kSystemError) {
      error_ = make_error(Code::kUnknown, "error from daemon in stream: " + frame_);
      return;
    }
    const auto line = printer_.shown(frame_);
    if (!line.ok()) {
      error_ = line.error();
      return;
    }
    write_all(stream == Stream::kStderr ? STDERR_FILENO : STDOUT_FILENO, line->data(), line->size());
  }

  LinePrinter& printer_;
  FrameReader frames_;
  std::string frame_;
  std::optional<Error> error_;
};

}  // namespace

std::vector<FlagSpec> service_log_flags() {
  return {
      {"details", 0, "", "Show extra details provided to logs"},
      {"follow", 'f', "", "Follow log output"},
      {"no-resolve", 0, "", "Do not map IDs to Names in output"},
      {"no-task-ids", 0, "", "Do not include task IDs in output"},
      {"no-trunc", 0, "", "Do not truncate output"},
      {"raw", 0, "", "Do not neatly format logs"},
      {"since", 0, "string", "Show logs since a time (e.g. \"2013-01-02T13:23:37Z\") or a duration ago (e.g. \"42m\")"},
      {"tail", 'n', "string", "Number of lines to show from the end of the logs", "all"},
      {"timestamps", 't', "", "Show timestamps"}};
}

Result<int> show_service_logs(Invocation& call) {
  SKEIN_TRY_ASSIGN(const LogTarget target, find_target(call.daemon, call.argument(0)));
  if (target.is_terminal && !call.flags.is_on("raw"))
    return make_error(Code::kInvalidArgument, "tty service logs only supported with --raw");
  SKEIN_TRY_ASSIGN(const Parameters parameters, parameters_of(call.flags));
  LinePrinter printer(call.daemon.host(), call.flags, target.digits);
  LogStream stream(printer);
  const auto write = [&](std::string_view bytes) {
    if (target.is_terminal) return write_all(STDOUT_FILENO, bytes.data(), bytes.size());
    return stream.read(bytes);
  };
  SKEIN_TRY(call.daemon.transfer(Transfer{.path = target.path, .parameters = parameters}, write));
  SKEIN_TRY(stream.finish());
  return 0;
}

}  // namespace skein::cli
