// Checks a running container's health again and again. Loop's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "containers/health/health_check.h"
#include "engine/engine.h"

namespace skein::containers {

struct HealthWatch {
  std::string container_id;
  HealthCheck check;  // with a command
  TimePoint started_at;
  Health first = Health::kStarting;
  // Asked after each wait, before anything else is touched: false ends the watch.
  std::function<bool()> is_wanted;
  // At the beginning, and after each check. An engine that is away is no result.
  std::function<void(const HealthRecord&)> on_record;
};

boost::asio::awaitable<void> watch_health(boost::asio::any_io_executor executor, engine::Engine& engine, Clock& clock,
                                          HealthWatch watch);

}  // namespace skein::containers
