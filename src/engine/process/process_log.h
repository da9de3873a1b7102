// Logs of the process engine, from the files that LogWriter writes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/values/log_query.h"
#include "io/http/message.h"

namespace skein::engine {

// The wanted frames of `frames`; what does not look like one ends it, as does an incomplete one. Pure.
struct SelectedLog {
  std::string frames;
  size_t bytes_used = 0;  // the whole frames at the beginning, wanted or not
};
SelectedLog select_log(std::string_view frames, const LogQuery& query);

class ProcessLog : public io::http::BodySource {
 public:
  // Reads all that there is: the files may be taken away now.
  virtual void look() = 0;
};

// Following, it looks for more ten times a second until `is_running` says no and all is read. A damaged file ends it.
std::shared_ptr<ProcessLog> open_log(boost::asio::any_io_executor executor, const std::string& folder,
                                     const LogQuery& query, std::function<bool()> is_running);

}  // namespace skein::engine
