// With real processes: those who are attached to containers.
#include "engine/process/processes_for_test.h"

namespace skein::engine {
namespace {

class ProcessStreams : public Processes {
 protected:
  std::unique_ptr<io::http::ByteStream> attach(const std::string& id, AttachQuery query) {
    query.has_output = query.has_errors = true;
    auto attached = run(engine_->attach(id, std::move(query)));
    EXPECT_TRUE(attached.ok()) << attached.error().text();
    return attached.ok() ? std::move(*attached) : nullptr;
  }
  // In frames.
  std::string read_to_end(io::http::ByteStream& stream) {
    std::string all;
    std::array<char, 5> piece;  // so that what is read from the log has to wait
    for (;;) {
      auto size = run(stream.read_some(piece));
      if (!size.ok() || *size == 0) return all;
      all.append(piece.data(), *size);
    }
  }
};

const std::string kOut = std::string("\x01\0\0\0\0\0\0\x04", 8) + "out\n";
const std::string kErr = std::string("\x02\0\0\0\0\0\0\x04", 8) + "err\n";

TEST_F(ProcessStreams, begin_before_the_start_and_end_with_the_container) {
  const std::string id = create_shell("echo out; exec >&-; echo err >&2; exit 4");
  auto stream = attach(id, {});
  EXPECT_TRUE(run(stream->write("to nobody")).ok());
  stream->end_writing();
  start(id);
  const std::string all = read_to_end(*stream);
  EXPECT_TRUE(all == kOut + kErr || all == kErr + kOut) << "two pipes have no order";
}

TEST_F(ProcessStreams, have_all_that_was_written_also_where_the_container_goes_with_its_end) {
  const std::string id = create_shell("echo out", {{"HostConfig", {{"AutoRemove", true}}}});
  auto stream = attach(id, {});
  start(id);
  await_told("removed " + id);
  EXPECT_EQ(read_to_end(*stream), kOut);
}

TEST_F(ProcessStreams, begin_with_what_was_written_where_that_is_asked_for) {
  const std::string id = start_shell("echo out; echo ready; sleep 1000 & wait");
  await_output(id, "ready");
  auto all = attach(id, {.has_logs = true}), later = attach(id, {});
  auto now = attach(id, {.has_logs = true, .is_streaming = false});
  EXPECT_EQ(read_to_end(*now).substr(0, kOut.size()), kOut) << "it ends while the container runs";
  EXPECT_TRUE(run(engine_->kill(id, "SIGKILL")).ok());
  EXPECT_EQ(read_to_end(*all).substr(0, kOut.size()), kOut);
  EXPECT_EQ(read_to_end(*later), "");
}

TEST_F(ProcessStreams, end_with_a_start_that_fails_and_with_the_container_itself) {
  const std::string lost = create({{"Cmd", {"no-such-program"}}});
  auto stream = attach(lost, {});
  EXPECT_FALSE(run(engine_->start(lost)).ok());
  EXPECT_EQ(read_to_end(*stream), "");
  stream = attach(lost, {});
  EXPECT_TRUE(run(engine_->remove(lost, false)).ok());
  EXPECT_EQ(read_to_end(*stream), "");
  EXPECT_EQ(run(engine_->attach(lost, {})).error().code, Code::kNotFound);
}

TEST_F(ProcessStreams, end_when_they_are_closed_and_the_container_goes_on) {
  const std::string id = start_shell(kStubborn);
  auto stream = attach(id, {});
  stream->close();
  EXPECT_EQ(read_to_end(*stream), "");
  EXPECT_EQ(state(id)["Running"], true);
}

TEST_F(ProcessStreams, have_no_terminal_and_no_figures) {
  const std::string id = create({{"Cmd", {"true"}}, {"Tty", true}});
  EXPECT_EQ(run(engine_->attach(id, {})).error().code, Code::kUnimplemented);
  EXPECT_EQ(run(engine_->stats(id, {})).error().code, Code::kUnimplemented);
}

}  // namespace
}  // namespace skein::engine
