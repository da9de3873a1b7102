#include "containers/health/health_watch.h"

#include <boost/asio/use_awaitable.hpp>

#include "containers/health/container_probe.h"
#include "io/loop/timer.h"

namespace skein::containers {

namespace asio = boost::asio;
using asio::awaitable;

awaitable<void> watch_health(asio::any_io_executor executor, engine::Engine& engine, Clock& clock, HealthWatch watch) {
  HealthRecord record(watch.first);
  watch.on_record(record);
  ContainerProbe probe(executor, engine, watch.container_id, watch.check.command, watch.check.timeout);
  io::Timer pause(executor);
  while (watch.is_wanted()) {
    pause.expires_after(record.pause(watch.check, clock.now() - watch.started_at));
    co_await pause.async_wait(asio::use_awaitable);
    if (!watch.is_wanted()) co_return;
    const TimePoint begun = clock.now();
    const WallTime start = clock.wall();
    auto end = co_await probe.run();
    if (!watch.is_wanted()) co_return;
    if (!end.ok() && end.error().code == Code::kUnavailable) continue;
    CheckResult result{start, clock.wall(), -1, ""};
    if (end.ok())
      result.exit_code = end->exit_code, result.output = end->output;
    else
      result.output = end.error().text();
    record.add(watch.check, std::move(result), begun - watch.started_at);
    watch.on_record(record);
  }
}

}  // namespace skein::containers
