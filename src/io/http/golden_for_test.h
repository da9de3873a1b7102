// For tests: what a client and a Docker daemon sent each other, byte for byte, with the content stated
// (tests/data/http/golden).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace skein::io::http {

struct CapturedExchange {
  std::string name;
  nlohmann::json stated;
  std::string request, response;  // the whole connection, one string for each direction

  static std::string head_of(const std::string& bytes) { return bytes.substr(0, bytes.find("\r\n\r\n") + 4); }
  static std::string rest_of(const std::string& bytes) { return bytes.substr(head_of(bytes).size()); }

  std::string method() const { return request.substr(0, request.find(' ')); }
  std::string target() const {
    const size_t begin = method().size() + 1;
    return request.substr(begin, request.find(' ', begin) - begin);
  }
  std::string request_body() const { return stated.value("request_body", ""); }

  int status() const { return std::stoi(response.substr(response.find(' ') + 1)); }
  bool is_chunked() const { return stated["framing"] == "chunked"; }
  // Whether the connection left HTTP: its bytes belong to the container's streams.
  bool is_hijacked() const {
    return stated["framing"] == "raw until close" && (status() == 101 || status() == 200) && method() != "HEAD";
  }
  // Streams that the client left before their end have none.
  bool is_complete() const { return !is_chunked() || stated["terminated"] == true; }

  // The chunks of the answer's body, or the body in one piece.
  std::vector<std::string> pieces() const {
    const std::string rest = rest_of(response);
    if (!is_chunked()) return {rest};
    std::vector<std::string> chunks;
    for (size_t at = 0; at < rest.size();) {
      const size_t size = std::stoul(rest.substr(at), nullptr, 16);
      if (size == 0) break;
      at = rest.find("\r\n", at) + 2;
      chunks.push_back(rest.substr(at, size));
      EXPECT_EQ(chunks.back().size(), stated["chunk_sizes"].at(chunks.size() - 1));
      at += size + 2;
    }
    return chunks;
  }
  std::string body() const {
    std::string all;
    for (const std::string& piece : pieces()) all += piece;
    return all;
  }
};

// Header lines "Name: value" of a head, without its first line.
inline std::vector<std::pair<std::string, std::string>> fields_of(const std::string& head) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (size_t at = head.find("\r\n") + 2; head.compare(at, 2, "\r\n") != 0; at = head.find("\r\n", at) + 2) {
    const size_t colon = head.find(": ", at);
    fields.emplace_back(head.substr(at, colon - at), head.substr(colon + 2, head.find("\r\n", at) - colon - 2));
  }
  return fields;
}

inline std::vector<CapturedExchange> captured_exchanges() {
  const std::filesystem::path folder = SKEIN_TEST_DATA "/http/golden";
  auto read = [&](const std::string& name) {
    std::ifstream in(folder / name, std::ios::binary);
    EXPECT_TRUE(in) << name;
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::vector<CapturedExchange> exchanges;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    const std::string name = file.path().stem();
    exchanges.push_back(
        {name, nlohmann::json::parse(read(name + ".json")), read(name + ".req.bin"), read(name + ".resp.bin")});
  }
  std::sort(exchanges.begin(), exchanges.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  EXPECT_EQ(exchanges.size(), 36u);
  return exchanges;
}

}  // namespace skein::io::http
