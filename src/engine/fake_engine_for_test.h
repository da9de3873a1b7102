// For tests: an engine whose containers are entries of a table. Every call takes a turn of the loop; calls can be made
// to fail or to hang, and the test tells when containers end.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>
#include <regex>
#include <set>

#include "engine/engine.h"
#include "io/loop/timer.h"

namespace skein::engine {

class FakeEngine final : public Engine {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  using Reply = io::http::Reply;

  struct Container {
    std::string name;
    nlohmann::json spec;
    std::string status = "created";
    int exit_code = 0;
    bool was_started = false;
    bool is_code_lost = false;  // its host went down while it ran
  };

  // What the test prepares and reads. `log` gets a line per call that changes something.
  std::vector<std::string>& log;
  std::map<std::string, Container> containers;
  std::set<std::string> images;
  std::map<std::string, nlohmann::json> health_of_images;  // Config.Healthcheck
  std::map<std::string, std::deque<Error>> errors;         // of "pull", "create", "start", "stop", "remove", …
  std::function<Result<void>(const std::string& call)> outcome_of;  // further errors
  std::set<std::string> held;                                       // calls that hang until they are let go
  std::function<int(const std::vector<std::string>& command)> on_exec = [](const auto&) { return 0; };
  bool hangs_execs = false;
  EngineFacts own_facts;
  std::unique_ptr<io::http::ReplyStream> next_stream;  // what the next open() gives
  int exit_code_of_stop = 0;
  std::function<Duration(const std::string& call)> time_of;  // that a call takes; none when not set
  std::function<std::string()> new_id;                       // of containers; counted when not set

  FakeEngine(const boost::asio::any_io_executor& executor, std::vector<std::string>& log_of_calls)
      : log(log_of_calls), executor_(executor), let_go_(executor, TimePoint::never()) {}

  awaitable<void> close() override { co_return; }
  void let_go(const std::string& call) {
    held.erase(call);
    let_go_.cancel();
  }
  // The container ends by itself.
  void exit(const std::string& id, int code) {
    containers.at(id).status = "exited";
    containers.at(id).exit_code = code;
    for (const auto& observer : observers_)
      if (observer.on_container_exit) observer.on_container_exit({id, code});
  }
  // The host goes down.
  void crash() {
    for (auto& [id, container] : containers)
      if (container.status == "running") container.status = "created", container.is_code_lost = true;
  }
  void lose(const std::string& id) {
    containers.erase(id);
    for (const auto& observer : observers_)
      if (observer.on_container_removed) observer.on_container_removed(id);
  }
  // Of the only container.
  std::string id() const { return containers.empty() ? "" : containers.begin()->first; }

  awaitable<Result<void>> pull(std::string image, std::string registry_auth) override {
    const std::string told = image + (registry_auth.empty() ? "" : " with " + registry_auth);
    auto done = co_await begin("pull", told);
    if (done.ok()) images.insert(image);
    co_return done;
  }
  awaitable<Result<CreatedContainer>> create(std::string name, nlohmann::json spec) override {
    if (auto begun = co_await begin("create", name); !begun.ok()) co_return begun.error();
    const std::string image = spec.at("Image");
    if (!images.contains(image)) co_return make_error(Code::kNotFound, "No such image: " + image + ":latest");
    for (const auto& [id, container] : containers)
      if (container.name == name) co_return make_error(Code::kAlreadyExists, "Conflict. The container name is taken");
    CreatedContainer created;
    created.id = new_id ? new_id() : std::string(63, 'c') + std::to_string(++last_);
    containers[created.id] = {name, spec};
    co_return created;
  }
  awaitable<Result<void>> start(std::string id) override {
    if (auto begun = co_await begin("start", name_of(id)); !begun.ok()) co_return begun;
    if (!containers.contains(id)) co_return missing(id);
    containers[id].status = "running";
    containers[id].was_started = true;
    containers[id].is_code_lost = false;
    nlohmann::json event{{"Type", "container"}, {"Action", "start"}, {"Actor", {{"ID", id}}}};
    event["Actor"]["Attributes"] = containers[id].spec.value("Labels", nlohmann::json::object());
    for (const auto& observer : observers_)
      if (observer.on_event) observer.on_event(event);
    co_return Result<void>();
  }
  awaitable<Result<void>> stop(std::string id, int timeout_s) override {
    auto begun = co_await begin("stop", name_of(id) + " " + std::to_string(timeout_s));
    if (!begun.ok()) co_return begun;
    if (!containers.contains(id)) co_return missing(id);
    if (containers[id].status == "running") exit(id, exit_code_of_stop);
    co_return Result<void>();
  }
  awaitable<Result<void>> kill(std::string id, std::string signal) override {
    auto begun = co_await begin("kill", name_of(id) + " " + signal);
    co_return begun;
  }
  awaitable<Result<void>> remove(std::string id, bool is_forced) override {
    const std::string told = name_of(id) + (is_forced ? " forced" : "");
    auto begun = co_await begin("remove", told);
    if (begun.ok() && containers.contains(id)) lose(id);
    co_return begun;
  }
  awaitable<Result<nlohmann::json>> inspect(std::string id_or_name) override {
    if (auto begun = co_await begin("inspect", ""); !begun.ok()) co_return begun.error();
    for (const auto& [id, container] : containers)
      if (id == id_or_name || container.name == id_or_name) co_return show(id, container);
    co_return missing(id_or_name);
  }
  awaitable<Result<nlohmann::json>> list(std::vector<std::string> labels) override {
    if (auto begun = co_await begin("list", ""); !begun.ok()) co_return begun.error();
    auto out = nlohmann::json::array();
    for (const auto& [id, container] : containers) {
      auto own = container.spec.value("Labels", nlohmann::json::object());
      if (std::all_of(labels.begin(), labels.end(), [&](const auto& label) { return own.contains(label); }))
        out.push_back({{"Id", id}, {"Labels", own}, {"State", container.status}});
    }
    co_return out;
  }
  awaitable<Result<bool>> has_image(std::string image) override {
    if (auto begun = co_await begin("has_image", ""); !begun.ok()) co_return begun.error();
    co_return images.contains(image);
  }

  awaitable<Result<std::unique_ptr<io::http::BodySource>>> logs(std::string, LogQuery) override {
    co_return make_error(Code::kUnimplemented, "no streams");
  }
  awaitable<Result<std::unique_ptr<io::http::ByteStream>>> attach(std::string, AttachQuery) override {
    co_return make_error(Code::kUnimplemented, "no streams");
  }
  awaitable<Result<std::unique_ptr<io::http::BodySource>>> stats(std::string, StatsQuery) override {
    co_return make_error(Code::kUnimplemented, "no streams");
  }
  awaitable<Result<void>> unpause(std::string id) override {
    auto begun = co_await begin("unpause", name_of(id));
    co_return begun;
  }
  awaitable<Result<nlohmann::json>> health_check_of_image(std::string image) override {
    if (auto begun = co_await begin("health_check_of_image", ""); !begun.ok()) co_return begun.error();
    co_return health_of_images[image];
  }

  awaitable<Result<std::string>> create_exec(std::string, ExecRequest request) override {
    if (auto begun = co_await begin("create_exec", ""); !begun.ok()) co_return begun.error();
    const std::string exec = "exec" + std::to_string(++last_);
    execs_[exec] = std::move(request.command);
    co_return exec;
  }
  awaitable<Result<std::unique_ptr<io::http::ByteStream>>> start_exec(std::string, ExecStart) override {
    if (auto begun = co_await begin("start_exec", ""); !begun.ok()) co_return begun.error();
    ++execs_started;
    std::unique_ptr<io::http::ByteStream> stream = std::make_unique<SilentStream>(executor_, hangs_execs);
    co_return std::move(stream);
  }
  awaitable<Result<void>> resize_exec(std::string, ConsoleSize) override { co_return Result<void>(); }
  awaitable<Result<nlohmann::json>> inspect_exec(std::string id) override {
    if (auto begun = co_await begin("inspect_exec", ""); !begun.ok()) co_return begun.error();
    nlohmann::json shown{{"Running", hangs_execs}, {"ExitCode", hangs_execs ? 0 : on_exec(execs_.at(id))}};
    co_return shown;
  }
  awaitable<Result<void>> kill_exec(std::string id) override {
    killed_execs.push_back(id);
    co_return Result<void>();
  }

  // Inspections, starts and stops of containers, and volumes.
  awaitable<Result<Reply>> call(io::http::ClientRequest request) override {
    Reply reply;
    reply.status = 404;
    const std::string what = request.method + " " + request.target;
    bool is_quiet = request.method == "GET";
    const std::string told = is_quiet ? "" : request.body;
    if (auto begun = co_await begin("call", told); !begun.ok()) co_return begun.error();
    if (auto shown = std::smatch(); std::regex_match(what, shown, std::regex("GET /containers/(.*)/json"))) {
      if (auto found = containers.find(id_of(shown[1])); found != containers.end()) {
        reply.status = 200;
        reply.body = show(found->first, found->second).dump();
      }
    } else if (auto life = std::smatch();
               std::regex_match(what, life, std::regex("POST /containers/(.*)/(start|stop).*"))) {
      const std::string id = id_of(life[1]);
      Result<void> done;
      if (life[2] == "start")
        done = co_await start(id);
      else
        done = co_await stop(id, 10);
      reply.status = done.ok() ? 204 : 500;
      if (!done.ok()) reply.body = nlohmann::json{{"message", done.error().text()}}.dump();
    } else if (what == "POST /volumes/create") {
      reply.status = 201;
      reply.body = "{}";
    }
    co_return reply;
  }
  awaitable<Result<std::unique_ptr<io::http::ReplyStream>>> open(io::http::ClientRequest) override {
    if (!next_stream) co_return make_error(Code::kUnimplemented, "no streams");
    co_return std::move(next_stream);
  }
  int execs_started = 0;
  std::vector<std::string> killed_execs;

  void observe(Observer observer) override { observers_.push_back(std::move(observer)); }
  const EngineFacts& facts() const override { return own_facts; }
  bool is_up() const override { return true; }

 private:
  // Ends at once, or when it is closed.
  class SilentStream final : public io::http::ByteStream {
   public:
    SilentStream(const boost::asio::any_io_executor& executor, bool hangs)
        : closed_(executor, hangs ? TimePoint::never() : TimePoint()) {}
    awaitable<Result<size_t>> read_some(std::span<char>) override {
      boost::system::error_code ignored;
      co_await closed_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
      co_return size_t{0};
    }
    awaitable<Result<void>> write(std::string_view) override { co_return Result<void>(); }
    void end_writing() override {}
    void close() override { closed_.expires_at(TimePoint()); }

   private:
    io::Timer closed_;
  };

  awaitable<Result<void>> begin(std::string call, std::string what) {
    if (!what.empty()) log.push_back(call + " " + what);
    co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    if (time_of) {
      boost::system::error_code ignored;
      io::Timer time(executor_, time_of(call));
      co_await time.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    while (held.contains(call)) {
      boost::system::error_code ignored;
      co_await let_go_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    auto& pending = errors[call];
    if (pending.empty()) co_return outcome_of ? outcome_of(call) : Result<void>();
    Error error = pending.front();
    pending.pop_front();
    co_return error;
  }
  static Error missing(const std::string& id) { return make_error(Code::kNotFound, "No such container: " + id); }
  std::string name_of(const std::string& id) const {
    auto found = containers.find(id);
    return found == containers.end() ? id : found->second.name;
  }
  std::string id_of(const std::string& id_or_name) const {
    for (const auto& [id, container] : containers)
      if (container.name == id_or_name) return id;
    return id_or_name;
  }
  static nlohmann::json show(const std::string& id, const Container& container) {
    bool is_running = container.status == "running";
    nlohmann::json state{
        {"Status", container.status},
        {"Running", is_running},
        {"Pid", is_running ? 4711 : 0},
        {"ExitCode", container.exit_code},
        {"StartedAt",
         container.was_started || container.status != "created" ? "2026-11-26T10:00:00Z" : "0001-01-01T00:00:00Z"},
        {"FinishedAt", is_running || container.is_code_lost || container.status == "created" ? "0001-01-01T00:00:00Z"
                                                                                             : "2026-11-26T11:00:00Z"}};
    return {{"Id", id},
            {"Name", "/" + container.name},
            {"State", state},
            {"HostConfig", container.spec.value("HostConfig", nlohmann::json::object())},
            {"Config", {{"Labels", container.spec.value("Labels", nlohmann::json::object())}}}};
  }

  boost::asio::any_io_executor executor_;
  io::Timer let_go_;
  std::vector<Observer> observers_;
  std::map<std::string, std::vector<std::string>> execs_;
  int last_ = 0;
};

}  // namespace skein::engine
