#include "engine/values/stream_queries.h"

#include <gtest/gtest.h>

namespace skein::engine {
namespace {

using io::http::Query;

std::string attach_said_again(const char* text) { return attach_query_text(parse_attach_query(Query::parse(text))); }
std::string stats_said_again(const char* text) { return stats_query_text(parse_stats_query(Query::parse(text))); }

TEST(StreamQueries, an_attachment_is_asked_for_as_the_client_asked) {
  EXPECT_EQ(attach_said_again(""), "logs=0&stream=1&stdin=0&stdout=0&stderr=0");
  EXPECT_EQ(attach_said_again("stream=false&logs=1&stdout=true"), "logs=1&stream=0&stdin=0&stdout=1&stderr=0");
  EXPECT_EQ(attach_said_again("stdin=1&stderr=1&detachKeys=ctrl-x,q&more=1"),
            "logs=0&stream=1&stdin=1&stdout=0&stderr=1&detachKeys=ctrl-x%2Cq");
}

TEST(StreamQueries, figures_go_on_unless_it_is_said_otherwise) {
  EXPECT_EQ(stats_said_again(""), "stream=1");
  EXPECT_EQ(stats_said_again("stream=0&one-shot=1"), "stream=0&one-shot=1");
}

}  // namespace
}  // namespace skein::engine
