// The Engine on Podman's REST service (4.3; its Docker-compatible endpoints of API 1.41, and libpod's where the target
// starts with "/libpod/").
#pragma once

#include <set>

#include "engine/engine.h"
#include "engine/exec/execs.h"
#include "engine/exec/oci_execs.h"
#include "engine/kept_replies.h"
#include "engine/podman/changes.h"
#include "engine/podman/events/exit_watch.h"
#include "engine/podman/events/life_events.h"
#include "engine/podman/kept_containers.h"
#include "engine/podman/logs/logs.h"
#include "engine/podman/service.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"

namespace skein::engine {

class PodmanEngine final : public Engine {
 public:
  PodmanEngine(boost::asio::io_context& loop, const PodmanOptions& options);

  // Brings the service up, then follows its events. Call once, before anything else.
  boost::asio::awaitable<Result<void>> start_up();
  // The service goes on as well.
  boost::asio::awaitable<void> close() override { return tasks_.close(); }
  const PodmanService& service() const { return service_; }

  boost::asio::awaitable<Result<io::http::Reply>> call(io::http::ClientRequest request) override;
  boost::asio::awaitable<Result<std::unique_ptr<io::http::ReplyStream>>> open(io::http::ClientRequest request) override;
  boost::asio::awaitable<Result<void>> pull(std::string image, std::string registry_auth) override;
  boost::asio::awaitable<Result<CreatedContainer>> create(std::string name, nlohmann::json spec) override;
  boost::asio::awaitable<Result<void>> start(std::string id) override;
  boost::asio::awaitable<Result<void>> stop(std::string id, int timeout_s) override;
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
  bool is_up() const override { return service_.is_up(); }

 private:
  class Change;

  void spoil_kept(const ContainersChange& change);
  boost::asio::awaitable<Result<io::http::Reply>> inspection(io::http::ClientRequest request);
  boost::asio::awaitable<Result<io::http::Reply>> image(io::http::ClientRequest request);
  void tell_exit(const ContainerExit& exit);
  boost::asio::awaitable<void> learn_facts();
  boost::asio::awaitable<void> learn_logs();
  // GET of `what` of a container.
  boost::asio::awaitable<Result<std::unique_ptr<io::http::BodySource>>> open_stream(std::string id, std::string what);
  boost::asio::awaitable<Result<ExecContainer>> find_for_exec(std::string name);
  boost::asio::awaitable<Result<nlohmann::json>> get_list(std::string target);
  boost::asio::awaitable<void> follow_events();
  boost::asio::awaitable<bool> follow_once(WallTime since);
  void tell(const nlohmann::json& event);
  void tell_event(const nlohmann::json& event);
  boost::asio::awaitable<Result<io::http::Reply>> ask(io::http::ClientRequest request);
  io::http::Reply with_execs(io::http::Reply reply) const;
  boost::asio::awaitable<Result<io::http::Reply>> call_as_is(io::http::ClientRequest request);
  boost::asio::awaitable<void> tell_created(std::string id, std::string name, nlohmann::json config);
  boost::asio::awaitable<LifeEvents::Ending> begin_life_call(LifeCall call);
  boost::asio::awaitable<Result<void>> make_volume(nlohmann::json volume);
  boost::asio::awaitable<Result<nlohmann::json>> look_at_image(std::string name);
  boost::asio::awaitable<Result<io::http::Reply>> post(std::string target, nlohmann::json body);

  boost::asio::io_context& loop_;
  PodmanOptions options_;
  io::TaskScope tasks_;
  PodmanService service_;
  io::http::Client client_;
  std::vector<Observer> observers_;
  io::Timer pause_;
  int64_t last_event_ns_ = 0;
  EngineFacts facts_;
  KeptContainers list_;
  KeptReplies<InspectionSubject> inspections_;  // of containers
  KeptReplies<> images_;                        // the list, and inspected ones
  LifeEvents life_events_;
  Logs logs_;
  ExitWatch exits_;
  std::set<std::string> ended_;  // of whose ends the events have not told yet
  OciExecs oci_execs_;
  Execs execs_;
};

}  // namespace skein::engine
