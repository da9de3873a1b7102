// A command that cannot be started is told in Docker's words; everything else passes unchanged, however it is cut.
#include "api/exec_stream.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>

namespace skein::api {
namespace {

using boost::asio::awaitable;

// Gives the pieces one by one, then the end.
class Pieces final : public io::http::ByteStream {
 public:
  explicit Pieces(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}
  awaitable<Result<size_t>> read_some(std::span<char> buffer) override {
    if (pieces_.empty()) co_return size_t{0};
    std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    size_t size = std::min(piece.size(), buffer.size());
    std::copy_n(piece.begin(), size, buffer.begin());
    if (size < piece.size()) pieces_.push_front(piece.substr(size));
    co_return size;
  }
  awaitable<Result<void>> write(std::string_view) override { co_return Result<void>(); }
  void end_writing() override {}
  void close() override {}

 private:
  std::deque<std::string> pieces_;
};

struct Heard {
  std::string text;
  int questions = 0;
};

awaitable<void> listen(ExecStream& stream, std::string& text) {
  std::array<char, 7> buffer;  // smaller than anything that is kept back
  for (;;) {
    auto size = co_await stream.read_some(buffer);
    EXPECT_TRUE(size.ok());
    if (!size.ok() || *size == 0) co_return;
    text.append(buffer.data(), *size);
  }
}

Heard hear(std::deque<std::string> pieces, bool is_framed) {
  Heard heard;
  ExecStream stream(std::make_shared<Pieces>(std::move(pieces)), is_framed, [&heard]() -> awaitable<std::string> {
    ++heard.questions;
    co_return "nosuch";
  });
  boost::asio::io_context loop;
  boost::asio::co_spawn(loop, listen(stream, heard.text), [](std::exception_ptr failed) { EXPECT_FALSE(failed); });
  loop.run();
  return heard;
}

std::string frame(const std::string& text) {
  return std::string{1, 0, 0, 0, 0, 0, static_cast<char>(text.size() >> 8), static_cast<char>(text.size())} + text;
}

const std::string kComplaint = "Error: crun: executable file `nosuch` not found in $PATH: No such file or directory";
const std::string kInDockersWords =
    "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not "
    "found in $PATH: unknown\r\n";

TEST(ExecStream, a_complaint_becomes_dockers) {
  auto heard = hear({kComplaint}, false);
  EXPECT_EQ(heard.text, kInDockersWords);
  EXPECT_EQ(heard.questions, 1);
  EXPECT_EQ(hear({frame(kComplaint)}, true).text, frame(kInDockersWords));
}

TEST(ExecStream, a_complaint_may_come_byte_by_byte) {
  std::deque<std::string> bytes;
  for (char c : frame(kComplaint)) bytes.emplace_back(1, c);
  EXPECT_EQ(hear(bytes, true).text, frame(kInDockersWords));
}

TEST(ExecStream, what_only_begins_like_a_complaint_passes_unchanged) {
  for (const std::string text : {"Error: crun: something of the command's own", "Error: cr", "Error", ""}) {
    auto heard = hear({text}, false);
    EXPECT_EQ(heard.text, text);
    EXPECT_EQ(heard.questions, 0);
  }
  std::string much = "Error: crun: " + std::string(100000, 'x');
  EXPECT_EQ(hear({much}, false).text, much);
}

TEST(ExecStream, output_passes_in_its_order) {
  std::deque<std::string> pieces{frame("one"), frame("two") + frame("three"), "\x02", std::string(7, '\0')};
  std::string all;
  for (const auto& piece : pieces) all += piece;
  auto heard = hear(pieces, true);
  EXPECT_EQ(heard.text, all);
  EXPECT_EQ(heard.questions, 0);
}

}  // namespace
}  // namespace skein::api
