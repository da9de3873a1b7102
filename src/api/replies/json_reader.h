// Reads the parts of a JSON text that scan_json has taken: its syntax is right. Pure.
#pragma once

#include <string>
#include <string_view>

namespace skein::api {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  // The first character of the next value, which tells its kind.
  char peek();
  // After '{' or '[' and between members: goes behind what stands before the next member. False at the end, which is
  // then read.
  bool next();
  void open() { peek(), ++at_; }  // '{' or '['

  std::string text();          // a string, its escapes replaced; what is no UTF-8 is U+FFFD, as Go has it
  std::string key();           // a member's name and the colon
  std::string_view literal();  // a number, true, false or null, as it stands
  std::string_view skip();     // any value

 private:
  void add_escape(std::string& out);
  void add_character(std::string& out);
  unsigned hex4();

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace skein::api
