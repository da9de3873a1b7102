#include "cmd/cli/container/container_start.h"

#include <unistd.h>

#include <fstream>

#include "base/text/json_text.h"
#include "cmd/cli/container/container_flags.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

std::string with_tag(const std::string& image) {
  if (image.find('@') != std::string::npos) return image;
  const size_t slash = image.rfind('/');
  const size_t colon = image.find(':', slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos ? image + ":latest" : image;
}

// Creates a container, pulling its image if need be.
Result<std::string> create(Invocation& call, const Attachment& attachment) {
  const Flags& flags = call.flags;
  SKEIN_TRY_ASSIGN(const Json body, container_create_body(call.arguments, flags, attachment));
  const std::string& pull = flags.text("pull");
  if (pull != "always" && pull != "missing" && pull != "never") {
    return make_error(Code::kInvalidArgument,
                      "invalid pull option: '" + pull + "': must be one of \"always\", \"missing\" or \"never\"");
  }
  const std::string image = with_tag(call.argument(0));
  const auto fetch = [&] { return pull_image(call.daemon, image, flags.text("platform"), flags.is_on("quiet"), true); };
  if (pull == "always") SKEIN_TRY(fetch());
  Parameters parameters;
  if (flags.is_set("name")) parameters.emplace_back("name", flags.text("name"));
  if (flags.is_set("platform")) parameters.emplace_back("platform", flags.text("platform"));

  auto answer = call.daemon.post("/containers/create", parameters, body);
  const bool is_image_missing = !answer.ok() && answer.error().code == Code::kNotFound &&
                                lower_case(answer.error().what).find("no such image") != std::string::npos;
  if (is_image_missing && pull == "missing") {
    if (!flags.is_on("quiet")) print_error("Unable to find image '" + image + "' locally");
    SKEIN_TRY(fetch());
    answer = call.daemon.post("/containers/create", parameters, body);
  }
  if (!answer.ok()) return answer.error();
  for (const Json& warning : at(*answer, "Warnings")) {
    print_error("WARNING: " + (warning.is_string() ? warning.get<std::string>() : json_text(warning)));
  }
  const std::string id = text_at(*answer, "Id");
  if (flags.is_set("cidfile")) {
    std::ofstream file(flags.text("cidfile"));
    file << id;
    if (!file) return make_error(Code::kUnknown, "failed to write the container ID file: " + flags.text("cidfile"));
  }
  return id;
}

std::string attach_target(const std::string& id, const Attachment& attachment, bool with_logs) {
  std::string target = path_of("/containers/", id, "/attach?stream=1");
  if (attachment.has_stdin) target += "&stdin=1";
  if (attachment.has_stdout) target += "&stdout=1";
  if (attachment.has_stderr) target += "&stderr=1";
  if (with_logs) target += "&logs=1";
  return target;
}

StreamsPlan container_plan(const std::string& id, const Attachment& attachment, const Flags& flags) {
  StreamsPlan plan;
  plan.hijack_target = attach_target(id, attachment, false);
  plan.resize_target = path_of("/containers/", id, "/resize");
  plan.has_stdin = attachment.has_stdin;
  if (flags.is_on("sig-proxy")) plan.kill_target = path_of("/containers/", id, "/kill");
  if (flags.is_set("detach-keys")) plan.detach_keys = flags.text("detach-keys");
  return plan;
}

Result<void> check_terminal(bool has_stdin, bool is_tty) {
  if (has_stdin && is_tty && !is_terminal(STDIN_FILENO)) {
    return make_error(Code::kFailedPrecondition,
                      "cannot attach stdin to a TTY-enabled container because stdin is not a terminal");
  }
  return {};
}

Result<int> end_status(const Result<StreamsEnd>& end) {
  if (!end.ok()) return end.error();
  if (end->is_detached) return 0;
  if (!end->error.empty()) {
    return make_error(Code::kUnknown, "Error response from daemon: " + end->error);
  }
  return end->exit_status;
}

}  // namespace

int start_failure_status(const std::string& message) {
  for (const char* sign : {"executable file not found", "no such file or directory", "system cannot find"}) {
    if (message.find(sign) != std::string::npos) return kStatusNotFound;
  }
  for (const char* sign : {"permission denied", "not a directory", "is a directory"}) {
    if (message.find(sign) != std::string::npos) return kStatusNotExecutable;
  }
  return kStatusNotStarted;
}

Result<int> create_container(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Attachment attachment, attachment_of(call.flags, false));
  SKEIN_TRY_ASSIGN(const std::string id, create(call, attachment));
  print_line(id);
  return 0;
}

Result<int> run_container(Invocation& call) {
  const Flags& flags = call.flags;
  const bool is_detached = flags.is_on("detach");
  SKEIN_TRY_ASSIGN(const Attachment attachment, attachment_of(flags, is_detached));
  SKEIN_TRY(check_terminal(attachment.has_stdin, flags.is_on("tty")));
  SKEIN_TRY_ASSIGN(const std::string id, create(call, attachment));
  if (!attachment.is_any()) {
    SKEIN_TRY(call.daemon.post(path_of("/containers/", id, "/start")));
    print_line(id);
    return 0;
  }
  StreamsPlan plan = container_plan(id, attachment, flags);
  plan.is_terminal = flags.is_on("tty");
  plan.wait_target =
      path_of("/containers/", id, flags.is_on("rm") ? "/wait?condition=removed" : "/wait?condition=next-exit");
  plan.start_target = path_of("/containers/", id, "/start");
  return end_status(call.daemon.run_streams(plan));
}

Result<int> start_containers(Invocation& call) {
  const Flags& flags = call.flags;
  const bool is_attached = flags.is_on("attach") || flags.is_on("interactive");
  if (!is_attached) {
    std::string failed;
    for (const std::string& name : call.arguments) {
      const auto done = call.daemon.post(path_of("/containers/", name, "/start"));
      if (done.ok()) {
        print_line(name);
        continue;
      }
      print_error(done.error().text());
      failed += (failed.empty() ? "" : ", ") + name;
    }
    if (failed.empty()) return 0;
    return make_error(Code::kUnknown, "Error: failed to start containers: " + failed);
  }
  if (call.arguments.size() > 1) {
    return make_error(Code::kInvalidArgument, "you cannot start and attach multiple containers at once");
  }
  SKEIN_TRY_ASSIGN(const Json container, call.daemon.get(path_of("/containers/", call.argument(0), "/json")));
  const Json& config = at(container, "Config");
  const bool has_stdin = flags.is_on("interactive") && at(config, "OpenStdin") == true;
  StreamsPlan plan = container_plan(text_at(container, "Id"), {has_stdin, true, true}, flags);
  plan.is_terminal = at(config, "Tty") == true;
  SKEIN_TRY(check_terminal(has_stdin, plan.is_terminal));
  const bool is_removed = at(at(container, "HostConfig"), "AutoRemove") == true;
  plan.wait_target = path_of("/containers/", text_at(container, "Id"),
                             is_removed ? "/wait?condition=removed" : "/wait?condition=next-exit");
  plan.start_target = path_of("/containers/", text_at(container, "Id"), "/start");
  return end_status(call.daemon.run_streams(plan));
}

Result<int> attach_container(Invocation& call) {
  SKEIN_TRY_ASSIGN(const Json container, call.daemon.get(path_of("/containers/", call.argument(0), "/json")));
  const Json& state = at(container, "State");
  if (at(state, "Running") != true) {
    return make_error(Code::kFailedPrecondition, "cannot attach to a stopped container, start it first");
  }
  if (at(state, "Paused") == true) {
    return make_error(Code::kFailedPrecondition, "cannot attach to a paused container, unpause it first");
  }
  const Json& config = at(container, "Config");
  const bool has_stdin = !call.flags.is_on("no-stdin") && at(config, "OpenStdin") == true;
  const std::string id = text_at(container, "Id");
  StreamsPlan plan = container_plan(id, {has_stdin, true, true}, call.flags);
  plan.is_terminal = at(config, "Tty") == true;
  SKEIN_TRY(check_terminal(has_stdin, plan.is_terminal));
  plan.wait_target = path_of("/containers/", id, "/wait?condition=not-running");
  return end_status(call.daemon.run_streams(plan));
}

Result<int> exec_command(Invocation& call) {
  const Flags& flags = call.flags;
  const bool is_detached = flags.is_on("detach");
  const bool has_stdin = flags.is_on("interactive") && !is_detached;
  SKEIN_TRY(check_terminal(has_stdin, flags.is_on("tty")));
  SKEIN_TRY_ASSIGN(const auto environment, environment_of(flags));
  const std::vector<std::string> command(call.arguments.begin() + 1, call.arguments.end());
  // A container that is not there gets its own error before anything is made.
  SKEIN_TRY(call.daemon.get(path_of("/containers/", call.argument(0), "/json")));
  const Json body = {{"User", flags.text("user")},
                     {"Privileged", flags.is_on("privileged")},
                     {"Tty", flags.is_on("tty")},
                     {"AttachStdin", has_stdin},
                     {"AttachStderr", !is_detached},
                     {"AttachStdout", !is_detached},
                     {"Detach", is_detached},
                     {"Env", environment.empty() ? Json(nullptr) : Json(environment)},
                     {"WorkingDir", flags.text("workdir")},
                     {"Cmd", command}};
  SKEIN_TRY_ASSIGN(const Json made, call.daemon.post(path_of("/containers/", call.argument(0), "/exec"), {}, body));
  const std::string id = text_at(made, "Id");
  if (id.empty()) return make_error(Code::kDataLoss, "exec ID empty");
  const Json start = {{"Detach", is_detached}, {"Tty", flags.is_on("tty")}};
  if (is_detached) {
    SKEIN_TRY(call.daemon.post(path_of("/exec/", id, "/start"), {}, start));
    return 0;
  }
  StreamsPlan plan;
  plan.hijack_target = path_of("/exec/", id, "/start");
  plan.hijack_body = json_text(start);
  plan.resize_target = path_of("/exec/", id, "/resize");
  plan.has_stdin = has_stdin;
  plan.is_terminal = flags.is_on("tty");
  if (flags.is_set("detach-keys")) plan.detach_keys = flags.text("detach-keys");
  SKEIN_TRY_ASSIGN(const StreamsEnd end, call.daemon.run_streams(plan));
  if (end.is_detached) return 0;
  SKEIN_TRY_ASSIGN(const Json exec, call.daemon.get(path_of("/exec/", id, "/json")));
  return static_cast<int>(number_at(exec, "ExitCode"));
}

}  // namespace skein::cli
