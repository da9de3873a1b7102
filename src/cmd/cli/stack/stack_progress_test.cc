// Someone who deploys a stack at a terminal must see of each service how far it is, and what it waits for.
#include "cmd/cli/stack/stack_progress.h"

#include <gtest/gtest.h>

namespace skein::cli {
namespace {

std::string text_after(StackProgress& progress, const std::vector<ProgressLine>& lines) {
  const auto line = progress.see(lines);
  return line ? line->id + ": " + line->text + " " + std::to_string(line->current) + "/" + std::to_string(line->total)
              : "";
}

TEST(StackProgress, a_service_is_one_line_that_changes) {
  StackProgress web("web");
  EXPECT_EQ(text_after(web, {{"overall progress", "0 out of 2 tasks"}, {"1/2", " "}, {"2/2", " "}}),
            "web: 0 out of 2 tasks 0/2");
  EXPECT_EQ(text_after(web, {{"1/2", "preparing", 6, 9}, {"overall progress", "0 out of 2 tasks"}}), "");
  EXPECT_EQ(text_after(web, {{"2/2", "no suitable node"}}), "web: 0 out of 2 tasks, no suitable node 0/0");
  EXPECT_EQ(text_after(web, {{"2/2", "running  ", 9, 9}, {"overall progress", "2 out of 2 tasks"}}),
            "web: 2 out of 2 tasks 2/2");
  EXPECT_EQ(text_after(web, {{"verify", "Waiting 5 seconds to verify that tasks are stable..."}}),
            "web: 2 out of 2 tasks, Waiting 5 seconds to verify that tasks are stable... 2/0");
  EXPECT_EQ(text_after(web, {{"verify", "Detected task failure"}, {"overall progress", "1 out of 2 tasks"}}),
            "web: 1 out of 2 tasks 1/2");
  EXPECT_EQ(web.end("Service web converged").text, "Service web converged");
}

TEST(StackProgress, an_update_that_waits_says_for_what_and_a_job_counts_what_is_complete) {
  StackProgress web("web");
  EXPECT_EQ(text_after(web, {{"overall progress", "0 out of 1 tasks"}, {"update", "waiting for db to be healthy"}}),
            "web: 0 out of 1 tasks, waiting for db to be healthy 0/0");
  EXPECT_EQ(text_after(web, {{"update", " "}}), "web: 0 out of 1 tasks 0/1");
  StackProgress job("migrate");
  EXPECT_EQ(text_after(job, {{"job progress", " 1 out of 12 complete", 1, 12}, {"active tasks", "1 out of 2 tasks"}}),
            "migrate: 1 out of 12 complete 1/12");
  EXPECT_EQ(text_after(job, {{"", "job complete", 0, 0, true}}), "");
}

}  // namespace
}  // namespace skein::cli
