// Two pipes as a Link: one end of a connection in a simulated network. Only for this folder.
#pragma once

#include <memory>

#include "io/rpc/in_process/pipe.h"
#include "io/rpc/link.h"

namespace skein::rpc {

class PipeLink final : public Link {
 public:
  PipeLink(boost::asio::any_io_executor executor, const LinkEnd& local, const LinkEnd& remote, std::shared_ptr<Pipe> in,
           std::shared_ptr<Pipe> out);
  ~PipeLink() override { close(); }

  boost::asio::any_io_executor executor() const override { return executor_; }
  LinkEnd local() const override { return local_; }
  LinkEnd remote() const override { return remote_; }
  void read(std::span<char> into, std::function<void(const boost::system::error_code&, size_t)> done) override;
  void write(std::string_view bytes, std::function<void(const boost::system::error_code&)> done) override;
  void end_writing() override;
  void close() override;

 private:
  boost::asio::any_io_executor executor_;
  LinkEnd local_, remote_;
  std::shared_ptr<Pipe> in_, out_;
  bool has_ended_ = false;
  bool is_closed_ = false;
};

}  // namespace skein::rpc
