#include "agent/image_pulls.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace skein::agent {

namespace asio = boost::asio;

std::shared_ptr<const ImagePulls::Pull> ImagePulls::begin(const std::string& image, const std::string& registry_auth,
                                                          std::function<void()> on_end) {
  Key key{image, registry_auth};
  auto& running = (*running_)[key];
  const bool is_new = !running;
  if (is_new) running = std::make_shared<Pull>();
  auto pull = running;  // by value: the pull may end before co_spawn returns
  pull->on_end.push_back(std::move(on_end));
  if (is_new) asio::co_spawn(executor_, run(engine_, running_, key, pull), asio::detached);
  return pull;
}

asio::awaitable<void> ImagePulls::run(engine::Engine& engine, std::shared_ptr<Running> running, Key key,
                                      std::shared_ptr<Pull> pull) {
  auto outcome = co_await engine.pull(key.first, key.second);
  running->erase(key);
  pull->outcome = std::move(outcome);
  for (const auto& tell : pull->on_end) tell();
}

}  // namespace skein::agent
