// What runs containers on this host. The engine makes no networks: it is handed a network namespace by path
// (HostConfig.NetworkMode "ns:/run/skein/netns/…").
//
// Its calls are typed where engines differ or more than the API asks; JSON is Docker's own (version 1.41). What only
// the API asks, and only an engine with images answers, is passed through as it came. All calls run on the loop's
// thread. Error codes: those of http_status reversed (404 kNotFound, 409 kAlreadyExists, …), text in Docker's words;
// kUnavailable while the engine's service is down.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time/clock.h"
#include "engine/engine_facts.h"
#include "engine/values/exec_request.h"
#include "engine/values/log_query.h"
#include "engine/values/stream_queries.h"
#include "io/http/http_client.h"

namespace skein::engine {

struct ContainerExit {
  std::string id;  // 64 hex digits
  int exit_code = 0;
  bool is_repeated = false;  // told before; the container may have been started since
};

// Called on the loop's thread, in the order of the engine's events. Events may be told twice after a reconnect.
struct Observer {
  std::function<void(const ContainerExit&)> on_container_exit;
  std::function<void(const std::string& id)> on_container_start;
  std::function<void(const std::string& id)> on_container_removed;
  std::function<void(const nlohmann::json& event)> on_event;  // every event, in Docker's form
};

struct CreatedContainer {
  std::string id;
  std::vector<std::string> warnings;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Ends what the engine runs in this daemon, and returns when it has ended: observers hear nothing more. Containers go
  // on. Whoever calls the engine is ended before. Closed before it is destroyed, unless the loop has dropped all
  // coroutines.
  virtual boost::asio::awaitable<void> close() = 0;

  // ---- pass-through, for what is typed nowhere below: images, volumes, archives and changes of a container's files,
  // its update, pause and top. `target` starts with "/containers/…", "/images/…", without version prefix.
  virtual boost::asio::awaitable<Result<io::http::Reply>> call(io::http::ClientRequest request) = 0;
  virtual boost::asio::awaitable<Result<std::unique_ptr<io::http::ReplyStream>>> open(
      io::http::ClientRequest request) = 0;

  // ---- containers
  // `registry_auth` is the value of X-Registry-Auth, or empty.
  virtual boost::asio::awaitable<Result<void>> pull(std::string image, std::string registry_auth) = 0;
  // `spec` is the body of POST /containers/create.
  virtual boost::asio::awaitable<Result<CreatedContainer>> create(std::string name, nlohmann::json spec) = 0;
  virtual boost::asio::awaitable<Result<void>> start(std::string id) = 0;                // running already is no error
  virtual boost::asio::awaitable<Result<void>> stop(std::string id, int timeout_s) = 0;  // stopped already is no error
  virtual boost::asio::awaitable<Result<void>> kill(std::string id, std::string signal) = 0;
  virtual boost::asio::awaitable<Result<void>> remove(std::string id, bool is_forced) = 0;  // absent is no error
  virtual boost::asio::awaitable<Result<nlohmann::json>> inspect(std::string id) = 0;
  // Containers that carry all `labels` ("key" or "key=value"), as GET /containers/json?all=1 lists them.
  virtual boost::asio::awaitable<Result<nlohmann::json>> list(std::vector<std::string> labels) = 0;
  // kUnknown or kAlreadyExists when it is not paused.
  virtual boost::asio::awaitable<Result<void>> unpause(std::string id) = 0;
  virtual boost::asio::awaitable<Result<bool>> has_image(std::string image) = 0;
  // What the image says of health checks, as Config.Healthcheck; empty when it says nothing, or is not there.
  virtual boost::asio::awaitable<Result<nlohmann::json>> health_check_of_image(std::string image) = 0;
  // What it has written; following, what it writes until it ends. Frames of Docker's, plain text with a terminal.
  virtual boost::asio::awaitable<Result<std::unique_ptr<io::http::BodySource>>> logs(std::string id,
                                                                                     LogQuery query) = 0;

  // What it writes from now on until it ends, also when it has not been started yet; likewise in frames or plain. What
  // is written goes to its input. Closing it ends nothing.
  virtual boost::asio::awaitable<Result<std::unique_ptr<io::http::ByteStream>>> attach(std::string id,
                                                                                       AttachQuery query) = 0;
  // Lines of JSON, as of GET /containers/{id}/stats.
  virtual boost::asio::awaitable<Result<std::unique_ptr<io::http::BodySource>>> stats(std::string id,
                                                                                      StatsQuery query) = 0;

  // ---- execs: commands that are run in running containers. Known by id until the engine is closed, or forgets them.
  virtual boost::asio::awaitable<Result<std::string>> create_exec(std::string container, ExecRequest request) = 0;
  // Its streams, in frames unless it has a terminal; closing them ends nothing. Null when it is started detached: then
  // the command runs already.
  virtual boost::asio::awaitable<Result<std::unique_ptr<io::http::ByteStream>>> start_exec(std::string id,
                                                                                           ExecStart start) = 0;
  // Waits for its start.
  virtual boost::asio::awaitable<Result<void>> resize_exec(std::string id, ConsoleSize size) = 0;
  // As GET /exec/{id}/json.
  virtual boost::asio::awaitable<Result<nlohmann::json>> inspect_exec(std::string id) = 0;
  // Kills what it runs, with all that this has started. One that has ended, or is not known, is no error.
  virtual boost::asio::awaitable<Result<void>> kill_exec(std::string id) = 0;

  // ---- events
  // Observers live until the engine is closed; add them before start-up.
  virtual void observe(Observer observer) = 0;

  // Known at once, as far as the configuration says it; the rest when the engine has been asked, which happens each
  // time that its service comes up.
  virtual const EngineFacts& facts() const = 0;

  // Is the engine's service answering now?
  virtual bool is_up() const = 0;
};

}  // namespace skein::engine
