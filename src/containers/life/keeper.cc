// What is known of the containers, and how each is led. What users and events do stands in keeper_*.cc.
#include "containers/life/keeper.h"

#include "containers/facts/task_labels.h"
#include "containers/housing/links.h"
#include "containers/housing/network_request.h"

namespace skein::containers {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

constexpr int kStartsMax = 4;  // more gain nothing with Podman

// Tasks are many, and start at the same time; they are not looked at here.
bool starts_no_task(const json& event) {
  return at(event, "Type") == "container" && at(event, "Action") == "start" &&
         !at(at(event, "Actor"), "Attributes").contains(kTaskIdLabel);
}

}  // namespace

Keeper::Keeper(boost::asio::io_context& loop, io::TaskScope& tasks, engine::Engine& engine,
               overlay::ContainerNetworks& networks, HealthBoard& health, Clock& clock, Random& random,
               KeeperOptions options)
    : loop_(loop),
      tasks_(tasks),
      engine_(engine),
      networks_(networks),
      checks_(tasks, engine, clock, health),
      clock_(clock),
      patience_(options.patience),
      housing_(networks, random, std::move(options.housing)),
      notes_(tasks_, options.notes_path),
      starts_(loop.get_executor(), kStartsMax),
      waits_(loop) {}

engine::Observer Keeper::observer() {
  engine::Observer observer;
  observer.on_event = [this](const json& event) {
    if (!starts_no_task(event)) return;
    checks_.begin(text_of(at(event, "Actor"), "ID"));
    after_start(text_of(at(event, "Actor"), "ID"));
  };
  observer.on_container_exit = [this](const engine::ContainerExit& exit) {
    SeenExit seen{exit.id, std::nullopt};
    if (!exit.is_repeated) {
      seen.end = RunEnd{exit.exit_code, clock_.wall()};
      checks_.end(exit.id);
      waits_.on_exit(exit.id, exit.exit_code);
    }
    if (!busy_.contains(exit.id))
      tasks_.spawn("container-exit", after_exit(std::move(seen)));
    else if (seen.end)
      exited_while_busy_[exit.id] = std::move(seen);
    else
      exited_while_busy_.try_emplace(exit.id, std::move(seen));
  };
  observer.on_container_removed = [this](const std::string& id) {
    checks_.removed(id);
    waits_.on_removed(id);
    forget(id);
  };
  return observer;
}

Keeper::Known* Keeper::learn(const std::string& id, const json& labels) {
  auto found = known_.find(id);
  if (found != known_.end() && !found->second.is_task) return &found->second;
  auto house = housing_.find(id, labels);
  if (!house) return nullptr;
  // The state of a task's container is written by the agent, and read each time.
  Known known{std::move(*house), labels.contains(kTaskIdLabel)};
  return &known_.insert_or_assign(id, std::move(known)).first->second;
}

const House* Keeper::house(const std::string& id, const json& labels) {
  const Known* known = learn(id, labels);
  return known ? &known->house : nullptr;
}

void Keeper::forget(const std::string& id) {
  notes_.put(id, {});
  call_off(id);
  pauses_.erase(id);
  exited_while_busy_.erase(id);
  auto_removed_.erase(id);
  auto found = known_.find(id);
  if (found == known_.end()) return;
  SKEIN_ASSERT(found->second.house.state.id == id);
  if (!found->second.is_task) housing_.raze(found->second.house);
  known_.erase(found);
  turns_.erase(id);
  old_names_.erase(id);
}

std::optional<std::string> Keeper::take_old_name(const std::string& id) {
  auto found = old_names_.extract(id);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

std::set<std::string> Keeper::wanted_networks() const {
  std::set<std::string> out;
  for (const auto& [id, known] : known_)
    for (auto& network : networks_of(known.house.record, known.house.state)) {
      out.insert(std::move(network.name));
      out.insert(std::move(network.id));
    }
  out.erase("");
  return out;
}

Resident Keeper::resident_of(const std::string& id, const json& container) {
  Resident out;
  out.id = id;
  out.body = engine::life_of(container);
  Known* known = learn(id, labels_of(container));
  if (known == nullptr || known->is_task) return out;
  out.needs_house = true;
  out.house = known->house;
  return out;
}

LifePlan Keeper::plan_of(const json& container, Act start) {
  LifePlan out;
  const ContainerIdentity identity = identity_of(container);
  if (const Known* known = learn(identity.id, labels_of(container)))
    out.open_ports = ports_to_assign(known->house.record);
  out.asks = [identity](const House& house) { return network_request(house.record, house.state, identity); };
  out.moved_in = [this, identity](House& house) -> Result<void> {
    // Gone while its networks were asked for.
    auto found = known_.find(identity.id);
    if (found == known_.end()) return make_error(Code::kNotFound, "No such container: " + identity.id);
    // `network connect` may have come in between: what it has changed holds.
    house.state.networks = found->second.house.state.networks;
    auto networks = networks_of(house.record, house.state);
    take_over_names(networks, networks_.status(identity.id));
    house.state.networks = std::move(networks);
    found->second.house = house;
    return {};
  };
  out.start = std::move(start);
  return out;
}

awaitable<Result<void>> Keeper::lead(std::string id, json container, Wanted wanted, Act start) {
  Resident resident = resident_of(id, container);
  if (resident.house && wanted == Wanted::kRunning) resident.house->state.links = co_await find_links(*resident.house);
  ContainerLife life(engine_, networks_, housing_, std::move(resident), plan_of(container, std::move(start)));
  auto led = co_await life.lead(wanted);
  co_return led;
}

awaitable<std::vector<engine::HostEntry>> Keeper::find_links(House house) {
  std::vector<engine::HostEntry> out;
  const auto networks = networks_of(house.record, house.state);
  for (const Link& link : links_of(house.record, networks, house.state.unlinked)) {
    const auto target = co_await engine_.inspect(link.container);
    if (!target.ok()) continue;
    if (auto entry = link_entry(link, *target, networks_.status(engine::text_of(*target, "Id")), networks))
      out.push_back(std::move(*entry));
  }
  co_return out;
}

awaitable<Turns::Ticket> Keeper::turn_of(std::string id) {
  auto& turns = turns_.try_emplace(id, loop_.get_executor(), 1).first->second;
  auto ticket = co_await turns.take();
  co_return ticket;
}

}  // namespace skein::containers
