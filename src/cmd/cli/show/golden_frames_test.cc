// What containers write comes out on the stream on which they wrote it: logs and attachments of real Docker daemons.
#include "cmd/cli/daemon/frames.h"
#include "io/http/golden_for_test.h"

namespace skein::cli {
namespace {

using Said = std::vector<std::pair<std::string, std::string>>;  // stream, text

// All that the frames of `bytes` say, fed in pieces of `piece_bytes`. Neighbours on one stream become one.
Said read_frames(const std::string& bytes, size_t piece_bytes) {
  Said said;
  FrameReader reader;
  for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
    EXPECT_TRUE(reader.read(std::string_view(bytes).substr(at, piece_bytes), [&](Stream stream, std::string_view text) {
      const char* name = stream == Stream::kStderr ? "stderr" : stream == Stream::kStdout ? "stdout" : "other";
      if (said.empty() || said.back().first != name) said.emplace_back(name, "");
      said.back().second += text;
    }));
  }
  return said;
}

TEST(GoldenFrames, every_captured_stream_says_what_is_stated) {
  size_t compared = 0;
  for (const auto& exchange : io::http::captured_exchanges()) {
    if (!exchange.stated.contains("frames")) continue;
    SCOPED_TRACE(exchange.name);
    Said expected;
    for (const auto& frame : exchange.stated["frames"]) {
      if (expected.empty() || expected.back().first != frame["stream"]) expected.emplace_back(frame["stream"], "");
      expected.back().second += frame["text"];
    }
    for (size_t piece_bytes : {size_t{1}, size_t{7}, size_t{65536}})
      EXPECT_EQ(read_frames(exchange.body(), piece_bytes), expected) << piece_bytes;
    ++compared;
  }
  EXPECT_EQ(compared, 13u);
}

}  // namespace
}  // namespace skein::cli
