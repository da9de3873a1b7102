#include "engine/values/stream_frames.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

TEST(StreamContent, is_what_the_frames_have_however_they_come) {
  const std::string bytes = std::string("\1\0\0\0\0\0\0\5hello\2\0\0\0\0\0\0\0\2\0\0\0\0\0\1\0", 29) +
                            std::string(256, 'x') + std::string("\1\0\0\0\0\0\0\1!", 9);
  for (size_t piece : {1u, 2u, 7u, 8u, 9u, 13u, 1000u}) {
    StreamContent content;
    std::string got;
    for (size_t at = 0; at < bytes.size(); at += piece) got += content.take(std::string_view(bytes).substr(at, piece));
    EXPECT_EQ(got, "hello" + std::string(256, 'x') + "!") << piece;
  }
}

}  // namespace
}  // namespace skein::engine
