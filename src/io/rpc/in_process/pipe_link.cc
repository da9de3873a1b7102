#include "io/rpc/in_process/pipe_link.h"

#include <boost/asio/error.hpp>
#include <utility>

namespace skein::rpc {

using boost::system::error_code;

PipeLink::PipeLink(boost::asio::any_io_executor executor, const LinkEnd& local, const LinkEnd& remote,
                   std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out)
    : executor_(std::move(executor)), local_(local), remote_(remote), in_(std::move(in)), out_(std::move(out)) {}

void PipeLink::read(std::span<char> into, std::function<void(const error_code&, size_t)> done) {
  in_->when_readable([this, into, done = std::move(done)] {
    error_code error = boost::asio::error::operation_aborted;
    const size_t size = is_closed_ ? 0 : in_->take(into, error);
    done(error, size);
  });
}

void PipeLink::write(std::string_view bytes, std::function<void(const error_code&)> done) {
  out_->when_writable([this, bytes, done = std::move(done)] {
    done(is_closed_ ? error_code(boost::asio::error::operation_aborted) : out_->send(std::string(bytes)));
  });
}

void PipeLink::end_writing() {
  if (!std::exchange(has_ended_, true)) out_->end();
}

void PipeLink::close() {
  if (std::exchange(is_closed_, true)) return;
  in_->close_reader();
  end_writing();
}

}  // namespace skein::rpc
