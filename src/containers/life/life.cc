#include "containers/life/life.h"

namespace skein::containers {

using boost::asio::awaitable;

bool is_temporary(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kDataLoss || error.code == Code::kDeadlineExceeded;
}

LifeSight ContainerLife::sight(Wanted wanted) const {
  LifeSight out;
  out.wanted = wanted;
  out.body = resident_.body;
  out.needs_house = resident_.needs_house;
  out.is_housed = resident_.house.has_value();
  out.is_attached = !resident_.id.empty() && networks_.is_attached(resident_.id);
  out.comes_back = resident_.comes_back;
  return out;
}

awaitable<Result<void>> ContainerLife::lead(Wanted wanted) {
  // More than there are kinds. A step is done twice only if others undo it meanwhile.
  constexpr int kStepsMax = 8;
  for (int steps = 0; steps < kStepsMax; ++steps) {
    const LifeStep step = next_step(sight(wanted));
    if (step == LifeStep::kNothing) co_return Result<void>();
    auto done = co_await carry_out(step);
    if (!done.ok()) {
      // Whether it runs is not known: its endpoints stay until somebody has seen it.
      if (step == LifeStep::kStart && is_temporary(done.error())) co_return done;
      // What is taken back does not fail.
      const LifeStep back = next_step(sight(retreat(sight(wanted))));
      if (back == LifeStep::kDetach || back == LifeStep::kRaze) (void)co_await carry_out(back);
      co_return done;
    }
  }
  co_return make_error(Code::kAborted, "container " + resident_.id + " is changed by others all the time");
}

awaitable<Result<void>> ContainerLife::carry_out(LifeStep step) {
  Result<void> done;
  if (step != LifeStep::kDetach && step != LifeStep::kRaze)  // which take back
    was_engine_asked_ = step == LifeStep::kCreate || step == LifeStep::kStart || step == LifeStep::kRemove;
  switch (step) {
    case LifeStep::kNothing: break;
    case LifeStep::kBuild: done = build(); break;
    case LifeStep::kCreate: done = co_await create(); break;
    case LifeStep::kAttach: done = co_await attach(); break;
    case LifeStep::kStart:
      if (plan_.start)
        done = co_await plan_.start();
      else
        done = co_await engine_.start(resident_.id);
      if (done.ok()) resident_.body = engine::Life::kRunning;
      break;
    case LifeStep::kDetach: networks_.detach(resident_.id); break;
    case LifeStep::kRemove:
      done = co_await engine_.remove(resident_.id, true);
      if (done.ok()) resident_.body.reset();
      break;
    case LifeStep::kRaze:
      if (resident_.house) housing_.raze(*resident_.house);
      resident_.house.reset();
      break;
  }
  co_return done;
}

Result<void> ContainerLife::build() {
  SKEIN_TRY_ASSIGN(resident_.house, housing_.build(plan_.body));
  SKEIN_ASSERT(resident_.house);
  return {};
}

awaitable<Result<void>> ContainerLife::create() {
  auto body = resident_.house ? housing_.furnish(plan_.body, *resident_.house) : plan_.body;
  SKEIN_CO_TRY_ASSIGN(auto created, co_await engine_.create(plan_.name, std::move(body)));
  resident_.id = created.id;
  resident_.body = engine::Life::kNew;
  warnings_ = std::move(created.warnings);
  if (!resident_.house) co_return Result<void>();
  resident_.house->state.id = created.id;
  co_return housing_.write(*resident_.house);
}

awaitable<Result<void>> ContainerLife::attach() {
  SKEIN_ASSERT(resident_.house && plan_.asks);
  SKEIN_CO_TRY_ASSIGN(resident_.house, co_await housing_.attach(*resident_.house, plan_.open_ports, plan_.asks));
  if (plan_.moved_in) SKEIN_CO_TRY(plan_.moved_in(*resident_.house));
  co_return housing_.write(*resident_.house);
}

}  // namespace skein::containers
