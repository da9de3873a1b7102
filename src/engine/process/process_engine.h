// The Engine on processes of the host in namespaces of their own, without images: for labs and scale tests, where a
// thousand containers are to cost what a thousand commands cost.
//
// What runs outlives the daemon. Each container has a folder with its record (process_record.h) and what its supervisor
// writes (supervisor.h); the next engine on the same state folder adopts those that run, and tells the ends that
// happened meanwhile. Two engines must not share a folder. Images are taken for granted: a container sees the host's
// files. Users, mounts of volumes, limits, input and terminals of containers are not supported.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/random.h"
#include "engine/engine.h"
#include "engine/exec/execs.h"
#include "engine/process/launch/launcher.h"
#include "engine/process/launch/process_record.h"
#include "engine/process/launch/process_spec.h"
#include "engine/process/process_log.h"
#include "io/file/file.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"

namespace skein::engine {

struct ProcessOptions {
  std::string state_folder;  // of this engine alone
  size_t containers_max = 20'000;
};

class ProcessEngine final : public Engine {
 public:
  ProcessEngine(boost::asio::io_context& loop, ProcessOptions options, Random& random = system_random());

  // Reads the records. Call once, before anything else.
  Result<void> start_up();
  boost::asio::awaitable<void> close() override { return tasks_.close(); }

  // GET of /containers/json and /containers/{id}/json; POST of start, stop, kill and restart; DELETE. The answer to
  // anything else has status 501.
  boost::asio::awaitable<Result<io::http::Reply>> call(io::http::ClientRequest request) override;
  boost::asio::awaitable<Result<std::unique_ptr<io::http::ReplyStream>>> open(io::http::ClientRequest request) override;
  boost::asio::awaitable<Result<void>> pull(std::string image, std::string registry_auth) override;
  boost::asio::awaitable<Result<CreatedContainer>> create(std::string name, nlohmann::json spec) override;
  boost::asio::awaitable<Result<void>> start(std::string id) override;
  boost::asio::awaitable<Result<void>> stop(std::string id, int timeout_s) override;  // negative: no SIGKILL
  boost::asio::awaitable<Result<void>> kill(std::string id, std::string signal) override;
  boost::asio::awaitable<Result<void>> remove(std::string id, bool is_forced) override;
  boost::asio::awaitable<Result<nlohmann::json>> inspect(std::string id) override;
  boost::asio::awaitable<Result<nlohmann::json>> list(std::vector<std::string> labels) override;
  boost::asio::awaitable<Result<bool>> has_image(std::string image) override;
  boost::asio::awaitable<Result<std::unique_ptr<io::http::BodySource>>> logs(std::string id, LogQuery query) override;
  boost::asio::awaitable<Result<void>> unpause(std::string id) override;
  boost::asio::awaitable<Result<nlohmann::json>> health_check_of_image(std::string image) override;
  boost::asio::awaitable<Result<std::unique_ptr<io::http::ByteStream>>> attach(std::string id,
                                                                               AttachQuery query) override;
  boost::asio::awaitable<Result<std::unique_ptr<io::http::BodySource>>> stats(std::string id,
                                                                              StatsQuery query) override;
  boost::asio::awaitable<Result<std::string>> create_exec(std::string container, ExecRequest request) override;
  boost::asio::awaitable<Result<std::unique_ptr<io::http::ByteStream>>> start_exec(std::string id,
                                                                                   ExecStart start) override;
  boost::asio::awaitable<Result<void>> resize_exec(std::string id, ConsoleSize size) override;
  boost::asio::awaitable<Result<nlohmann::json>> inspect_exec(std::string id) override;
  boost::asio::awaitable<Result<void>> kill_exec(std::string id) override;
  void observe(Observer observer) override { observers_.push_back(std::move(observer)); }
  const EngineFacts& facts() const override { return facts_; }
  bool is_up() const override { return !tasks_.is_closing(); }

 private:
  struct Container {
    explicit Container(boost::asio::io_context& loop) : supervisor(loop) {}
    ProcessRecord record;
    boost::asio::posix::stream_descriptor supervisor;  // a pidfd, while it runs
    std::set<io::Timer*> waits;                        // for its end
    std::vector<std::weak_ptr<ProcessLog>> followers;  // of what it writes
    uint64_t ends = 0;  // of runs, and of starts that failed, in this daemon; its removal counts as one
  };
  using Held = std::shared_ptr<Container>;

  void adopt(const std::string& id);
  Result<void> watch(const Held& container);
  boost::asio::awaitable<void> follow(Held container);
  void on_end(Container& container);
  // What the present run, or a start that failed, has written is all that comes of it.
  static void end_output(Container& container);
  std::shared_ptr<ProcessLog> follow_log(const Held& container, const LogQuery& query,
                                         std::function<bool()> is_running) const;
  void forget(Container& container);
  // Until the present run of the container has ended; false when that takes longer.
  static boost::asio::awaitable<bool> await_end(Held container, std::optional<Duration> limit);
  void tell(const ProcessRecord& record, const std::string& action);
  boost::asio::awaitable<void> tell_event(nlohmann::json event);
  boost::asio::awaitable<void> tell_observers(ContainerExit exit, std::string action, nlohmann::json event);

  boost::asio::awaitable<Result<ExecContainer>> find_for_exec(std::string name);
  Result<SpawnedExec> spawn_exec(const Exec& exec, const ExecContainer& container, bool is_detached);

  Held find_named(const std::string& name) const;  // null when there is none
  Result<Held> find(const std::string& id_or_name) const;
  Result<void> write(const ProcessRecord& record, io::Durability durability = io::Durability::kSynced) const;
  std::string folder_of(const std::string& id) const { return options_.state_folder + "/" + id; }
  Result<nlohmann::json> list_filtered(const io::http::Query& query) const;
  boost::asio::awaitable<Result<io::http::Reply>> change(std::string id, std::string action, io::http::Query query);

  boost::asio::io_context& loop_;
  ProcessOptions options_;
  Random& random_;
  Launcher launcher_;
  std::map<std::string, Held> containers_;  // by id
  std::vector<Observer> observers_;
  const EngineFacts facts_{.components = {{"Processes of the host", "", {}}},
                           .storage_driver = "none",
                           .cgroup_driver = "none",
                           .log_driver = "local",
                           .log_drivers = {"local"},
                           .runtime = "process",
                           .starts_max = 1};  // each keeps the loop's thread, on which others wait for answers
  io::TaskScope tasks_;
  Execs execs_;
};

}  // namespace skein::engine
