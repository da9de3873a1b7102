// For tests: a daemon that keeps what is created, answers from overrides where a recording has some, and records every
// request. As the one with which Docker's client was recorded.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>
#include <mutex>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "cmd/cli/words/json.h"
#include "io/http/http_server.h"

namespace skein::cli {

class RecordingDaemon final : public io::http::Service {
 public:
  RecordingDaemon() {
    std::string pattern = std::filesystem::temp_directory_path() / "skein-rec-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    SKEIN_ASSERT(server_.listen_unix(folder_ + "/s", "nogroup").ok());
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~RecordingDaemon() override {
    boost::asio::post(loop_, [this] { server_.stop(); });
    work_.reset();
    boost::asio::post(loop_, [this] { loop_.stop(); });
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  std::string host() const { return "unix://" + folder_ + "/s"; }

  // Requests that match an override get its answer. What was created is forgotten, unless this `continues`.
  void begin(const Json& overrides, bool continues) {
    const std::lock_guard lock(mutex_);
    overrides_ = overrides;
    requests_.clear();
    if (continues) return;
    objects_.clear();
    count_ = 0;
  }
  // [method, path with query, body]; the body only when there is one.
  std::vector<Json> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  boost::asio::awaitable<io::http::Response> answer(io::http::Request& request) override {
    const auto body = co_await io::http::read_all(*request.source, 8u << 20);
    const std::lock_guard lock(mutex_);  // the test reads on another thread
    const std::string query = request.query.text();
    Json record =
        Json::array({request.method, request.path + (query.empty() ? "" : "?" + io::http::percent_decode(query))});
    Json sent = Json::parse(body.ok() ? *body : "", nullptr, false);
    if (!sent.is_discarded()) record.push_back(sent);
    requests_.push_back(record);
    co_return reply(request.method, request.path, sent);
  }

 private:
  static io::http::Response of(int status, const Json& body) {
    io::http::Response response;
    response.status = status;
    response.body = body.dump();
    return response;
  }

  io::http::Response reply(const std::string& method, const std::string& path, const Json& sent) {
    for (const Json& entry : overrides_) {
      if (!std::regex_match(method, std::regex(text_at(entry, "m"))) ||
          !std::regex_match(path, std::regex(text_at(entry, "p"))))
        continue;
      return of(entry.value("status", 200), at(entry, "body"));
    }
    if (path == "/info") {
      return of(200,
                {{"ID", "x"}, {"Swarm", {{"NodeID", "n1"}, {"LocalNodeState", "active"}, {"ControlAvailable", true}}}});
    }
    const size_t slash = path.find('/', 1);
    const std::string kind = path.substr(1, slash == std::string::npos ? slash : slash - 1);
    if (slash == std::string::npos) return of(200, list(kind));
    const std::string rest = path.substr(slash + 1);
    if (method == "POST" && rest == "create") return create(kind, sent);
    if (method == "POST") return of(200, {{"Warnings", nullptr}});
    if (method == "DELETE") {
      std::erase_if(objects_[kind], [&](const Json& object) { return text_at(object, "ID") == rest; });
      return of(204, nullptr);
    }
    for (const Json& object : objects_[kind]) {
      if (text_at(object, "ID") == rest || text_at(at(object, "Spec"), "Name") == rest) return of(200, object);
    }
    return io::http::Response::of_message(404, "not found");
  }

  Json list(const std::string& kind) {
    Json found = Json::array();
    for (const Json& object : objects_[kind]) found.push_back(object);
    return found;
  }

  io::http::Response create(const std::string& kind, const Json& sent) {
    const std::string id = "id" + std::to_string(++count_);
    objects_[kind].push_back(
        {{"ID", id}, {"Id", id}, {"Name", text_at(sent, "Name")}, {"Version", {{"Index", 7}}}, {"Spec", sent}});
    return of(201, {{kind == "networks" ? "Id" : "ID", id}});
  }

  std::string folder_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
  io::http::Server server_{loop_, *this};
  std::thread thread_;
  std::mutex mutex_;
  Json overrides_;
  std::vector<Json> requests_;
  std::map<std::string, std::vector<Json>> objects_;
  int count_ = 0;
};

}  // namespace skein::cli
