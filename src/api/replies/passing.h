// Handing a request on to the engine and its answer back, with errors in Docker's words.
#pragma once

#include <functional>
#include <optional>

#include "engine/engine.h"
#include "engine/errors.h"
#include "io/http/message.h"

namespace skein::api {

struct Passing {
  engine::ErrorSubject subject;
  // For whole answers that are JSON.
  std::function<void(nlohmann::json&)> change;
  // For streams of JSON lines: applied to each; lines that are no JSON go through as they are.
  std::function<boost::asio::awaitable<void>(nlohmann::json&)> change_line;
  // For streams: the answer instead, where the first line says that nothing was begun.
  std::function<std::optional<io::http::Response>(const nlohmann::json&)> refusal_in;
  std::string content_type;  // replaces the engine's, if not empty
};

// A path that begins with '/', segment by segment, so that a blank or '?' in a name stays in it.
std::string encode_path(std::string_view path);

// The request as it came: method, path, query, registry credentials. A body is left out, as Docker leaves out those
// that it expects none of: an engine might take it for a container's input.
io::http::ClientRequest to_engine(io::http::Request& request);
io::http::ClientRequest to_engine_with_body(io::http::Request& request);

io::http::Response error_response(const io::http::Reply& reply, const engine::ErrorSubject& subject);

// Waits for the whole answer.
boost::asio::awaitable<io::http::Response> pass_whole(engine::Engine& engine, io::http::ClientRequest request,
                                                      Passing passing);
// The engine's JSON answer, or its error as an answer.
struct Asked {
  nlohmann::json value;
  std::optional<io::http::Response> refusal;
};
boost::asio::awaitable<Asked> ask_engine(engine::Engine& engine, std::string method, std::string target,
                                         engine::ErrorSubject subject);
boost::asio::awaitable<Asked> ask_engine(engine::Engine& engine, std::string method, std::string target);

// Answers piece by piece, as the engine does.
boost::asio::awaitable<io::http::Response> pass_stream(engine::Engine& engine, io::http::ClientRequest request,
                                                       Passing passing);
// Of what Docker's clients tell a stream with frames from one without.
inline constexpr const char* kRawStream = "application/vnd.docker.raw-stream";
inline constexpr const char* kMultiplexedStream = "application/vnd.docker.multiplexed-stream";

// 200 with all that comes from the engine, piece by piece.
io::http::Response stream_answer(std::shared_ptr<io::http::BodySource> source, const std::string& content_type);
// Joins the client with a stream of the engine's.
io::http::Response hijack_answer(std::shared_ptr<io::http::ByteStream> back, const std::string& content_type);

}  // namespace skein::api
