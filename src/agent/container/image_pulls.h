// Pulls of images for the tasks of this host: several tasks that want one image share its pull, and whoever waits may
// go away before it has ended. Loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::agent {

class ImagePulls {
 public:
  struct Pull {
    std::optional<Result<void>> outcome;  // none while it goes on
    std::vector<std::function<void()>> on_end;
  };

  // Pulls run in `tasks`, whose owner ends them before us.
  ImagePulls(io::TaskScope& tasks, engine::Engine& engine) : tasks_(tasks), engine_(engine) {}

  // Begins a pull, or joins the one that is going on with the same credentials. `on_end` is called once, later.
  std::shared_ptr<const Pull> begin(const std::string& image, const std::string& registry_auth,
                                    std::function<void()> on_end);

 private:
  using Key = std::pair<std::string, std::string>;

  boost::asio::awaitable<void> run(Key key, std::shared_ptr<Pull> pull);

  io::TaskScope& tasks_;
  engine::Engine& engine_;
  std::map<Key, std::shared_ptr<Pull>> running_;
};

}  // namespace skein::agent
