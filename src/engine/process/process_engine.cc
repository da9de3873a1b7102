#include "engine/process/process_engine.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "base/log.h"
#include "engine/exec/exec_json.h"
#include "engine/process/process_json.h"
#include "io/file/file.h"
#include "io/file/readable.h"
#include "io/loop/timer.h"

namespace skein::engine {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::awaitable;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr size_t kEndBytesMax = 64;
constexpr int kExitCodeOfKill = 128 + SIGKILL;
constexpr Duration kKillLimit = 10s;
constexpr size_t kNameBytesMax = 255;

// A plain file of at most `bytes_max`.
Result<std::string> read_bounded(const std::string& path, size_t bytes_max) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return make_error(Code::kNotFound, "there is no " + path);
  if (!fs::is_regular_file(fs::symlink_status(path, error)) || fs::file_size(path, error) > bytes_max || error)
    return make_error(Code::kDataLoss, path + " is no file of at most " + std::to_string(bytes_max) + " bytes");
  return io::read_file(path);
}

Error taken_error(const std::string& name, const std::string& id) {
  return make_error(Code::kAlreadyExists, "Conflict. The container name \"/" + name +
                                              "\" is already in use by container \"" + id +
                                              "\". You have to remove (or rename) that container to be able to reuse "
                                              "that name.");
}

}  // namespace

ProcessEngine::ProcessEngine(asio::io_context& loop, ProcessOptions options, Random& random)
    : loop_(loop),
      options_(std::move(options)),
      random_(random),
      tasks_(loop.get_executor()),
      execs_(
          tasks_,
          [this](const Exec& exec, const ExecContainer& container, bool is_detached) {
            return spawn_exec(exec, container, is_detached);
          },
          [this](std::string name) { return find_for_exec(std::move(name)); },
          [this](const json& event) { tasks_.spawn("event", tell_event(event)); }) {}

// ---- records

Result<void> ProcessEngine::start_up() {
  SKEIN_TRY(io::make_directories(options_.state_folder, 0700));
  SKEIN_TRY(launcher_.start());
  SKEIN_TRY(execs_.start_up());
  std::error_code error;
  std::vector<std::string> ids;
  for (const auto& entry : fs::directory_iterator(options_.state_folder, error)) {
    std::string id = entry.path().filename();
    if (is_container_id(id) && ids.size() < options_.containers_max)
      ids.push_back(std::move(id));
    else
      log_warning("container-record-skipped", {{"folder", id}, {"why", "it is none, or one too many"}});
  }
  if (error) return make_error(Code::kUnavailable, "list " + options_.state_folder, error.message());
  for (const auto& id : ids) adopt(id);
  return {};
}

void ProcessEngine::adopt(const std::string& id) {
  auto text = read_bounded(folder_of(id) + "/record.json", kRecordBytesMax);
  const bool is_half = text.ok() ? text->empty() : text.error().code == Code::kNotFound;
  if (is_half) {  // created, or removed
    std::error_code ignored;
    fs::remove_all(folder_of(id), ignored);
    return;
  }
  auto record = text.ok() ? parse_record(*text) : Result<ProcessRecord>(text.error());
  if (record.ok() && record->id != id) record = make_error(Code::kDataLoss, "the record of another container");
  if (record.ok() && find_named(record->name)) record = make_error(Code::kDataLoss, "its name is taken");
  if (!record.ok()) return log_warning("container-record-skipped", {{"folder", id}, {"why", record.error().text()}});
  auto container = std::make_shared<Container>(loop_);
  container->record = std::move(*record);
  containers_[id] = container;
  if (!container->record.is_running()) return;
  const ProcessRun& run = *container->record.run;
  if (run.boot != io::boot_id() || io::is_gone(run.supervisor) || !watch(container).ok()) on_end(*container);
}

Result<void> ProcessEngine::write(const ProcessRecord& record, io::Durability durability) const {
  const std::string text = format_record(record);
  if (text.size() > kRecordBytesMax) return make_error(Code::kInvalidArgument, "the container's spec is too long");
  return io::write_file_atomically(folder_of(record.id) + "/record.json", text, 0600, durability);
}

ProcessEngine::Held ProcessEngine::find_named(const std::string& name) const {
  auto found = std::find_if(containers_.begin(), containers_.end(),
                            [&](const auto& entry) { return entry.second->record.name == name; });
  return found == containers_.end() ? nullptr : found->second;
}

Result<ProcessEngine::Held> ProcessEngine::find(const std::string& id_or_name) const {
  const std::string name = id_or_name.starts_with('/') ? id_or_name.substr(1) : id_or_name;
  if (auto found = containers_.find(name); found != containers_.end()) return found->second;
  if (Held named = find_named(name)) return named;
  auto first = name.empty() ? containers_.end() : containers_.lower_bound(name);
  if (first != containers_.end() && first->first.starts_with(name)) {
    auto next = std::next(first);
    if (next != containers_.end() && next->first.starts_with(name))
      return make_error(Code::kInvalidArgument, "Multiple IDs found with provided prefix: " + name);
    return first->second;
  }
  return make_error(Code::kNotFound, "No such container: " + id_or_name);
}

// ---- life and death

awaitable<Result<CreatedContainer>> ProcessEngine::create(std::string name, json spec) {
  if (containers_.size() >= options_.containers_max)
    co_return make_error(Code::kResourceExhausted, "there are too many containers");
  CreatedContainer created;
  created.id = random_.hex(64);
  SKEIN_CO_TRY(parse_process_spec(spec, created.id));
  if (name.empty()) name = "process_" + created.id.substr(0, 8);
  if (name.size() > kNameBytesMax) co_return make_error(Code::kInvalidArgument, "the container's name is too long");
  if (Held other = find_named(name)) co_return taken_error(name, other->record.id);
  auto container = std::make_shared<Container>(loop_);
  container->record.id = created.id;
  container->record.name = name;
  container->record.created = system_clock().wall();
  container->record.spec = std::move(spec);
  SKEIN_CO_TRY(io::make_directories(folder_of(created.id), 0700));
  // Nothing runs yet that could be lost with the record; the start writes it to the disk.
  if (auto written = write(container->record, io::Durability::kLeftToKernel); !written.ok()) {
    std::error_code ignored;
    fs::remove_all(folder_of(created.id), ignored);
    co_return written.error();
  }
  containers_[created.id] = container;
  tell(container->record, "create");
  co_return created;
}

awaitable<Result<void>> ProcessEngine::start(std::string id) {
  SKEIN_CO_TRY_ASSIGN(Held container, find(id));
  ProcessRecord& record = container->record;
  if (record.is_running()) co_return Result<void>();
  const std::string folder = folder_of(record.id);
  SKEIN_CO_TRY(io::remove_file(folder + "/exit"));
  const ProcessRecord before = record;
  auto launched = launcher_.launch(record.spec, record.id, folder, [&](const Launched& now) {
    record.run = ProcessRun{io::boot_id(), now.supervisor, now.process, system_clock().wall()};
    record.end.reset();
    return write(record);
  });
  if (!launched.ok()) {
    end_output(*container);
    record = before;
    if (auto written = write(record); !written.ok())
      log_warning("container-record-not-written", {{"id", record.id}, {"why", written.error().text()}});
    co_return launched;
  }
  tell(record, "start");
  auto watched = watch(container);
  if (!watched.ok()) {
    io::signal_process(record.run->supervisor, SIGKILL);  // the command goes with it
    on_end(*container);
  }
  co_return watched;
}

// Its end is told in a turn of its own, also if it has ended by now.
Result<void> ProcessEngine::watch(const Held& container) {
  const io::ProcessId& supervisor = container->record.run->supervisor;
  Descriptor pidfd = io::open_process(supervisor);
  if (!pidfd && !io::is_gone(supervisor))
    return make_error(Code::kUnavailable, "the container's supervisor cannot be watched");
  container->supervisor = asio::posix::stream_descriptor(loop_);
  boost::system::error_code error;
  if (pidfd) container->supervisor.assign(pidfd.get(), error);
  if (error) return make_error(Code::kUnavailable, "the container's supervisor cannot be watched", error.message());
  (void)pidfd.release();
  tasks_.spawn("container", follow(container));
  return {};
}

awaitable<void> ProcessEngine::follow(Held container) {
  bool has_ended = true;
  if (container->supervisor.is_open())
    has_ended = co_await io::wait_until_readable(container->supervisor);
  else
    co_await asio::post(asio::use_awaitable);
  if (has_ended) on_end(*container);
}

void ProcessEngine::on_end(Container& container) {
  ProcessRecord& record = container.record;
  boost::system::error_code ignored;
  container.supervisor.close(ignored);
  const bool is_this_boot = record.run->boot == io::boot_id();
  auto text = read_bounded(folder_of(record.id) + "/exit", kEndBytesMax);
  record.end = text.ok() ? parse_end(*text) : std::nullopt;
  if (!record.end) {  // the supervisor was killed, and its command by that, or the host was
    if (is_this_boot) io::signal_process(record.run->process, SIGKILL);
    record.end = ProcessEnd{kExitCodeOfKill, system_clock().wall()};
  }
  if (auto written = write(record); !written.ok())
    log_warning("container-record-not-written", {{"id", record.id}, {"why", written.error().text()}});
  execs_.on_container_exit(record.id);
  tell(record, "die");
  end_output(container);
  for (auto* wait : container.waits) wait->cancel();
  auto spec = parse_process_spec(record.spec, record.id);
  if (spec.ok() && spec->is_removed_at_end) forget(container);
}

awaitable<bool> ProcessEngine::await_end(Held container, std::optional<Duration> limit) {
  io::Timer timer(container->supervisor.get_executor());
  if (limit)
    timer.expires_after(*limit);
  else
    timer.expires_at(TimePoint::never());
  const auto run = container->record.run;
  if (container->record.is_running()) {
    container->waits.insert(&timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    container->waits.erase(&timer);
    co_await io::end_if_cancelled();  // who is to end does not go on to kill
  }
  co_return !container->record.is_running() || container->record.run != run;
}

awaitable<Result<void>> ProcessEngine::stop(std::string id, int timeout_s) {
  SKEIN_CO_TRY_ASSIGN(Held container, find(id));
  if (!container->record.is_running()) co_return Result<void>();
  SKEIN_CO_TRY_ASSIGN(ProcessSpec spec, parse_process_spec(container->record.spec, container->record.id));
  const io::ProcessId process = container->record.run->process;
  io::signal_process(process, spec.stop_signal);
  std::optional<Duration> grace;
  if (timeout_s >= 0) grace = std::chrono::seconds(timeout_s);
  if (co_await await_end(container, grace)) co_return Result<void>();
  io::signal_process(process, SIGKILL);
  if (co_await await_end(container, kKillLimit)) co_return Result<void>();
  co_return make_error(Code::kUnavailable, "cannot stop container: " + id, "its process does not end");
}

awaitable<Result<void>> ProcessEngine::kill(std::string id, std::string signal) {
  SKEIN_CO_TRY_ASSIGN(Held container, find(id));
  SKEIN_CO_TRY_ASSIGN(int number, parse_signal(signal.empty() ? "SIGKILL" : signal));
  const ProcessRecord& record = container->record;
  if (!record.is_running() || !io::signal_process(record.run->process, number))
    co_return make_error(Code::kAlreadyExists,
                         "Cannot kill container: " + id + ": Container " + record.id + " is not running");
  co_return Result<void>();
}

awaitable<Result<void>> ProcessEngine::remove(std::string id, bool is_forced) {
  auto found = find(id);
  if (!found.ok() && found.error().code == Code::kNotFound) co_return Result<void>();
  if (!found.ok()) co_return found.error();
  const Held container = *found;
  if (container->record.is_running()) {
    if (!is_forced)
      co_return make_error(Code::kAlreadyExists,
                           "cannot remove container \"/" + container->record.name +
                               "\": container is running: stop the container before removing or force remove");
    io::signal_process(container->record.run->process, SIGKILL);
    bool has_ended = co_await await_end(container, kKillLimit);
    if (!has_ended)
      co_return make_error(Code::kUnavailable, "cannot remove container: " + id, "its process does not end");
  }
  if (containers_.contains(container->record.id)) forget(*container);
  co_return Result<void>();
}

void ProcessEngine::forget(Container& container) {
  const std::string id = container.record.id;
  end_output(container);
  execs_.on_container_removed(id);
  tell(container.record, "destroy");
  // The record first: a folder without one is removed by the next engine.
  std::error_code error;
  fs::remove(folder_of(id) + "/record.json", error);
  fs::remove_all(folder_of(id), error);
  if (error) log_warning("container-folder-not-removed", {{"id", id}, {"why", error.message()}});
  containers_.erase(id);
}

// In turns of their own, so that an observer that calls us does not come between two others.
void ProcessEngine::tell(const ProcessRecord& record, const std::string& action) {
  tasks_.spawn("event", tell_observers({record.id, record.end ? record.end->exit_code : 0}, action,
                                       process_event(record, action, system_clock().wall())));
}

awaitable<void> ProcessEngine::tell_observers(ContainerExit exit, std::string action, json event) {
  co_await asio::post(asio::use_awaitable);
  for (size_t i = 0; !tasks_.is_closing() && i < observers_.size(); ++i) {
    const Observer& observer = observers_[i];
    if (action == "start" && observer.on_container_start) observer.on_container_start(exit.id);
    if (action == "die" && observer.on_container_exit) observer.on_container_exit(exit);
    if (action == "destroy" && observer.on_container_removed) observer.on_container_removed(exit.id);
    if (observer.on_event) observer.on_event(event);
  }
}

awaitable<void> ProcessEngine::tell_event(json event) {
  co_await asio::post(asio::use_awaitable);
  for (size_t i = 0; !tasks_.is_closing() && i < observers_.size(); ++i)
    if (observers_[i].on_event) observers_[i].on_event(event);
}

// ---- looking

awaitable<Result<json>> ProcessEngine::inspect(std::string id) {
  SKEIN_CO_TRY_ASSIGN(Held container, find(id));
  json shown = show_process(container->record, folder_of(container->record.id));
  put_exec_ids(shown, execs_.ids_in(container->record.id));
  co_return shown;
}

awaitable<Result<json>> ProcessEngine::list(std::vector<std::string> labels) {
  json out = json::array();
  const WallTime now = system_clock().wall();
  for (const auto& [id, container] : containers_) {
    const ProcessRecord& record = container->record;
    bool is_meant = std::all_of(labels.begin(), labels.end(), [&](auto& label) { return has_label(record, label); });
    if (is_meant) out.push_back(list_process(record, now));
  }
  co_return Result<json>(std::move(out));
}

// The host's files are the only image, and they are there.
awaitable<Result<bool>> ProcessEngine::has_image(std::string) { co_return true; }
awaitable<Result<void>> ProcessEngine::pull(std::string, std::string) { co_return Result<void>(); }

awaitable<Result<json>> ProcessEngine::health_check_of_image(std::string) { co_return json(); }

awaitable<Result<void>> ProcessEngine::unpause(std::string) { co_return not_of_processes("unpause"); }

}  // namespace skein::engine
