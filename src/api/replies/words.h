// The words that Docker's JSON has for the values of an enumeration, both ways.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>

namespace skein::api {

template <class E>
struct Word {
  E value;
  std::string_view text;
};

template <class E, size_t N>
struct Words {
  std::string_view unknown;  // what to say of another word, which stands for '%' in it
  std::array<Word<E>, N> all;

  std::string_view text(E value) const {
    for (const auto& word : all)
      if (word.value == value) return word.text;
    return "";
  }
  // Without regard to case.
  std::optional<E> value(std::string_view text) const {
    auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    for (const auto& word : all)
      if (std::ranges::equal(word.text, text, [&](char a, char b) { return lower(a) == lower(b); })) return word.value;
    return std::nullopt;
  }
  std::string complaint(std::string_view text) const {
    size_t place = unknown.find('%');
    return std::string(unknown.substr(0, place)) + std::string(text.substr(0, 100)) +
           std::string(unknown.substr(place + 1));
  }
};

}  // namespace skein::api
