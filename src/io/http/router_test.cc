#include "io/http/router.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

namespace skein::io::http {
namespace {

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    for (const char* pattern : {"/containers/json", "/containers/{id}/json", "/images/{name*}/json", "/_ping"})
      router.add("GET", pattern, [pattern](Request& request) -> boost::asio::awaitable<Response> {
        std::string text = pattern;
        for (auto& [key, value] : request.params) text += ' ' + value;
        co_return Response::of_text(200, text + " v" + request.version.text());
      });
  }
  Response ask(std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    Response response;
    boost::asio::io_context loop;
    boost::asio::co_spawn(loop, router.answer(request), [&](std::exception_ptr e, Response r) {
      EXPECT_FALSE(e);
      response = std::move(r);
    });
    loop.run();
    return response;
  }
  static std::string message(const Response& response) { return nlohmann::json::parse(response.body)["message"]; }

  Router router;
};

TEST_F(RouterTest, literal_routes_win_over_parameters) {
  EXPECT_EQ(ask("GET", "/v1.41/containers/json").body, "/containers/json v1.41");
  EXPECT_EQ(ask("GET", "/containers/abc/json").body, "/containers/{id}/json abc v1.55");
}

TEST_F(RouterTest, image_names_may_contain_slashes) {
  EXPECT_EQ(ask("GET", "/v1.24/images/host:5000/a/b:1/json").body, "/images/{name*}/json host:5000/a/b:1 v1.24");
  EXPECT_EQ(ask("GET", "/v1.24/images/json").status, 404);
}

TEST_F(RouterTest, versions_outside_the_range_are_refused_in_dockers_words) {
  auto too_new = ask("GET", "/v1.99/_ping");
  EXPECT_EQ(too_new.status, 400);
  EXPECT_EQ(message(too_new), "client version 1.99 is too new. Maximum supported API version is 1.55");
  auto too_old = ask("GET", "/v1.10/_ping");
  EXPECT_EQ(too_old.status, 400);
  EXPECT_EQ(message(too_old),
            "client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your "
            "client to a newer version");
  EXPECT_EQ(ask("GET", "/v1/_ping").status, 404);
  EXPECT_EQ(ask("GET", "/v1.99999999999999999999/_ping").status, 404);
}

TEST_F(RouterTest, every_answer_says_who_answered) {
  for (auto& response :
       {ask("GET", "/_ping"), ask("GET", "/nowhere"), ask("GET", "/v1.99/_ping"), ask("POST", "/_ping")}) {
    EXPECT_EQ(response.headers.get("Api-Version"), "1.55");
    EXPECT_EQ(response.headers.get("Ostype"), "linux");
    EXPECT_EQ(response.headers.get("Docker-Experimental"), "false");
    EXPECT_FALSE(response.headers.get("Server").empty());
  }
}

TEST_F(RouterTest, unknown_paths_and_methods_are_told_apart) {
  EXPECT_EQ(message(ask("GET", "/nowhere")), "page not found");
  EXPECT_EQ(ask("GET", "/nowhere").status, 404);
  EXPECT_EQ(ask("DELETE", "/_ping").status, 405);
  for (const char* path : {"", "/", "//", "/containers//json", "/v", "/v1.41", "/v1.41/"})
    EXPECT_EQ(ask("GET", path).status, 404) << path;
}

}  // namespace
}  // namespace skein::io::http
