// PodmanEngine: what a request may change of what is kept. Only for the files of that class.
#pragma once

#include "engine/podman/podman_engine.h"

namespace skein::engine {

io::http::ClientRequest podman_request(std::string method, std::string target);

// From its own targets to those of the service.
void add_podman_prefix(io::http::ClientRequest& request);

// Spoils what is kept now and, as the request is done, when it ends.
class PodmanEngine::Change {
 public:
  Change(PodmanEngine& engine, const io::http::ClientRequest& request);
  ~Change() { spoil(); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  void note_reply(const Result<io::http::Reply>& reply);

 private:
  void spoil();

  PodmanEngine& engine_;
  bool is_of_list_ = false;
  bool removes_ = false;
  ContainersChange of_containers_;
  ContainersChange made_{.reach = ContainersChange::Reach::kNone};
  bool is_of_images_ = false;
};

}  // namespace skein::engine
