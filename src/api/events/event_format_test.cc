// A client that reads one event wrongly reads none after it.
#include "api/events/event_format.h"

#include <gtest/gtest.h>

namespace skein::api {
namespace {

using io::http::ApiVersion;
using nlohmann::json;

std::string type_for(ApiVersion version, const char* accept) {
  io::http::Headers headers;
  if (accept) headers.set("Accept", accept);
  return EventFormat::of(headers, version).content_type();
}

json event_of(const char* type, const char* action) {
  return {{"Type", type}, {"Action", action}, {"Actor", {{"ID", "i1"}, {"Attributes", {{"image", "web:1"}}}}}};
}

json written(const json& event, ApiVersion version) {
  const std::string text = EventFormat::of({}, version).write(event);
  EXPECT_TRUE(text.ends_with("\n"));
  return json::parse(text);
}

TEST(EventFormat, is_that_of_the_version_unless_the_client_names_another) {
  const struct {
    ApiVersion version;
    const char* accept;
    const char* wanted;
  } kCases[] = {
      {{1, 24}, nullptr, "application/json"},
      {{1, 51}, nullptr, "application/json"},
      {{1, 52}, nullptr, "application/jsonl"},
      {{1, 55}, "", "application/jsonl"},
      {{1, 51}, "*/*", "application/json"},
      {{1, 52}, "*/*", "application/jsonl"},
      {{1, 53}, "application/*;q=0.9", "application/jsonl"},
      {{1, 53}, "application/json", "application/jsonl"},
      {{1, 53}, "application/x-ndjson", "application/x-ndjson"},
      {{1, 53}, "Application/JSON-Seq ; q=0.5", "application/json-seq"},
      {{1, 45}, "application/json-seq", "application/json-seq"},
      {{1, 53}, "application/jsonl, application/x-ndjson;q=0.9, application/json-seq;q=0.5", "application/jsonl"},
      {{1, 53}, "application/x-ndjson;q=0.2,application/json-seq;q=0.5", "application/json-seq"},
      {{1, 53}, "application/json-seq, application/x-ndjson", "application/x-ndjson"},
      {{1, 53}, "application/x-ndjson;q=0", "application/jsonl"},
      {{1, 53}, "application/x-ndjson;q=x,,;", "application/jsonl"},
  };
  for (const auto& one : kCases)
    EXPECT_EQ(type_for(one.version, one.accept), one.wanted)
        << one.version.text() << " " << (one.accept ? one.accept : "none");
}

TEST(EventFormat, a_sequence_begins_each_event_with_a_separator) {
  const json event = event_of("network", "create");
  const auto format = EventFormat::of({{"Accept", "application/json-seq"}}, {1, 52});
  const std::string text = format.write(event);
  EXPECT_EQ(text, "\x1e" + event.dump() + "\n");
}

TEST(EventFormat, old_members_are_told_until_1_52_of_containers_and_images) {
  const json container = event_of("container", "die"), image = event_of("image", "pull");
  for (int minor : {24, 46, 51}) {
    const json told = written(container, {1, minor});
    EXPECT_EQ(told["status"], "die");
    EXPECT_EQ(told["id"], "i1");
    EXPECT_EQ(told["from"], "web:1");
    EXPECT_EQ(written(image, {1, minor})["status"], "pull");
    EXPECT_FALSE(written(image, {1, minor}).contains("from"));
    for (const char* type : {"volume", "network", "service"})
      EXPECT_EQ(written(event_of(type, "create"), {1, minor}), event_of(type, "create")) << type;
  }
  for (int minor : {52, 55}) {
    EXPECT_EQ(written(container, {1, minor}), container);
    EXPECT_EQ(written(image, {1, minor}), image);
  }
}

TEST(EventFormat, images_are_created_since_1_46) {
  EXPECT_EQ(EventFormat::of({}, {1, 45}).write(event_of("image", "create")), "");
  EXPECT_NE(EventFormat::of({}, {1, 46}).write(event_of("image", "create")), "");
  EXPECT_NE(EventFormat::of({}, {1, 45}).write(event_of("container", "create")), "");
}

}  // namespace
}  // namespace skein::api
