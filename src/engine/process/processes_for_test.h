// A process engine with a folder of its own, and what it tells. For tests only.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/process/process_engine.h"
#include "engine/values/container_life.h"
#include "io/file/file.h"

namespace skein::engine {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using nlohmann::json;

// Says when it is ready, and ends with 7 when it is asked to.
inline constexpr const char* kPolite = "trap 'exit 7' TERM; trap 'exit 8' USR1; echo ready; sleep 1000 & wait; wait";
// Does not end when it is asked to: the first process of a namespace has no default signals.
inline constexpr const char* kStubborn = "echo ready; sleep 1000 & wait";

// A process that is not ours to wait for has ended.
inline void await_end(const io::ProcessId& process) {
  const Descriptor fd(io::open_process(process));
  pollfd end{fd.get(), POLLIN, 0};
  if (fd) {
    EXPECT_EQ(::poll(&end, 1, 30'000), 1);
  }
}

class Processes : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "namespaces need root";
    std::string pattern = testing::TempDir() + "/skein-process-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    make_engine();
  }
  void TearDown() override {
    if (!engine_) return;
    auto listed = run(engine_->list({}));
    for (const auto& entry : *listed) EXPECT_TRUE(run(engine_->remove(entry["Id"], true)).ok());
    EXPECT_TRUE(fs::is_empty(state_folder()));
    lose_engine();
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    fs::remove_all(folder_);
  }

  std::string state_folder() const { return folder_ + "/state"; }
  void make_engine() {
    engine_ = std::make_unique<ProcessEngine>(loop_, ProcessOptions{state_folder()});
    Observer observer;
    observer.on_container_start = [this](const std::string& id) { log_.push_back("start " + id); };
    observer.on_container_removed = [this](const std::string& id) { log_.push_back("removed " + id); };
    observer.on_container_exit = [this](const ContainerExit& exit) {
      log_.push_back("exit " + std::to_string(exit.exit_code) + " " + exit.id);
    };
    observer.on_event = [this](const json& event) { actions_.push_back(event["Action"]); };
    engine_->observe(observer);
    ASSERT_TRUE(engine_->start_up().ok());
  }
  // As a daemon's end: nothing is told to the containers.
  void lose_engine() {
    run_to_end(engine_->close());
    engine_.reset();
    EXPECT_GT(::waitpid(-1, nullptr, 0), 0) << "who keeps execs' output ends with the daemon if there is none";
  }
  void run_to_end(asio::awaitable<void> work) {
    bool has_ended = false;
    asio::co_spawn(loop_, std::move(work), [&](const std::exception_ptr&) { has_ended = true; });
    loop_.restart();
    while (!has_ended) loop_.run_one();
  }

  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> result;
    auto keep = [](asio::awaitable<T> done, std::optional<T>& out) -> asio::awaitable<void> {
      out.emplace(co_await std::move(done));
    };
    asio::co_spawn(loop_, keep(std::move(work), result), asio::detached);
    loop_.restart();
    while (!result) loop_.run_one();
    return std::move(*result);
  }
  void await_told(const std::string& line) {
    loop_.restart();
    while (std::find(log_.begin(), log_.end(), line) == log_.end()) loop_.run_one();
  }
  std::string create(json spec, const std::string& name = "") {
    spec.emplace("Image", "process");
    auto created = run(engine_->create(name, std::move(spec)));
    EXPECT_TRUE(created.ok()) << created.error().text();
    return created.ok() ? created->id : "";
  }
  std::string create_shell(const std::string& script, json more = json::object()) {
    more["Cmd"] = {"/bin/sh", "-c", script};
    return create(std::move(more));
  }
  std::string start(const std::string& id) {
    auto started = run(engine_->start(id));
    EXPECT_TRUE(started.ok()) << started.error().text();
    return id;
  }
  std::string start_shell(const std::string& script, json more = json::object()) {
    return start(create_shell(script, std::move(more)));
  }
  void await_output(const std::string& id, const std::string& text) {
    auto stream = run(engine_->logs(id, {.has_output = true, .is_following = true}));
    ASSERT_TRUE(stream.ok());
    std::string all;
    while (all.find(text) == std::string::npos) {
      auto piece = run((*stream)->read_some());
      ASSERT_TRUE(piece.ok() && !piece->empty()) << all;
      all += *piece;
    }
  }
  io::http::Reply call(const std::string& method, const std::string& target) {
    io::http::ClientRequest request;
    request.method = method;
    request.target = target;
    return *run(engine_->call(request));
  }
  std::string log_of(const std::string& id, const LogQuery& query) {
    auto stream = run(engine_->logs(id, query));
    EXPECT_TRUE(stream.ok()) << stream.error().text();
    return stream.ok() ? *run(io::http::read_all(**stream, 64u << 20)) : "";
  }
  std::string output(const std::string& id) {
    const std::string body = log_of(id, {.has_output = true, .has_errors = true});
    std::string text;
    for (size_t at = 0; at + 8 <= body.size();) {
      size_t size = static_cast<uint8_t>(body[at + 6]) * 256u + static_cast<uint8_t>(body[at + 7]);
      text += body.substr(at + 8, size);
      at += 8 + size;
    }
    return text;
  }
  json state(const std::string& id) { return (*run(engine_->inspect(id)))["State"]; }
  std::string output_of(const std::string& script, json more = json::object()) {
    std::string id = start_shell(script, std::move(more));
    await_told("exit 0 " + id);
    return output(id);
  }

  asio::io_context loop_;
  std::string folder_;
  std::unique_ptr<ProcessEngine> engine_;
  std::vector<std::string> log_, actions_;
};

}  // namespace skein::engine
