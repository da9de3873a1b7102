#include "agent/container/image_pulls.h"

namespace skein::agent {

namespace asio = boost::asio;

std::shared_ptr<const ImagePulls::Pull> ImagePulls::begin(const std::string& image, const std::string& registry_auth,
                                                          std::function<void()> on_end) {
  Key key{image, registry_auth};
  auto& running = running_[key];
  const bool is_new = !running;
  if (is_new) running = std::make_shared<Pull>();
  auto pull = running;  // by value: the pull may end before spawn returns
  pull->on_end.push_back(std::move(on_end));
  if (is_new) tasks_.spawn("image-pull", run(key, pull));
  return pull;
}

asio::awaitable<void> ImagePulls::run(Key key, std::shared_ptr<Pull> pull) {
  auto outcome = co_await engine_.pull(key.first, key.second);
  running_.erase(key);
  pull->outcome = std::move(outcome);
  for (const auto& tell : pull->on_end) tell();
}

}  // namespace skein::agent
