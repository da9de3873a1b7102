// The members of a JSON object that a user sent (as body_of decodes it). The first mistake is kept, with the path of
// the member: a value of another type, or an unknown word. Members that nobody asks for do not matter, as in Docker.
//
//   std::optional<Error> problem;
//   {
//     Members spec(body, "", problem);
//     out.set_name(spec.text("Name"));
//     spec.object("Mode", [&](Members& mode) { … });
//   }
//   if (problem) return *problem;
//
// What is absent or null reads as empty. After a mistake everything reads as empty.
#pragma once

#include <google/protobuf/duration.pb.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/replies/words.h"
#include "base/result.h"

namespace skein::api {

class Members {
 public:
  // `path` is of the object itself, for messages. Both references must live as long.
  Members(const nlohmann::json& value, std::string path, std::optional<Error>& problem);
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  bool has(const char* key) { return find(key) != nullptr; }
  std::string text(const char* key);
  bool flag(const char* key);
  double fraction(const char* key);  // that a float can hold
  // An integer that N can hold.
  template <class N>
  N number(const char* key) {
    return static_cast<N>(integer(key, std::numeric_limits<N>::min(), std::numeric_limits<N>::max()));
  }
  google::protobuf::Duration duration(const char* key);  // nanoseconds
  std::vector<std::string> texts(const char* key);
  std::string bytes(const char* key);  // base64
  nlohmann::json raw(const char* key);

  // Words are compared without case; an empty one is `fallback`.
  template <class E, size_t N>
  E word(const char* key, const Words<E, N>& words, E fallback) {
    std::string found = text(key);
    if (found.empty()) return fallback;
    if (auto value = words.value(found)) return *value;
    note(words.complaint(found));
    return fallback;
  }

  template <class Texts>
  void texts_to(const char* key, Texts* out) {
    for (auto& one : texts(key)) *out->Add() = std::move(one);
  }
  template <class Map>
  void map_to(const char* key, Map* out) {
    for (auto& [name, value] : map(key)) (*out)[name] = value;
  }
  // `read(Members&)` for the object, if it is there.
  template <class Read>
  void object(const char* key, Read read) {
    if (const auto* value = find(key)) {
      Members inner(*value, path_of(key), problem_);
      if (!problem_) read(inner);
    }
  }
  // `read(Members&)` for each object of a list.
  template <class Read>
  void each(const char* key, Read read) {
    const auto* list = find(key);
    if (!list) return;
    if (!list->is_array()) return wrong(key, "a list");
    for (size_t i = 0; i < list->size() && !problem_; ++i) {
      Members inner((*list)[i], path_of(key) + "[" + std::to_string(i) + "]", problem_);
      if (!problem_) read(inner);
    }
  }

  // A mistake in the members' meaning; the first one counts.
  void note(std::string what);

 private:
  const nlohmann::json* find(const char* key);
  int64_t integer_or_bits(const char* key, int64_t min, uint64_t max);
  template <class Min, class Max>
  int64_t integer(const char* key, Min min, Max max) {
    return integer_or_bits(key, static_cast<int64_t>(min), static_cast<uint64_t>(max));
  }
  std::vector<std::pair<std::string, std::string>> map(const char* key);
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  void wrong(const char* key, const std::string& wanted);

  const nlohmann::json& value_;
  std::string path_;
  std::optional<Error>& problem_;
};

}  // namespace skein::api
