// Keeps this node's certificate and root current: renews in time and when the manager asks for it, takes over the
// swarm's new root.
//
// An identity is kept on disk before it is used, and used before the manager hears of it: once a manager knows that all
// nodes have certificates of the next root, the old ones are worth nothing. On the loop's thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/session/join.h"
#include "io/loop/task_scope.h"
#include "io/loop/timer.h"

namespace skein::agent {

struct IdentityHooks {
  std::function<Result<void>(const Identity&)> save;  // all of it or nothing
  std::function<std::vector<HostPort>()> managers;
  std::function<void()> on_changed;  // it is in use; the manager shall hear of it
};

class IdentityKeeper {
 public:
  // Runs in `tasks`, whose owner ends it before us. `tls` is what all connections of this node use.
  IdentityKeeper(io::TaskScope& tasks, rpc::Transport& transport, Identity identity, IdentityHooks hooks,
                 std::shared_ptr<rpc::TlsConfig> tls, Clock& clock, Random& random);

  void start();
  const Identity& identity() const { return identity_; }

  // What every message of a session says about us.
  void take_state(model::api::IssuanceStatus::State state);
  void take_root(const std::string& root_pem);

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> wait_until_due(WallTime due);
  boost::asio::awaitable<Result<void>> renew();
  Result<Identity> identity_from(const Renewal& renewal) const;
  Result<void> adopt(Identity next);

  io::TaskScope& tasks_;
  rpc::Transport& transport_;
  Identity identity_;
  IdentityHooks hooks_;
  std::shared_ptr<rpc::TlsConfig> tls_;
  Clock& clock_;
  Random& random_;
  io::Timer timer_;
  bool is_asked_ = false;     // the manager wants us to renew
  std::string refused_root_;  // to say so once
};

}  // namespace skein::agent
