// Containers as Docker's API shows and changes them: requests and answers of what the keeper does
// (containers/life/keeper.h). Most of the rest is the engine's, in Docker's words. Loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/containers/life/failed_starts.h"
#include "api/containers/show/container_states.h"
#include "api/containers/show/present.h"
#include "api/replies/passing.h"
#include "containers/life/keeper.h"
#include "engine/engine.h"
#include "io/http/router.h"

namespace skein::api {

// An answer that refuses, as an error; and the answer to what was done, if the engine was asked at all.
Error answer_error(const io::http::Response& answer);
io::http::Response answer_of(const Result<void>& done, const io::http::Response& answer);

class Containers {
 public:
  // All must outlive us.
  Containers(containers::Keeper& keeper, engine::Engine& engine, overlay::ContainerNetworks& networks,
             containers::HealthBoard& health, Clock& clock, std::string secrets_folder);
  Containers(const Containers&) = delete;
  Containers& operator=(const Containers&) = delete;

  // Adds what only we know of the engine's event: the old name of a container that was renamed.
  void complete(nlohmann::json& event);

  // `told`: of each container that is to be started, as inspected.
  void observe_starts(std::function<void(const nlohmann::json& container)> told) { on_start_ = std::move(told); }

  // `told`: the events of what is done here and the engine does not tell of.
  void observe_deeds(std::function<void(nlohmann::json event)> told) { on_deed_ = std::move(told); }

  void add_routes(io::http::Router& router);

  // As GET /containers/json?all=1&size=1 answers.
  boost::asio::awaitable<io::http::Response> all_with_sizes(io::http::ApiVersion version);

 private:
  using Response = io::http::Response;
  using Request = io::http::Request;

  boost::asio::awaitable<Response> create(Request& request);
  boost::asio::awaitable<Response> start(Request& request);
  boost::asio::awaitable<Response> stop(Request& request);
  boost::asio::awaitable<Response> kill(Request& request);
  boost::asio::awaitable<Response> restart(Request& request);
  boost::asio::awaitable<Response> rename(Request& request);
  boost::asio::awaitable<Response> resize(Request& request);
  boost::asio::awaitable<Response> create_exec(Request& request);
  boost::asio::awaitable<Response> logs(Request& request);
  boost::asio::awaitable<Response> top(Request& request);
  struct Removal {
    bool takes_volumes = false;  // those without a name
    bool is_forced = false;
  };
  boost::asio::awaitable<Response> remove(Request& request);
  boost::asio::awaitable<Response> unlink(std::string name);
  boost::asio::awaitable<Response> remove_found(std::string id, std::string name, Removal removal);
  boost::asio::awaitable<Response> inspect(Request& request);
  boost::asio::awaitable<Response> list(Request& request);
  boost::asio::awaitable<Response> wait(Request& request);
  boost::asio::awaitable<Response> start_exec(Request& request);
  boost::asio::awaitable<Response> resize_exec(Request& request);
  boost::asio::awaitable<Response> inspect_exec(Request& request);
  boost::asio::awaitable<Response> attach(Request& request);
  boost::asio::awaitable<Response> attach_web_socket(Request& request);
  boost::asio::awaitable<Response> update(Request& request);
  boost::asio::awaitable<Response> update_resources(std::string id, nlohmann::json resources);
  boost::asio::awaitable<Response> prune(Request& request);
  boost::asio::awaitable<Response> stats(Request& request);
  struct Measured {
    std::string id;
    std::string name;  // with its slash
    io::http::ApiVersion version;
    bool is_on_host = false;
    std::shared_ptr<pid_t> process;
  };
  boost::asio::awaitable<Result<nlohmann::json>> read_stats(Measured measured);
  boost::asio::awaitable<Result<nlohmann::json>> read_stats_after(Measured measured, nlohmann::json before);
  void add_passing_routes(io::http::Router& router);

  // The engine, asked in the request's words about the container; its answer is put into `answer`. Both outlive the
  // act.
  containers::Keeper::Act asking(Request& request, const nlohmann::json& container, Response& answer);
  // Tells that something was done to a container: as inspected, or by its name or id.
  void tell(const nlohmann::json& container, const std::string& action, const nlohmann::json& more);
  boost::asio::awaitable<void> tell_of(std::string container, std::string action);
  // Passes the request on if the container's state allows it.
  boost::asio::awaitable<Response> pass_verb(Request& request, Verb verb);
  boost::asio::awaitable<void> put_networks(nlohmann::json& stats, std::string id, std::shared_ptr<pid_t> process);
  // As Docker counts it: what waits for its restart is no engine's.
  containers::Phase phase_of(const nlohmann::json& container) const;
  NetworkingState state_of(const std::string& id, const containers::House* house) const;

  containers::Keeper& keeper_;
  engine::Engine& engine_;
  overlay::ContainerNetworks& networks_;
  containers::HealthBoard& health_;
  Clock& clock_;
  std::string secrets_folder_;  // of tasks
  FailedStarts failed_starts_;
  std::function<void(const nlohmann::json&)> on_start_;
  std::function<void(nlohmann::json)> on_deed_ = [](const nlohmann::json&) {};
};

}  // namespace skein::api
