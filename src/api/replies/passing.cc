#include "api/replies/passing.h"

#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "engine/podman/events/events.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::ClientRequest;
using io::http::Request;
using io::http::Response;

namespace {

Response unavailable(const Error& error) {
  if (error.code == Code::kUnavailable || error.code == Code::kDataLoss)
    return Response::of_message(503, "the container engine is not available: " + error.text());
  return Response::of_error(error);
}

void copy_headers(const io::http::Headers& from, Response& to) {
  for (const char* name : {"Content-Type", "X-Docker-Container-Path-Stat"})
    if (from.has(name)) to.headers.set(name, from.get(name));
}

}  // namespace

std::string encode_path(std::string_view path) {
  std::string out;
  for (size_t at = 0; at < path.size();) {
    const size_t slash = std::min(path.find('/', at + 1), path.size());
    out += '/' + io::http::percent_encode(path.substr(at + 1, slash - at - 1));
    at = slash;
  }
  return out;
}

ClientRequest to_engine(Request& request) {
  ClientRequest out;
  out.method = request.method;
  out.target = encode_path(request.path);
  if (!request.query.is_empty()) out.target += '?' + request.query.text();
  for (const char* name : {"Content-Type", "X-Registry-Auth", "X-Registry-Config"})
    if (request.headers.has(name)) out.headers.set(name, request.headers.get(name));
  return out;
}

ClientRequest to_engine_with_body(Request& request) {
  ClientRequest out = to_engine(request);
  out.body = request.body;
  return out;
}

Response error_response(const io::http::Reply& reply, const engine::ErrorSubject& subject) {
  auto error = engine::docker_error(reply.status, reply.message(), subject);
  return Response::of_message(error.status, error.message);
}

awaitable<Response> pass_whole(engine::Engine& engine, ClientRequest request, Passing passing) {
  auto reply = co_await engine.call(std::move(request));
  if (!reply.ok()) co_return unavailable(reply.error());
  if (reply->status >= 400) co_return error_response(*reply, passing.subject);
  Response response;
  response.status = reply->status;
  if (passing.change && !reply->body.empty()) {
    auto value = reply->json();
    if (!value.ok()) co_return Response::of_error(value.error());
    passing.change(*value);
    co_return Response::of_json(reply->status, *value);
  }
  copy_headers(reply->headers, response);
  if (!passing.content_type.empty()) response.headers.set("Content-Type", passing.content_type);
  response.body = std::move(reply->body);
  co_return response;
}

awaitable<Asked> ask_engine(engine::Engine& engine, std::string method, std::string target,
                            engine::ErrorSubject subject) {
  ClientRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  Asked asked;
  Passing passing;
  passing.subject = std::move(subject);
  passing.change = [&asked](nlohmann::json& value) { asked.value = value; };
  Response response = co_await pass_whole(engine, std::move(request), std::move(passing));
  if (response.status >= 400) asked.refusal = std::move(response);
  co_return asked;
}

awaitable<Asked> ask_engine(engine::Engine& engine, std::string method, std::string target) {
  return ask_engine(engine, std::move(method), std::move(target), engine::ErrorSubject());
}

namespace {

awaitable<void> copy_lines(std::string early, io::http::BodySource& source, io::http::BodySink& sink,
                           std::function<awaitable<void>(nlohmann::json&)> change) {
  engine::LineSplitter lines;
  bool is_over = false;
  lines.add(early);
  while (!is_over) {
    auto piece = co_await source.read_some();
    is_over = !piece.ok() || piece->empty();
    lines.add(is_over ? std::string("\n") : *piece);
    while (auto line = lines.next()) {
      if (line->empty()) continue;
      auto value = nlohmann::json::parse(*line, nullptr, false);
      if (!value.is_discarded()) {
        co_await change(value);
        *line = json_text(value);
      }
      *line += '\n';
      auto written = co_await sink.write(*line);
      if (!written.ok()) co_return;
    }
  }
}

// What comes until the first line is whole: pieces of a stream end anywhere. Lines of no text before it are left out.
awaitable<std::string> read_first_line(io::http::BodySource& source) {
  static constexpr size_t kLineBytesMax = 64u << 10;
  std::string early;
  while (early.find('\n') == std::string::npos && early.size() < kLineBytesMax) {
    auto piece = co_await source.read_some();
    if (!piece.ok() || piece->empty()) break;
    early += *piece;
    early.erase(0, early.find_first_not_of("\r\n"));
  }
  co_return early;
}

std::function<awaitable<void>(io::http::BodySink&)> copying(std::shared_ptr<io::http::BodySource> source,
                                                            std::string early = {}) {
  return [source, early](io::http::BodySink& sink) -> awaitable<void> {
    if (!early.empty()) {
      auto written = co_await sink.write(early);
      if (!written.ok()) co_return;
    }
    while (true) {
      auto piece = co_await source->read_some();
      if (!piece.ok() || piece->empty()) co_return;
      auto written = co_await sink.write(*piece);
      if (!written.ok()) co_return;
    }
  };
}

}  // namespace

awaitable<Response> pass_stream(engine::Engine& engine, ClientRequest request, Passing passing) {
  auto opened = co_await engine.open(std::move(request));
  if (!opened.ok()) co_return unavailable(opened.error());
  std::shared_ptr<io::http::ReplyStream> stream = std::move(*opened);
  if (stream->head.status >= 400) {
    auto body = co_await io::http::read_all(*stream, 1u << 20);
    if (body.ok()) stream->head.body = std::move(*body);
    co_return error_response(stream->head, passing.subject);
  }
  std::string early;
  if (passing.refusal_in) {
    early = co_await read_first_line(*stream);
    const auto first = nlohmann::json::parse(early.substr(0, early.find('\n')), nullptr, false);
    if (auto refusal = passing.refusal_in(first)) co_return *refusal;
  }
  Response response;
  response.status = stream->head.status;
  copy_headers(stream->head.headers, response);
  if (!passing.content_type.empty()) response.headers.set("Content-Type", passing.content_type);
  if (passing.change_line) {
    response.stream = [stream, early, change = passing.change_line](io::http::BodySink& sink) -> awaitable<void> {
      co_await copy_lines(early, *stream, sink, change);
    };
    co_return response;
  }
  response.stream = copying(std::move(stream), std::move(early));
  co_return response;
}

Response stream_answer(std::shared_ptr<io::http::BodySource> source, const std::string& content_type) {
  Response response;
  response.headers.set("Content-Type", content_type);
  response.stream = copying(std::move(source));
  return response;
}

Response hijack_answer(std::shared_ptr<io::http::ByteStream> back, const std::string& content_type) {
  Response response;
  response.headers.set("Content-Type", content_type);
  response.hijack = [back](io::http::ByteStream& front) -> awaitable<void> { co_await io::http::splice(front, *back); };
  return response;
}

}  // namespace skein::api
