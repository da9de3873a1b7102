// The worker's end of its socket: takes requests of up to kClientsMax daemons at a time and answers them, until a
// signal ends it. Runs on the main thread.
#pragma once

#include <list>
#include <string>

#include "base/descriptor.h"
#include "esp/worker.h"

namespace skein::esp {

class ControlServer {
 public:
  // A socket of this path that nobody answers is replaced. Only its owner may connect.
  static Result<ControlServer> listen(const std::string& path, Worker& worker);

  // Until SIGTERM or SIGINT, which the caller has blocked before it made threads.
  Result<void> run();

 private:
  static constexpr size_t kClientsMax = 4;
  struct Client {
    Descriptor socket;
    MessageReader reader;
    bool is_over = false;
  };

  ControlServer(std::string path, Descriptor listener, Worker& worker)
      : path_(std::move(path)), listener_(std::move(listener)), worker_(&worker) {}
  void accept_client();
  void read_client(Client& client);
  std::string answer(std::string& request);

  std::string path_;
  Descriptor listener_;
  Worker* worker_;
  std::list<Client> clients_;
};

}  // namespace skein::esp
