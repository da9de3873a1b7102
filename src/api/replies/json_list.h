// An answer that lists objects: a JSON array. A long one is written piece by piece, and the loop's other work has its
// turn between two pieces, so that a swarm of many tasks is listed without anybody waiting for it.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text/json_text.h"
#include "io/http/message.h"
#include "store/tables.h"

namespace skein::api {

// The objects are those of one moment: they are kept, whatever becomes of them meanwhile.
template <class T>
struct Selection {
  std::vector<store::Ref<T>> candidates;
  std::function<bool(const T&)> is_wanted;  // asks nobody but the object
  std::function<nlohmann::json(const T&)> to_json;
};

inline constexpr size_t kListedAtOnce = 100;

template <class T>
nlohmann::json json_of(const Selection<T>& selection) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& object : selection.candidates)
    if (selection.is_wanted(*object)) out.push_back(selection.to_json(*object));
  return out;
}

template <class T>
boost::asio::awaitable<void> write_json_list(std::shared_ptr<const Selection<T>> selection, io::http::BodySink& sink) {
  std::string piece = "[";
  bool is_first = true;
  const auto executor = co_await boost::asio::this_coro::executor;
  for (size_t i = 0; i < selection->candidates.size(); ++i) {
    const T& object = *selection->candidates[i];
    if (selection->is_wanted(object)) {
      if (!std::exchange(is_first, false)) piece += ',';
      piece += json_text(selection->to_json(object));
    }
    if ((i + 1) % kListedAtOnce != 0) continue;
    if (!piece.empty()) {
      auto written = co_await sink.write(piece);
      if (!written.ok()) co_return;
      piece.clear();
    }
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
  piece += "]\n";
  (void)co_await sink.write(piece);
}

template <class T>
io::http::Response list_response(Selection<T> selection) {
  if (selection.candidates.size() <= kListedAtOnce) return io::http::Response::of_json(200, json_of(selection));
  io::http::Response out;
  out.headers.set("Content-Type", "application/json");
  auto kept = std::make_shared<const Selection<T>>(std::move(selection));
  out.stream = [kept](io::http::BodySink& sink) { return write_json_list<T>(kept, sink); };
  return out;
}

}  // namespace skein::api
