#!/bin/bash
# Expected: a descriptor that nothing was written to is not said to be readable by Asio.
# Happens: it is, if it was opened just after another one was closed whose event had been fetched, but not delivered yet.
# Cause: all events of one epoll_wait() are queued by Asio, each with the state that it keeps for the descriptor.
# A handler of the first event that closes the second descriptor gives its state back to a pool.
# The next descriptor that is registered takes it from there, still queued, with the event that was the other's.
# Version: Asio 1.26.0, in Boost 1.81.
# Why it matters: who waits by a pidfd for processes to end, and starts the next as one ends, takes some for ended that have
# just begun. A proxy that waits for its client to close takes a silent one for gone.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages g++-12=12.2.0-14+deb12u1 libboost1.81-dev=1.81.0-5+deb12u1
alone

cat >"$folder/stale.cc" <<'CPP'
#include <unistd.h>

#include <boost/asio.hpp>
#include <chrono>
#include <iostream>
#include <memory>

namespace asio = boost::asio;
using Stream = asio::posix::stream_descriptor;
using Failure = boost::system::error_code;

int main(int argc, char**) {
  const bool closes = argc > 1;
  asio::io_context loop;
  int ends[3][2];
  for (auto& pair : ends)
    if (pipe(pair) != 0) return 2;
  Stream first(loop, ends[0][0]), second(loop, ends[1][0]);
  std::unique_ptr<Stream> silent;
  bool told = false;
  auto go_on = [&](Stream& other) {
    if (silent) return;
    if (closes) other.close();
    silent = std::make_unique<Stream>(loop, ends[2][0]);
    silent->async_wait(Stream::wait_read, [&](Failure failure) { told = !failure; });
  };
  first.async_wait(Stream::wait_read, [&](Failure failure) { if (!failure) go_on(second); });
  second.async_wait(Stream::wait_read, [&](Failure failure) { if (!failure) go_on(first); });
  if (write(ends[0][1], "x", 1) != 1 || write(ends[1][1], "x", 1) != 1) return 2;
  loop.run_for(std::chrono::milliseconds(300));
  std::cout << (told ? "readable" : "silent") << "\n";
}
CPP
g++-12 -std=c++17 -O1 -pthread "$folder/stale.cc" -o "$folder/stale"
kept=$("$folder/stale") closed=$("$folder/stale" closes)
echo "an empty pipe, the other descriptor kept open: $kept; closed: $closed"
[ "$kept" = silent ] || fail "without closing"
[ "$closed" = readable ] || fail "with closing"
