#include "io/file/kept_file.h"

#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/log.h"
#include "io/loop/timer.h"

namespace skein::io {

Result<void> KeptFile::note(Result<void> written) {
  const bool was_missing = std::exchange(is_missing_, !written.ok());
  if (was_missing && written.ok()) log_info("file-written", {{"file", name_}});
  if (!was_missing && !written.ok())
    log_error("file-not-written", {{"file", name_}, {"why", written.error().text()}, {"then", "tried again"}});
  if (is_missing_ && !std::exchange(is_repeating_, true)) tasks_.spawn("file", write_until_done());
  return written;
}

boost::asio::awaitable<void> KeptFile::write_until_done() {
  Timer pause(tasks_.executor());
  while (is_missing_) {
    pause.expires_after(kPause);
    co_await pause.async_wait(boost::asio::use_awaitable);
    if (is_missing_) (void)write();
  }
  is_repeating_ = false;
}

}  // namespace skein::io
