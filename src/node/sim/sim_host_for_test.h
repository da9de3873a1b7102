// A simulated host: the daemon as it is, between a made-up kernel, engine, disk and network, in virtual time. Only its
// small files are real, in a folder of their own. For tests only.
#pragma once

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <filesystem>

#include "engine/fake_engine_for_test.h"
#include "io/gossip/gossip_in_process.h"
#include "io/loop/loop.h"
#include "io/loop/virtual_loop.h"
#include "node/daemon.h"
#include "node/sim/sim_journal_for_test.h"
#include "node/sim/sim_kernel_for_test.h"

namespace skein::node {

using namespace std::chrono_literals;

// What all hosts have in common.
struct SimWorld {
  explicit SimWorld(uint64_t seed) : random(seed), gossip(network, loop, random) {}

  io::VirtualLoop loop;
  SeededRandom random;
  rpc::InProcessNetwork network{loop.context()};
  io::InProcessGossip gossip;
};

class SimHost {
 public:
  SimHost(SimWorld& world, const std::string& folder, size_t number)
      : address(IpAddress::from(Ipv4{0x0a000001 + static_cast<uint32_t>(number)})),
        world_(world),
        folder_(folder + "/host-" + std::to_string(number)) {
    std::filesystem::create_directories(folder_);
    kernel.address = address.v4;
  }

  const IpAddress address;
  SimDisk disk;
  SimKernel kernel;
  Duration engine_slowness = 300ms;  // the longest that a call takes
  double engine_failures = 0;        // how many of its calls fail

  std::string secrets_folder() const { return folder_ + "/secrets"; }

  bool is_up() const { return life_ != nullptr; }
  // The daemon could not come up, and has ended.
  bool has_failed() const { return life_ && life_->has_failed; }
  // Null until the daemon has come up.
  Node* node() { return life_ && life_->is_started ? &life_->daemon.node() : nullptr; }
  engine::FakeEngine& engine() { return life_->engine; }
  io::Context& context() { return life_->context; }
  bool is_stalled() const { return world_.loop.now() < stalled_until_; }

  void start_daemon() {
    SKEIN_ASSERT(!life_);
    life_ = std::make_unique<Life>(*this);
    life_->engine.containers = std::move(containers_);
    life_->engine.images = std::move(images_);
    kernel.executor = context().get_executor();
    boost::asio::co_spawn(life_->context, life_->daemon.start(),
                          [life = life_.get()](const std::exception_ptr& thrown, const Result<void>& started) {
                            SKEIN_ASSERT(!thrown);
                            life->is_started = started.ok();
                            life->has_failed = !started.ok();
                          });
  }
  // Wherever it is. Its containers go on.
  void kill_daemon() {
    containers_ = std::move(life_->engine.containers);
    images_ = std::move(life_->engine.images);
    world_.loop.drop(life_->context);
    kernel.zones_of = {};
    life_.reset();
    stalled_until_ = {};
  }
  // As SIGTERM does. Nothing is dropped: nothing of the daemon runs any more when it is destroyed.
  void end_daemon() {
    bool is_closed = false;
    boost::asio::co_spawn(life_->context, life_->daemon.close(), [&](const std::exception_ptr& thrown) {
      SKEIN_ASSERT(!thrown);
      is_closed = true;
    });
    SKEIN_ASSERT(world_.loop.run_until_true(60s, [&] { return is_closed; }));
    containers_ = std::move(life_->engine.containers);
    images_ = std::move(life_->engine.images);
    io::Context& ended = life_->context;
    life_.reset();
    kernel.zones_of = {};
    world_.loop.run_ready();
    world_.loop.drop(ended);
  }
  // The host goes down, with all that runs.
  void crash() {
    life_->engine.crash();
    kill_daemon();
    kernel.reboot();
    std::filesystem::remove_all(secrets_folder());
  }
  // Small files that cannot be written, one bit each; the others can.
  void fail_files(uint64_t which) const {
    for (const char* name : kSmallFiles) {
      // A folder where the next content would be written.
      const std::filesystem::path trap = folder_ + "/" + name + ".new";
      std::error_code ignored;
      if (std::filesystem::remove(trap, ignored); which & 1) std::filesystem::create_directory(trap, ignored);
      which >>= 1;
    }
  }
  // The daemon's thread gets no turn.
  void stall(Duration time) {
    stalled_until_ = world_.loop.now() + time;
    world_.loop.stall(life_->context, time);
  }
  // How far the wall clock is before the others'.
  void set_wall_ahead(Duration by) {
    wall_ahead_ = by;
    if (life_) world_.loop.set_wall_ahead(life_->context, by);
  }

 private:
  static constexpr std::array kSmallFiles{"endpoints.json",
                                          "gossip-names.json",
                                          "peers.json",
                                          "engine-id",
                                          "containers/lives.json",
                                          "swarm/state.json",
                                          "swarm/certificates/next-identity.json",
                                          "swarm/certificates/swarm-node.key",
                                          "swarm/certificates/swarm-node.crt",
                                          "swarm/certificates/swarm-root-ca.crt"};

  struct Life {
    explicit Life(SimHost& host)
        : context(host.add_context()),
          random(host.world_.random.u64()),
          addresses(context.get_executor(), host.address),
          engine(context.get_executor(), engine_log),
          daemon(host.doors(*this)) {
      engine.new_id = [this] { return random.hex(64); };
      engine.time_of = [this, &host](const std::string&) {
        engine_log.clear();
        return Duration(static_cast<int64_t>(random.below(uint64_t(host.engine_slowness.count()))));
      };
      engine.outcome_of = [this, &host](const std::string& call) -> Result<void> {
        if (random.unit() >= host.engine_failures) return {};
        return make_error(Code::kUnavailable, "the engine fails to " + call);
      };
    }
    io::Context& context;
    SeededRandom random;
    SimAddresses addresses;
    std::vector<std::string> engine_log;
    engine::FakeEngine engine;
    Daemon daemon;
    bool is_started = false, has_failed = false;
  };

  io::Context& add_context() {
    io::Context& out = world_.loop.add_context();
    world_.loop.set_wall_ahead(out, wall_ahead_);
    return out;
  }
  Doors doors(Life& life) {
    return {life.context,
            io::loop_of(life.context),
            life.random,
            world_.network.host(address),
            world_.gossip.host(address),
            life.addresses,
            [this, &life](const std::string& path) -> Result<std::unique_ptr<store::Journal>> {
              return std::unique_ptr<store::Journal>(
                  std::make_unique<SimJournal>(life.context.get_executor(), disk, path, life.random));
            },
            [this]() -> Result<overlay::HostNetwork*> { return &kernel; },
            life.engine,
            []() -> boost::asio::awaitable<Result<void>> { co_return Result<void>(); },
            folder_,
            {secrets_folder(), nullptr},
            manager::kKeyRotationPeriod};
  }

  SimWorld& world_;
  std::string folder_;
  Duration wall_ahead_{0};
  TimePoint stalled_until_;
  std::map<std::string, engine::FakeEngine::Container> containers_;  // while no daemon looks after them
  std::set<std::string> images_;
  std::unique_ptr<Life> life_;
};

}  // namespace skein::node
