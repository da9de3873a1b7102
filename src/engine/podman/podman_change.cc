#include "engine/podman/podman_change.h"

namespace skein::engine {

namespace {

constexpr const char* kCompatPrefix = "/v1.41";
constexpr const char* kLibpodPrefix = "/v4.3.1";

}  // namespace

io::http::ClientRequest podman_request(std::string method, std::string target) {
  io::http::ClientRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

void add_podman_prefix(io::http::ClientRequest& request) {
  request.target.insert(0, request.target.starts_with("/libpod/") ? kLibpodPrefix : kCompatPrefix);
}

PodmanEngine::Change::Change(PodmanEngine& engine, const io::http::ClientRequest& request) : engine_(engine) {
  is_of_list_ = request_changes_list(request.method, request.target);
  of_containers_ = containers_changed_by_request(request.method, request.target);
  removes_ = request.method == "DELETE" && of_containers_.reach == ContainersChange::Reach::kOne;
  is_of_images_ = request_changes_images(request.method, request.target);
  spoil();
}

void PodmanEngine::Change::note_reply(const Result<io::http::Reply>& reply) {
  if (of_containers_.reach == ContainersChange::Reach::kNew && (!reply.ok() || reply->is_success()))
    made_ = container_made(reply.ok() ? reply->body : "");
  of_containers_.is_gone = removes_ && reply.ok() && reply->is_success();
}

void PodmanEngine::Change::spoil() {
  if (is_of_list_) engine_.list_.note(of_containers_);
  engine_.list_.note(made_);
  engine_.spoil_kept(of_containers_);
  if (is_of_images_) engine_.images_.spoil();
}

}  // namespace skein::engine
