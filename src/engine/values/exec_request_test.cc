#include "engine/values/exec_request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/values/detach_keys.h"

namespace skein::engine {
namespace {

TEST(ExecRequest, is_read_whole) {
  auto request = parse_exec_request(nlohmann::json::parse(
      R"({"AttachStdin":true,"AttachStdout":true,"AttachStderr":false,"Tty":true,"Cmd":["sh","-c","a b"],"Env":["A=b","C"],
          "User":"u:g","Privileged":true,"WorkingDir":"/w","DetachKeys":"ctrl-x,q","ConsoleSize":[24,80]})"));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->command, (std::vector<std::string>{"sh", "-c", "a b"}));
  EXPECT_EQ(request->environment, (std::vector<std::string>{"A=b", "C"}));
  EXPECT_TRUE(request->attaches_input && request->attaches_output && !request->attaches_errors);
  EXPECT_TRUE(request->has_terminal && request->is_privileged);
  EXPECT_EQ(request->user, "u:g");
  EXPECT_EQ(request->working_folder, "/w");
  EXPECT_EQ(request->detach_keys, "\x18q");
  EXPECT_EQ(request->console, (ConsoleSize{24, 80}));
}

TEST(ExecRequest, without_a_command_is_refused) {
  for (const char* body : {"null", "[]", "{}", R"({"Cmd":[]})", R"({"Cmd":null})"}) {
    auto request = parse_exec_request(nlohmann::json::parse(body));
    ASSERT_FALSE(request.ok()) << body;
    EXPECT_EQ(request.error().text(), "No exec command specified");
    EXPECT_EQ(request.error().code, Code::kInvalidArgument);
  }
}

ExecStart start_of(const std::string& body) { return parse_exec_start(nlohmann::json::parse(body)); }

TEST(ExecRequest, sizes_that_no_terminal_has_are_none) {
  for (const char* size : {"null", "[]", "[1]", "[1,2,3]", "[-1,2]", "[70000,2]", "\"x\"", "[1.5,2]"})
    EXPECT_FALSE(start_of(R"({"ConsoleSize":)" + std::string(size) + "}").console) << size;
  EXPECT_EQ(start_of(R"({"ConsoleSize":[2,3]})").console, (ConsoleSize{2, 3}));
}

TEST(ExecRequest, a_start_is_attached_and_framed_unless_it_says_otherwise) {
  const ExecStart start = start_of("null");
  EXPECT_FALSE(start.is_detached || start.is_raw);
  EXPECT_TRUE(start_of(R"({"Detach":true})").is_detached);
  EXPECT_TRUE(start_of(R"({"Tty":true})").is_raw);
}

TEST(DetachKeysText, is_a_list_of_keys) {
  EXPECT_EQ(*parse_detach_keys(""), "");
  EXPECT_EQ(*parse_detach_keys("ctrl-a,b,ctrl-@,ctrl-[,ctrl-_"), std::string("\x01"
                                                                             "b\0\x1b\x1f",
                                                                             5));
  for (const char* wrong : {"ctrl-", "ctrl-zz", "ctrl-A", "ab", ",", "a,", ",a", "a,,b", "ctrl-1"}) {
    auto keys = parse_detach_keys(wrong);
    ASSERT_FALSE(keys.ok()) << wrong;
    EXPECT_EQ(keys.error().text(), "Invalid escape keys (" + std::string(wrong) + ") provided");
  }
}

// What passes, however the bytes come, and a '!' where the user has left.
std::string typed(const std::string& keys, const std::vector<std::string>& pieces) {
  DetachKeys filter(keys);
  std::string out;
  for (const auto& piece : pieces) {
    auto step = filter.add(piece);
    out += step.passed;
    if (step.is_detached) return out + '!';
  }
  return out;
}

TEST(DetachKeys, are_taken_out_of_what_is_typed) {
  EXPECT_EQ(typed("pq", {"abc"}), "abc");
  EXPECT_EQ(typed("pq", {"ab", "p", "q", "lost"}), "ab!");
  EXPECT_EQ(typed("pq", {"abpqlost"}), "ab!");
  EXPECT_EQ(typed("pq", {"p", "x"}), "px");
  EXPECT_EQ(typed("pq", {"pp", "q"}), "p!");
  EXPECT_EQ(typed("ppq", {"pppq"}), "p!");
  EXPECT_EQ(typed("ppq", {"ppxppq"}), "ppx!");
  EXPECT_EQ(typed("pq", {"p"}), "") << "kept back until it is known";
  EXPECT_EQ(typed("", {"a\x10\x11"}), "a!") << "the default keys";
  EXPECT_EQ(typed("q", {"aq"}), "a!");
}

}  // namespace
}  // namespace skein::engine
