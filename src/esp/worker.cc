#include "esp/worker.h"

#include <unistd.h>

#include <algorithm>

#include "esp/devices.h"

namespace skein::esp {

unsigned default_threads() { return std::clamp(std::thread::hardware_concurrency(), 1u, 4u); }

Worker::Worker(std::unique_ptr<Aead> aead, std::shared_ptr<StateFile> state, Random& random, unsigned threads)
    : aead_(std::move(aead)), state_(std::move(state)), random_(random), drops_(threads) {}

Result<std::vector<ThreadDevices>> Worker::open_devices(const Config& config) const {
  std::vector<ThreadDevices> all;
  for (unsigned i = 0; i < drops_.size(); ++i) {
    ThreadDevices devices;
    SKEIN_TRY_ASSIGN(devices.tap, open_tap_queue(config.tap));
    SKEIN_TRY_ASSIGN(devices.udp, open_udp_socket(config.local, config.udp_port));
    SKEIN_TRY_ASSIGN(devices.raw, open_raw_socket(config.local, i, static_cast<unsigned>(drops_.size())));
    all.push_back(std::move(devices));
  }
  return all;
}

// A device of the same name may be another one by now.
bool Worker::must_reopen(const Config& config) const {
  return threads_.empty() || config.tap != config_.tap || config.local != config_.local ||
         config.udp_port != config_.udp_port || device_index(config.tap) != tap_index_;
}

Result<void> Worker::apply(Config config) {
  const auto threads = static_cast<unsigned>(drops_.size());
  SKEIN_TRY_ASSIGN(auto tables, Tables::make(config, tables_.get(), {*aead_, *state_, random_, threads}));
  if (must_reopen(config)) {
    SKEIN_TRY_ASSIGN(auto devices, open_devices(config));
    threads_.clear();
    for (unsigned i = 0; i < threads; ++i)
      threads_.push_back(std::make_unique<WorkerThread>(i, std::move(devices[i]), config.udp_port, tables, drops_[i]));
    tap_index_ = device_index(config.tap);
  } else {
    for (auto& thread : threads_) thread->take(tables);
  }
  tables_ = std::move(tables);
  config_ = std::move(config);
  return {};
}

Status Worker::status() const {
  Status status{.pid = getpid(), .crypto = aead_->name(), .epoch = state_->epoch()};
  if (tables_) status.peers = tables_->status();
  for (size_t reason = 1; reason < static_cast<size_t>(Drop::kCount); ++reason) {
    uint64_t count = 0;
    for (const DropCounts& drops : drops_) count += drops.of(static_cast<Drop>(reason));
    if (count > 0) status.drops[std::string(metric_of(static_cast<Drop>(reason)).name)] = count;
  }
  return status;
}

}  // namespace skein::esp
