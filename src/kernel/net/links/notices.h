// What the kernel tells of its changes: a netlink socket that has joined groups. One thread.
#pragma once

#include <libmnl/libmnl.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/net/links/namespace.h"

namespace skein::kernel::net {

class Notices {
 public:
  // In the caller's network namespace. `groups` are numbers of the protocol's, not bits; `what` is for errors.
  // kUnimplemented where the kernel does not have the protocol.
  static Result<Notices> open(int protocol, std::initializer_list<int> groups, const std::string& what);

  // Readable when there are some. Stays owned by this.
  int fd() const { return events_.get(); }

  // Hands over those that wait, not too many at once: the descriptor stays readable. True: some were lost.
  bool take(const std::function<void(const nlmsghdr&)>& hear);

 private:
  explicit Notices(Fd events) : events_(std::move(events)) {}

  Fd events_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace skein::kernel::net
