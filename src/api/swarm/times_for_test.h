// Times as replies of Docker show them, back as the objects hold them.
#pragma once

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace skein::api {

inline google::protobuf::Timestamp time_of(const nlohmann::json& text) {
  google::protobuf::Timestamp out;
  EXPECT_TRUE(google::protobuf::util::TimeUtil::FromString(text.get<std::string>(), &out));
  return out;
}

}  // namespace skein::api
