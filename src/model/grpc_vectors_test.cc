// Bytes that real Docker daemons sent each other: what we parse must be what they meant, and what we write the same
// bytes, or a mixed swarm loses objects' fields.
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "wire/proto/ca.pb.h"
#include "wire/proto/dispatcher.pb.h"
#include "wire/proto/logbroker.pb.h"
#include "wire/proto/resource.pb.h"

namespace skein::model {
namespace {

namespace pb = google::protobuf;

std::string read(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

std::unique_ptr<pb::Message> make(const std::string& type) {
  // Linking a generated file registers its messages.
  docker::swarmkit::v1::PublishLogsMessage::descriptor();
  docker::swarmkit::v1::AttachNetworkRequest::descriptor();
  docker::swarmkit::v1::GetRootCACertificateRequest::descriptor();
  docker::swarmkit::v1::SessionRequest::descriptor();
  const auto* descriptor = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (!descriptor) return nullptr;
  return std::unique_ptr<pb::Message>(pb::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
}

TEST(GrpcVectors, messages_of_real_daemons_mean_and_encode_the_same) {
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SKEIN_TEST_DATA "/grpc")) {
    if (entry.path().extension() != ".bin") continue;
    SCOPED_TRACE(entry.path().filename().string());
    auto about = nlohmann::json::parse(read(std::filesystem::path(entry.path()).replace_extension(".json")));
    auto got = make(about["message_type"]), want = make(about["message_type"]);
    ASSERT_TRUE(got) << about["message_type"];
    std::string bytes = read(entry.path());
    ASSERT_TRUE(got->ParseFromString(bytes));
    EXPECT_TRUE(pb::util::JsonStringToMessage(about["message"].dump(), want.get()).ok());
    std::string difference;
    pb::util::MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differencer.Compare(*want, *got)) << difference;
    if (about.value("reserialises_identically", true)) {
      EXPECT_EQ(got->SerializeAsString(), bytes);
    }
    ++checked;
  }
  EXPECT_GE(checked, 60);
}

}  // namespace
}  // namespace skein::model
