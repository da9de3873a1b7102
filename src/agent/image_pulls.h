// Pulls of images for the tasks of this host: several tasks that want one image share its pull, and whoever waits may
// go away before it has ended. Loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace skein::agent {

class ImagePulls {
 public:
  struct Pull {
    std::optional<Result<void>> outcome;  // none while it goes on
    std::vector<std::function<void()>> on_end;
  };

  ImagePulls(boost::asio::any_io_executor executor, engine::Engine& engine)
      : executor_(std::move(executor)), engine_(engine) {}

  // Begins a pull, or joins the one that is going on with the same credentials. `on_end` is called once, later.
  std::shared_ptr<const Pull> begin(const std::string& image, const std::string& registry_auth,
                                    std::function<void()> on_end);

 private:
  using Key = std::pair<std::string, std::string>;
  using Running = std::map<Key, std::shared_ptr<Pull>>;

  static boost::asio::awaitable<void> run(engine::Engine& engine, std::shared_ptr<Running> running, Key key,
                                          std::shared_ptr<Pull> pull);

  boost::asio::any_io_executor executor_;
  engine::Engine& engine_;
  std::shared_ptr<Running> running_ = std::make_shared<Running>();
};

}  // namespace skein::agent
