// The data plane: its threads with the last config that was taken. Owned by one thread.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "esp/control/config.h"
#include "esp/control/control.h"
#include "esp/worker_thread.h"

namespace skein::esp {

// As many as there are processors, up to four: one moves several Gbit/s.
unsigned default_threads();

class Worker {
 public:
  Worker(std::unique_ptr<Aead> aead, std::shared_ptr<StateFile> state, Random& random, unsigned threads);

  // From the config of before to this one; what both have goes on untouched. When not ok, nothing has changed.
  Result<void> apply(Config config);

  Status status() const;

 private:
  Result<std::vector<ThreadDevices>> open_devices(const Config& config) const;
  bool must_reopen(const Config& config) const;

  const std::unique_ptr<Aead> aead_;
  const std::shared_ptr<StateFile> state_;
  Random& random_;
  std::deque<DropCounts> drops_;  // by thread
  Config config_;
  unsigned tap_index_ = 0;
  std::shared_ptr<const Tables> tables_;
  std::vector<std::unique_ptr<WorkerThread>> threads_;
};

}  // namespace skein::esp
