// Leads one container to where it is wanted, step by step (life_step.h). What a step does is the same for a user's
// container and a task's; what differs comes with the call. Made for one such lead; loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "containers/housing/housing.h"
#include "containers/life/life_step.h"
#include "engine/engine.h"

namespace skein::containers {

// A container as it is known at the moment.
struct Resident {
  std::string id;              // empty: the engine has none yet
  std::optional<House> house;  // none: not built yet, or it has no network of its own
  std::optional<engine::Life> body;
  bool needs_house = false;
  bool comes_back = false;
};

// What differs. A step whose function is not there is not wanted by its caller, and must not be needed.
struct LifePlan {
  std::string name;     // create
  nlohmann::json body;  // create: of POST /containers/create
  std::vector<std::string> open_ports = {};
  Housing::Asks asks = {};                                           // attach
  std::function<Result<void>(House&)> moved_in = {};                 // attach: before the house is written
  std::function<boost::asio::awaitable<Result<void>>()> start = {};  // start; none: the engine's own
};

// The engine is away: it may come back, and the attempt be repeated.
bool is_temporary(const Error& error);

class ContainerLife {
 public:
  // All must outlive us.
  ContainerLife(engine::Engine& engine, overlay::ContainerNetworks& networks, Housing& housing, Resident resident,
                LifePlan plan)
      : engine_(engine),
        networks_(networks),
        housing_(housing),
        resident_(std::move(resident)),
        plan_(std::move(plan)) {}
  ContainerLife(const ContainerLife&) = delete;
  ContainerLife& operator=(const ContainerLife&) = delete;

  // An error is that of the step that failed; what it had begun is taken back as far as the container cannot stand
  // without it: a house without a body is razed, endpoints without a run go. After a start whose answer was lost
  // (is_temporary) they stay: who leads finds out whether it runs.
  boost::asio::awaitable<Result<void>> lead(Wanted wanted);

  const Resident& resident() const { return resident_; }
  Resident take() && { return std::move(resident_); }
  // The last step was one of the engine's, not of the host's networking or disk.
  bool was_engine_asked() const { return was_engine_asked_; }
  const std::vector<std::string>& warnings() const { return warnings_; }  // of the engine, at creation

 private:
  LifeSight sight(Wanted wanted) const;
  boost::asio::awaitable<Result<void>> carry_out(LifeStep step);
  Result<void> build();
  boost::asio::awaitable<Result<void>> create();
  boost::asio::awaitable<Result<void>> attach();

  engine::Engine& engine_;
  overlay::ContainerNetworks& networks_;
  Housing& housing_;
  Resident resident_;
  LifePlan plan_;
  std::vector<std::string> warnings_;
  bool was_engine_asked_ = false;
};

}  // namespace skein::containers
