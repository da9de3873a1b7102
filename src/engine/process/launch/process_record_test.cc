// What is read back after a crash must be what was written, or nothing: a damaged record must not become a container.
#include "engine/process/launch/process_record.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using nlohmann::json;

ProcessRecord record() {
  ProcessRecord out;
  out.id = std::string(64, 'a');
  out.name = "web";
  out.created = WallTime{1};
  out.spec = {{"Cmd", {"true"}}, {"Labels", {{"a", "b"}}}};
  return out;
}

TEST(ProcessRecord, comes_back_as_it_was) {
  ProcessRecord before = record();
  before.run = ProcessRun{"boot", {10, 20}, {11, 21}, WallTime{2}};
  before.end = ProcessEnd{137, WallTime{3}};
  auto after = parse_record(format_record(before));
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(after->name, before.name);
  EXPECT_EQ(after->created, before.created);
  EXPECT_EQ(after->spec, before.spec);
  EXPECT_EQ(after->run, before.run);
  EXPECT_EQ(after->end, before.end);
  EXPECT_FALSE(after->is_running());
}

TEST(ProcessRecord, damaged_ones_are_none) {
  const json good = json::parse(format_record(record()));
  ASSERT_TRUE(parse_record(good.dump()).ok());
  auto with = [&](const char* name, json value) {
    json changed = good;
    changed[name] = std::move(value);
    return parse_record(changed.dump()).ok();
  };
  EXPECT_FALSE(with("id", "../../etc"));
  EXPECT_FALSE(with("id", std::string(64, 'A')));
  EXPECT_FALSE(with("name", ""));
  EXPECT_FALSE(with("created", "yesterday"));
  EXPECT_FALSE(with("spec", 3));
  EXPECT_FALSE(with("run", json::object()));
  // Process 0 would mean our own group, 1 the host.
  for (int64_t pid : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1} << 40})
    EXPECT_FALSE(
        with("run",
             {{"supervisor", {{"pid", pid}, {"start", 5}}}, {"process", {{"pid", 7}, {"start", 5}}}, {"started", 1}}));
  EXPECT_FALSE(with("end", {{"code", 0}, {"finished", 1}})) << "an end without a run";
  for (const char* text : {"", "null", "[]", "{", "\xff"}) EXPECT_FALSE(parse_record(text).ok()) << text;
  EXPECT_FALSE(parse_record(good.dump() + std::string(kRecordBytesMax, ' ')).ok());
}

TEST(ProcessRecord, an_end_is_a_code_and_a_time) {
  EXPECT_EQ(parse_end(format_end({3, WallTime{77}})), (ProcessEnd{3, WallTime{77}}));
  for (const char* text : {"", "x", "3", "256 1", "-1 1"}) EXPECT_FALSE(parse_end(text)) << text;
}

}  // namespace
}  // namespace skein::engine
