#include "engine/exec/exec_call.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

TEST(ExecCall, knows_dockers_four_requests) {
  EXPECT_EQ(parse_exec_call("POST", "/containers/web/exec").verb, ExecVerb::kCreate);
  EXPECT_EQ(parse_exec_call("POST", "/containers/web/exec").subject, "web");
  EXPECT_EQ(parse_exec_call("POST", "/exec/e1/start").verb, ExecVerb::kStart);
  EXPECT_EQ(parse_exec_call("GET", "/exec/e1/json").verb, ExecVerb::kInspect);
  const ExecCall resize = parse_exec_call("POST", "/exec/e%31/resize?h=5&w=7");
  EXPECT_EQ(resize.verb, ExecVerb::kResize);
  EXPECT_EQ(resize.subject, "e1");
  EXPECT_EQ(resize.query.get("w"), "7");
}

TEST(ExecCall, all_else_is_none) {
  for (const char* target :
       {"/containers/exec", "/containers//exec", "/containers/a/b/exec", "/exec/start", "/exec//start",
        "/exec/a/b/start", "/containers/a/exec/", "/containers/exec/start", "/images/a/exec", "", "/exec/a/json/start"})
    EXPECT_EQ(parse_exec_call("POST", target).verb, ExecVerb::kNone) << target;
  EXPECT_EQ(parse_exec_call("GET", "/exec/a/start").verb, ExecVerb::kNone);
  EXPECT_EQ(parse_exec_call("DELETE", "/containers/a/exec").verb, ExecVerb::kNone);
}

}  // namespace
}  // namespace skein::engine
