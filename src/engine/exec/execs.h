// Execs: commands that are run in running containers, by the OCI runtime itself. Answers what Docker's API asks about
// them. Loop's thread.
//
// Execs are forgotten with the daemon, what they run goes on (see keeper.h).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/exec/exec_call.h"
#include "engine/exec/exec_stream.h"
#include "engine/exec/exec_table.h"
#include "engine/exec/keeper.h"
#include "io/http/http_client.h"

namespace skein::engine {

struct ExecsOptions {
  std::string runtime = "crun";
  std::string sockets_folder;  // for terminals
  // Where a container's OCI configuration is, by its id.
  std::function<std::string(const std::string& id)> configuration_path;
};

class Execs {
 public:
  // The engine's answer to GET /containers/{name}/json.
  using Inspect = std::function<boost::asio::awaitable<Result<io::http::Reply>>(std::string name)>;
  using Tell = std::function<void(const nlohmann::json& event)>;
  // Execs are followed in `tasks`; when that is closed, what runs goes on, and nobody is told of its end.
  Execs(io::TaskScope& tasks, ExecsOptions options, Inspect inspect, Tell tell);

  Result<void> start_up();

  // Whose verb is not kNone.
  boost::asio::awaitable<Result<io::http::Reply>> call(ExecCall call, std::string body);
  boost::asio::awaitable<Result<io::http::Hijacked>> hijack(ExecCall call, std::string body);
  // Kills what it runs, with what that has started. One that does not run is no error.
  boost::asio::awaitable<Result<void>> kill(std::string id);

  // Of those that have not ended.
  bool has_living() const { return table_.has_living(); }
  std::vector<std::string> ids_in(const std::string& container) const { return table_.living_in(container); }
  void on_container_exit(const std::string& id);
  void on_container_removed(const std::string& id) { table_.forget_container(id); }

 private:
  using Reply = io::http::Reply;
  struct Found {
    ExecContainer container;
    std::optional<Reply> refusal;  // then there is no container
  };
  boost::asio::awaitable<Found> find_container(std::string name);
  boost::asio::awaitable<Result<Reply>> create(std::string name, std::string body);
  boost::asio::awaitable<Result<Reply>> start_detached(std::string id, std::string body);
  boost::asio::awaitable<Result<Reply>> resize(std::string id, io::http::Query query);
  boost::asio::awaitable<Result<Reply>> show(std::string id);
  struct Started {
    std::shared_ptr<RunningExec> exec;
    std::optional<Reply> refusal;  // then there is no exec
  };
  static Started refuse(Reply reply);
  boost::asio::awaitable<Started> run(std::shared_ptr<Exec> exec, ExecStart start);
  Result<ExecOrder> order(const Exec& exec, const ExecContainer& container, bool is_detached) const;
  void tell(const Exec& exec, const std::string& action) const;
  void end(const std::shared_ptr<Exec>& exec, const RunningExec::End& end);

  io::TaskScope& tasks_;
  ExecsOptions options_;
  Inspect inspect_;
  Tell tell_;
  ExecKeeper keeper_;
  ExecTable table_;
  std::vector<std::string> all_capabilities_;  // that this process has and so can give
};

}  // namespace skein::engine
