// A cluster in virtual time: many Gossip machines and the network between them, which loses, delays, duplicates and
// cuts, all drawn from one seed. For tests only. Bytes are the real ones, encrypted.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gossip/gossip.h"

namespace skein::gossip {

struct SimWeather {
  double loss = 0;  // of packets; on streams each loss is a retransmission, that is a delay
  double duplicates = 0;
  Duration delay_min = std::chrono::microseconds(200);
  Duration delay_max = std::chrono::milliseconds(2);
};

// The seeds of a test: first, first + 1 …; or the only one that the environment variable SKEIN_SIM_SEED gives, to
// repeat a failure or to try others.
inline std::vector<uint64_t> seeds(uint64_t first, size_t count = 1) {
  if (const char* only = std::getenv("SKEIN_SIM_SEED")) return {std::strtoull(only, nullptr, 10)};
  std::vector<uint64_t> all;
  for (size_t i = 0; i < count; ++i) all.push_back(first + i);
  return all;
}

class SimNetwork {
 public:
  SimNetwork(uint64_t seed, SimWeather weather) : random_(seed), weather_(weather) {
    std::printf("SKEIN_SIM_SEED=%llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);  // before whatever goes wrong
  }

  // A new host, or a restarted one if `host` exists: under a new name, knowing nothing.
  // `describe` is told the name and gives the metadata.
  void start(size_t host, const std::vector<size_t>& bootstrap,
             const std::function<std::string(const std::string&)>& describe = {}) {
    Host& h = hosts_[host];
    GossipConfig config{.name = random_.hex(12), .advertise = address_of(host), .keys = keys_};
    if (describe) config.metadata = describe(config.name);
    h.gossip = std::make_unique<Gossip>(std::move(config), random_, now_);
    h.generation++;
    h.is_up = true;
    h.networks.clear();
    h.entries.clear();
    std::vector<PeerAddress> peers;
    peers.reserve(bootstrap.size());
    for (size_t peer : bootstrap) peers.push_back(address_of(peer));
    h.gossip->join(std::move(peers), now_);
    collect(host);
  }

  void crash(size_t host) { hosts_.at(host).is_up = false; }
  void leave(size_t host) {
    Host& h = hosts_.at(host);
    h.gossip->leave(now_);
    h.is_leaving = true;
    collect(host);
  }
  // Hosts of different groups cannot reach each other; those of no group are in group 0.
  void partition(const std::vector<size_t>& group) {
    for (size_t host : group) hosts_.at(host).group = 1;
  }
  void heal() {
    for (auto& [id, host] : hosts_) host.group = 0;
  }
  void set_weather(SimWeather weather) { weather_ = weather; }

  // ---- what users of the hosts do, remembered as the truth
  void join_network(size_t host, const std::string& network) {
    hosts_.at(host).networks.insert(network);
    hosts_.at(host).gossip->join_network(network, now_);
    collect(host);
  }
  void leave_network(size_t host, const std::string& network) {
    Host& h = hosts_.at(host);
    h.networks.erase(network);
    std::erase_if(h.entries, [&](const auto& pair) { return pair.first.first == network; });
    h.gossip->leave_network(network, now_);
    collect(host);
  }
  void put_entry(size_t host, const std::string& network, const std::string& key, const std::string& value) {
    Host& h = hosts_.at(host);
    bool is_new = !h.entries.contains({network, key});
    auto done = is_new ? h.gossip->create_entry(kTable, network, key, value, now_)
                       : h.gossip->update_entry(kTable, network, key, value, now_);
    SKEIN_ASSERT(done.ok());
    h.entries[{network, key}] = value;
    collect(host);
  }
  void delete_entry(size_t host, const std::string& network, const std::string& key) {
    Host& h = hosts_.at(host);
    SKEIN_ASSERT(h.gossip->delete_entry(kTable, network, key, now_).ok());
    h.entries.erase({network, key});
    collect(host);
  }

  // ---- keys: hosts start with these from now on; those that are there take them when they hear of them
  void rotate_keys(std::vector<std::string> keys) { keys_ = std::move(keys); }
  void hear_of_keys(size_t host, Duration delay) {
    later(host, now_ + delay, [keys = keys_](Gossip& gossip) { SKEIN_ASSERT(gossip.set_keys(keys).ok()); });
  }

  // ---- time
  void look_every(Duration step) { look_every_ = step; }  // 20 ms unless told; the judge is slow in large clusters
  TimePoint now() const { return now_; }
  void run_until(TimePoint end) {
    while (!events_.empty() && events_.top().at <= end) step();
    now_ = end;
  }
  void run(Duration time) { run_until(now_ + time); }
  // Whether `is_true` became true within `limit`, looked at ever so often.
  bool run_until_true(Duration limit, const std::function<bool()>& is_true) {
    for (TimePoint end = now_ + limit; now_ < end;) {
      if (is_true()) return true;
      run(look_every_);
    }
    return is_true();
  }

  // ---- the judge: what the first host found wanting thinks, "" when each knows all that lives and nothing else
  std::string complaint() const {
    std::map<std::string, std::set<std::string>> peers;
    std::map<std::string, std::map<std::string, Entry>> entries;
    std::set<std::string> live;
    for (const auto& [id, h] : hosts_) {
      if (!is_live(h)) continue;
      live.insert(h.gossip->name());
      for (const std::string& network : h.networks) peers[network].insert(h.gossip->name());
      for (const auto& [key, value] : h.entries) entries[key.first][key.second] = {key.second, h.gossip->name(), value};
    }
    for (const auto& [id, h] : hosts_) {
      if (!is_live(h)) continue;
      std::string who = "host " + std::to_string(id) + " (" + h.gossip->name() + ") ";
      std::set<std::string> known;
      for (const Member& m : h.gossip->members())
        if (m.state == PeerState::kAlive || m.state == PeerState::kSuspect) known.insert(m.name);
      if (known != live)
        return who + "holds " + std::to_string(known.size()) + " of " + std::to_string(live.size()) + " for alive" +
               difference(live, known);
      for (const std::string& network : h.networks) {
        auto seen = h.gossip->network_peers(network);
        if (std::set<std::string>(seen.begin(), seen.end()) != peers[network])
          return (who + "sees " + std::to_string(seen.size()) + " of " + std::to_string(peers[network].size()) + " on ")
              .append(network)
              .append(difference(peers[network], {seen.begin(), seen.end()}));
        std::map<std::string, Entry> found;
        for (const Entry& entry : h.gossip->entries(network, kTable)) found[entry.key] = entry;
        if (found != entries[network])
          return (who + "has " + std::to_string(found.size()) + " entries for " +
                  std::to_string(entries[network].size()) + " on ")
              .append(network);
      }
    }
    return "";
  }
  bool is_whole() const { return complaint().empty(); }

  Gossip& gossip(size_t host) { return *hosts_.at(host).gossip; }
  // After commands to gossip(host) that this class does not know, and whose truth it does not judge.
  void flush(size_t host) { collect(host); }
  std::vector<Output> take_events(size_t host) { return std::exchange(hosts_.at(host).events, {}); }
  uint64_t packets_sent() const { return packets_sent_; }
  uint64_t streams_opened() const { return streams_opened_; }
  Random& random() { return random_; }
  static PeerAddress address_of(size_t host) {
    return {IpAddress::from(Ipv4{0x0a000001 + static_cast<uint32_t>(host)}), 7946};
  }

  static constexpr const char* kTable = "endpoint_table";

 private:
  struct Host {
    std::unique_ptr<Gossip> gossip;
    bool is_up = false;
    bool is_leaving = false;
    int group = 0;
    int generation = 0;
    TimePoint timer = TimePoint::never();  // the earliest one that is scheduled
    std::set<std::string> networks;
    std::map<std::pair<std::string, std::string>, std::string> entries;
    std::vector<Output> events;
  };
  struct Event {
    TimePoint at;
    uint64_t number = 0;
    std::function<void()> act;
    bool operator<(const Event& other) const { return std::tie(other.at, other.number) < std::tie(at, number); }
  };

  static std::string difference(const std::set<std::string>& wanted, const std::set<std::string>& found) {
    std::string out;
    for (const std::string& name : wanted)
      if (!found.contains(name)) out += " -" + name;
    for (const std::string& name : found)
      if (!wanted.contains(name)) out += " +" + name;
    return out;
  }
  static bool is_live(const Host& h) { return h.is_up && !h.is_leaving; }

  void schedule(TimePoint at, std::function<void()> act) { events_.push({at, next_number_++, std::move(act)}); }
  void step() {
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    now_ = event.at;
    event.act();
  }

  bool is_lost() { return random_.unit() < weather_.loss; }
  Duration delay() {
    auto span = static_cast<uint64_t>((weather_.delay_max - weather_.delay_min).count());
    return weather_.delay_min + Duration(static_cast<int64_t>(random_.below(span + 1)));
  }
  Duration stream_delay() {
    Duration total = delay() * 2;  // the handshake
    while (is_lost()) total += std::chrono::milliseconds(200);
    return total;
  }
  bool can_reach(size_t from, size_t to) const {
    auto target = hosts_.find(to);
    const Host& source = hosts_.at(from);
    return target != hosts_.end() && source.is_up && target->second.is_up && source.group == target->second.group;
  }
  static size_t host_at(const PeerAddress& address) { return address.host.v4.value - 0x0a000001; }

  // Runs `act` with the host's machine if it is still the same one then.
  void later(size_t host, TimePoint at, std::function<void(Gossip&)> act) {
    schedule(at, [this, host, generation = hosts_.at(host).generation, act = std::move(act)] {
      Host& h = hosts_.at(host);
      if (!h.is_up || h.generation != generation) return;
      act(*h.gossip);
      collect(host);
    });
  }

  void collect(size_t host) {
    Host& h = hosts_.at(host);
    for (Output& output : h.gossip->take_outputs()) {
      if (auto* packet = std::get_if<SendPacket>(&output))
        send(host, *packet);
      else if (auto* stream = std::get_if<OpenStream>(&output))
        open(host, *stream);
      else if (std::holds_alternative<LeaveDone>(output))
        h.is_up = false;
      else
        h.events.push_back(std::move(output));
    }
    TimePoint deadline = std::max(h.gossip->next_deadline(), now_);
    if (deadline == TimePoint::never() || (h.timer > now_ && h.timer <= deadline)) return;
    h.timer = deadline;
    later(host, deadline, [this, host, deadline](Gossip& gossip) {
      Host& me = hosts_.at(host);
      if (me.timer == deadline) me.timer = TimePoint::never();
      if (gossip.next_deadline() <= now_) gossip.on_timer(now_);
    });
  }

  void send(size_t from, const SendPacket& packet) {
    ++packets_sent_;
    size_t to = host_at(packet.to);
    int copies = random_.unit() < weather_.duplicates ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      if (is_lost() || !can_reach(from, to)) continue;
      later(to, now_ + delay(),
            [this, from, bytes = packet.bytes](Gossip& gossip) { gossip.on_packet(address_of(from), bytes, now_); });
    }
  }

  void open(size_t from, const OpenStream& stream) {
    ++streams_opened_;
    size_t to = host_at(stream.to);
    TimePoint timeout = now_ + stream.timeout;
    if (!can_reach(from, to)) return fail(from, stream.id, timeout);
    later(to, now_ + stream_delay(), [this, from, to, stream, timeout](Gossip& gossip) {
      StreamId accepted = next_accepted_++;
      gossip.on_stream_request(accepted, address_of(from), stream.frame, now_);
      Host& host = hosts_.at(to);
      std::string reply;
      for (Output& output : gossip.take_outputs()) {
        if (auto* r = std::get_if<ReplyStream>(&output))
          reply = std::move(r->frame);
        else if (auto* packet = std::get_if<SendPacket>(&output))
          send(to, *packet);
        else if (auto* opened = std::get_if<OpenStream>(&output))
          open(to, *opened);
        else
          host.events.push_back(std::move(output));
      }
      if (!stream.expects_reply) return;
      if (reply.empty() || !can_reach(to, from)) return fail(from, stream.id, timeout);
      later(from, now_ + delay(), [this, id = stream.id, reply](Gossip& g) { g.on_stream_reply(id, reply, now_); });
    });
    // A target that dies on the way never answers.
  }
  void fail(size_t host, StreamId id, TimePoint at) {
    later(host, at, [this, id](Gossip& gossip) { gossip.on_stream_failed(id, now_); });
  }

  SeededRandom random_;
  SimWeather weather_;
  std::vector<std::string> keys_{std::string(16, 'k')};  // the primary first
  TimePoint now_{1};
  uint64_t next_number_ = 1;
  StreamId next_accepted_ = 1;
  std::priority_queue<Event> events_;
  std::map<size_t, Host> hosts_;
  Duration look_every_ = std::chrono::milliseconds(20);
  uint64_t packets_sent_ = 0;
  uint64_t streams_opened_ = 0;
};

}  // namespace skein::gossip
