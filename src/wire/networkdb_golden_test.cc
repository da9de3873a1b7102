// The table messages and records of real Docker daemons are read to exactly what they mean: endpoints whose records we
// misread get no name, no load balancing and no tunnel.
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "wire/networkdb_json_for_test.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::wire {

using Json = nlohmann::json;

namespace {

template <class T>
T parse(std::string_view bytes) {
  T message;
  EXPECT_TRUE(message.ParseFromString(std::string(bytes)));
  EXPECT_TRUE(message.GetReflection()->GetUnknownFields(message).empty());
  EXPECT_EQ(to_hex(message.SerializeAsString()), to_hex(bytes));
  return message;
}

Json json_of(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(message, &text, options).ok());
  return Json::parse(text);
}

Json table_event_json(std::string_view data) {
  auto event = parse<networkdb::TableEvent>(data);
  Json out;
  const std::string value = event.value();
  event.clear_value();
  out["TableEvent"] = json_of(event);
  out["value_hex"] = to_hex(value);
  if (event.table_name() == "endpoint_table")
    out["EndpointRecord"] = json_of(parse<networkdb::EndpointRecord>(value));
  else
    out["PeerRecord"] = json_of(parse<networkdb::PeerRecord>(value));
  return out;
}

Json bulk_sync_json(std::string_view data) {
  auto sync = parse<networkdb::BulkSyncMessage>(data);
  Json out;
  out["payload"] = networkdb_json(sync.payload());
  sync.clear_payload();
  out["BulkSyncMessage"] = json_of(sync);
  return out;
}

Json compound_json(std::string_view data) {
  Json messages = Json::array();
  const auto compound = parse<networkdb::CompoundMessage>(data);
  for (const auto& message : compound.messages()) {
    messages.push_back(networkdb_json(message.payload()));
  }
  return {{"messages", messages}};
}

Json content_json(networkdb::GossipMessage::T type, std::string_view data) {
  using networkdb::GossipMessage;
  switch (type) {
    case GossipMessage::NODE_EVENT: return {{"NodeEvent", json_of(parse<networkdb::NodeEvent>(data))}};
    case GossipMessage::NETWORK_EVENT: return {{"NetworkEvent", json_of(parse<networkdb::NetworkEvent>(data))}};
    case GossipMessage::PUSH_PULL: return {{"NetworkPushPull", json_of(parse<networkdb::NetworkPushPull>(data))}};
    case GossipMessage::TABLE_EVENT: return table_event_json(data);
    case GossipMessage::BULK_SYNC: return bulk_sync_json(data);
    case GossipMessage::COMPOUND: return compound_json(data);
    default: ADD_FAILURE() << "unknown type " << type; return {};
  }
}

}  // namespace

Json networkdb_json(std::string_view gossip_message) {
  const auto message = parse<networkdb::GossipMessage>(gossip_message);
  Json out = content_json(message.type(), message.data());
  out["gossip_type"] = networkdb::GossipMessage::T_Name(message.type());
  return out;
}

TEST(GoldenRecords, every_captured_record_means_what_docker_meant_and_is_written_alike) {
  namespace fs = std::filesystem;
  size_t seen = 0;
  for (const auto& file : fs::directory_iterator(fs::path(SKEIN_TEST_DATA) / "records")) {
    if (file.path().extension() != ".json") continue;
    SCOPED_TRACE(file.path().stem());
    std::ifstream json_in(file.path()), bytes_in(fs::path(file.path()).replace_extension(".bin"), std::ios::binary);
    const Json json = Json::parse(json_in);
    const std::string bytes{std::istreambuf_iterator<char>(bytes_in), {}};
    ASSERT_EQ(bytes.size(), json["bytes"]);
    const std::string type = json["message_type"];
    if (type == "networkdb.EndpointRecord") {
      EXPECT_EQ(json_of(parse<networkdb::EndpointRecord>(bytes)), json["message"]);
    } else if (type == "networkdb.PeerRecord") {
      EXPECT_EQ(json_of(parse<networkdb::PeerRecord>(bytes)), json["message"]);
    } else {
      ASSERT_EQ(type, "networkdb.GossipMessage");
      EXPECT_EQ(networkdb_json(bytes), json["message"]);
    }
    ++seen;
  }
  EXPECT_GE(seen, 25u);
}

}  // namespace skein::wire
