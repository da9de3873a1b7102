// With real processes: what a lab counts on when its daemons are killed.
#include "engine/process/processes_for_test.h"

namespace skein::engine {
namespace {

TEST_F(Processes, outlive_the_daemon_and_are_adopted) {
  std::string id = start_shell(kPolite);
  await_output(id, "ready");
  const json before = state(id);
  lose_engine();
  log_.clear();
  make_engine();
  EXPECT_EQ(state(id), before);
  EXPECT_TRUE(run(engine_->stop(id, 1000)).ok());
  await_told("exit 7 " + id);
  EXPECT_EQ(log_, (std::vector<std::string>{"exit 7 " + id}));
}

TEST_F(Processes, are_not_killed_when_who_waits_for_their_stop_is_ended) {
  std::string id = start_shell(kStubborn);
  await_output(id, "ready");
  io::TaskScope callers(loop_.get_executor());
  auto stop = [&](int timeout_s) -> asio::awaitable<void> { co_await engine_->stop(id, timeout_s); };
  auto restart = [&]() -> asio::awaitable<void> {
    io::http::ClientRequest request;
    request.method = "POST";
    request.target = "/containers/" + id + "/restart?t=1000";
    co_await engine_->call(request);
  };
  callers.spawn("stop", stop(1000));
  callers.spawn("restart", restart());
  loop_.restart();
  loop_.poll();
  const json before = state(id);
  run_to_end(callers.close());
  lose_engine();
  make_engine();
  EXPECT_EQ(state(id), before);
}

TEST_F(Processes, that_ended_while_there_was_no_daemon_are_told_to_the_next) {
  const std::string fifo = folder_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::string id = start_shell("read x < " + fifo + "; exit 5");
  lose_engine();
  log_.clear();
  auto record = parse_record(*io::read_file(state_folder() + "/" + id + "/record.json"));
  ASSERT_TRUE(record.ok() && record->is_running());
  std::ofstream(fifo) << "go\n";
  await_end(record->run->supervisor);
  make_engine();
  await_told("exit 5 " + id);
  EXPECT_EQ(state(id)["ExitCode"], 5);
  lose_engine();
  log_.clear();
  make_engine();
  EXPECT_EQ(state(id)["ExitCode"], 5);
  loop_.restart();
  loop_.poll();
  EXPECT_EQ(log_, std::vector<std::string>()) << "told once";
}

TEST_F(Processes, of_a_boot_before_have_ended) {
  std::string id = start_shell(kStubborn);
  const std::string path = state_folder() + "/" + id + "/record.json";
  lose_engine();
  auto record = parse_record(*io::read_file(path));
  ProcessRecord changed = *record;
  changed.run->boot = "another";
  ASSERT_TRUE(io::write_file_atomically(path, format_record(changed), 0600).ok());
  make_engine();
  EXPECT_EQ(state(id)["ExitCode"], 137);
  EXPECT_EQ(::kill(record->run->process.pid, 0), 0) << "its number may be another's now";
  ::kill(record->run->process.pid, SIGKILL);
  await_end(record->run->supervisor);
}

TEST_F(Processes, die_with_their_supervisor) {
  std::string id = start_shell(kStubborn);
  await_output(id, "ready");
  auto record = parse_record(*io::read_file(state_folder() + "/" + id + "/record.json"));
  ASSERT_TRUE(record.ok());
  ::kill(record->run->supervisor.pid, SIGKILL);
  await_told("exit 137 " + id);
  EXPECT_EQ(state(id)["Running"], false);
}

TEST_F(Processes, damaged_records_are_skipped) {
  std::string good = create_shell("true");
  lose_engine();
  auto put = [&](char digit, const std::string& content) {
    const std::string folder = state_folder() + "/" + std::string(64, digit);
    fs::create_directory(folder);
    std::ofstream(folder + "/record.json") << content;
  };
  put('0', "garbage");
  put('1', *io::read_file(state_folder() + "/" + good + "/record.json"));  // of another id
  put('2', std::string(kRecordBytesMax + 1, ' '));
  put('3', "{");
  fs::create_directories(state_folder() + "/" + std::string(64, '4') + "/record.json");
  fs::create_directory(state_folder() + "/" + std::string(64, '5'));  // a crash during the creation
  put('6', "");                                                       // the host's
  std::ofstream(state_folder() + "/file") << "x";
  make_engine();
  auto listed = run(engine_->list({}));
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0]["Id"], good);
  EXPECT_TRUE(fs::exists(state_folder() + "/" + std::string(64, '0'))) << "somebody may want to look at it";
  EXPECT_FALSE(fs::exists(state_folder() + "/" + std::string(64, '5')));
  EXPECT_FALSE(fs::exists(state_folder() + "/" + std::string(64, '6')));
  for (char digit : {'0', '1', '2', '3', '4'}) fs::remove_all(state_folder() + "/" + std::string(64, digit));
  fs::remove(state_folder() + "/file");
}

TEST_F(Processes, damaged_ends_are_those_of_a_kill) {
  std::string id = start_shell(kPolite);
  await_output(id, "ready");
  lose_engine();
  auto record = parse_record(*io::read_file(state_folder() + "/" + id + "/record.json"));
  ASSERT_TRUE(io::signal_process(record->run->process, SIGTERM));
  await_end(record->run->supervisor);
  std::ofstream(state_folder() + "/" + id + "/exit") << std::string(1 << 20, 'x');
  make_engine();
  await_told("exit 137 " + id);
  EXPECT_EQ(state(id)["ExitCode"], 137);
}

}  // namespace
}  // namespace skein::engine
