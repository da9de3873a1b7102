// What comes from an exec, with the engine's complaint about a command that it cannot start in Docker's words: a single
// frame on stdout that ends the stream.
#pragma once

#include <functional>
#include <memory>

#include "io/http/message.h"

namespace skein::api {

class ExecStream final : public io::http::ByteStream {
 public:
  using AskCommand = std::function<boost::asio::awaitable<std::string>()>;

  // `is_framed`: without a terminal, each piece has a head of eight bytes. `ask_command` tells what was to be run; it
  // is called at most once, if the first piece is a complaint.
  ExecStream(std::shared_ptr<io::http::ByteStream> engine, bool is_framed, AskCommand ask_command)
      : engine_(std::move(engine)), is_framed_(is_framed), ask_command_(std::move(ask_command)) {}

  boost::asio::awaitable<Result<size_t>> read_some(std::span<char> buffer) override;
  boost::asio::awaitable<Result<void>> write(std::string_view bytes) override { return engine_->write(bytes); }
  void end_writing() override { engine_->end_writing(); }
  void close() override { engine_->close(); }

 private:
  boost::asio::awaitable<Result<void>> read_beginning();
  bool may_be_complaint() const;

  std::shared_ptr<io::http::ByteStream> engine_;
  bool is_framed_;
  AskCommand ask_command_;
  bool has_begun_ = false;
  bool is_over_ = false;
  std::string pending_;  // read, not yet passed on
};

}  // namespace skein::api
