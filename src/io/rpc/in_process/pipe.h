// One direction of a connection in a simulated network: what is written at one end arrives at the other, later, unless
// the wire between the hosts is cut. Only for this folder.
//
// Everything that waits, waits by timers: each end on its own executor, and so goes with the context of its host.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "io/loop/timer.h"

namespace skein::rpc {

// What all connections from one host to another have in common.
struct Wire {
  Duration delay{0};
  bool is_cut = false;                 // what is sent waits, as TCP would send it again
  std::optional<size_t> breaks_after;  // bytes, until a connection breaks in the middle of a piece; once
};

class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  static constexpr size_t kBytesMax = 256 << 10;  // in flight and unread; then writers wait

  Pipe(const boost::asio::any_io_executor& network, const boost::asio::any_io_executor& reader,
       const boost::asio::any_io_executor& writer, std::shared_ptr<Wire> wire);
  // The two directions of a connection break together.
  static void join(const std::shared_ptr<Pipe>& one, const std::shared_ptr<Pipe>& other);

  // ---- the writer's end
  bool has_room() const { return bytes_ < kBytesMax || failure_; }
  void when_writable(std::function<void()> call);
  // Taken whole, if has_room(). An error when the connection has broken.
  boost::system::error_code send(std::string bytes);
  void end();

  // ---- the reader's end
  bool is_readable() const { return !arrived_.empty() || has_ended_ || failure_; }
  void when_readable(std::function<void()> call);
  // Moves what has arrived to `into`. Zero with eof, or with the reason of the break.
  size_t take(std::span<char> into, boost::system::error_code& error);
  // Nobody reads any more: what still arrives breaks the connection.
  void close_reader();

  // Breaks both directions at once, without a word on the wire.
  void break_down(boost::system::error_code error);
  // Looks at the wire again.
  void pump();

 private:
  struct Piece {
    enum class Kind { kBytes, kEnd, kReset };
    TimePoint at;
    Kind kind = Kind::kBytes;
    std::string bytes;
  };
  void put(Piece::Kind kind, std::string bytes);
  void arrive();
  void arrive(Piece piece);
  void fail(boost::system::error_code error);
  void wake();

  std::shared_ptr<Wire> wire_;
  std::weak_ptr<Pipe> back_;  // the other direction
  std::deque<Piece> flight_;
  bool is_armed_ = false;
  io::Timer arrival_;   // for the first in flight
  io::Timer readable_;  // cancelled when the reader may go on
  io::Timer writable_;  // the same of the writer
  std::string arrived_;
  size_t bytes_ = 0;
  bool has_ended_ = false;
  bool is_unread_ = false;  // the reader has closed
  boost::system::error_code failure_;
};

}  // namespace skein::rpc
