// Bodies of the API's requests, through the pure functions that make values of ours from them. Whatever a client sends,
// it is taken or refused with a message; what is taken can be shown and kept.
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "api/services/service_spec_in.h"
#include "api/swarm/swarm_json.h"
#include "api/swarm/swarm_request.h"
#include "base/bytes.h"
#include "cluster/cluster_spec.h"
#include "containers/housing/network_request.h"
#include "engine/values/json_fields.h"
#include "engine/values/networking_record.h"
#include "io/http/message.h"

namespace {

using nlohmann::json;
using namespace skein;

template <class T>
void check_refusal(const Result<T>& result) {
  if (!result.ok()) SKEIN_ASSERT(!result.error().text().empty() && http_status(result.error().code) != 500);
}

// As POST /containers/create does it.
void check_container(const json& body) {
  if (!body.is_object()) return;
  auto record = engine::take_networking(body, "0123456789abcdef");
  auto request = containers::network_request(record, {}, {});
  check_refusal(request);
  containers::ports_to_assign(record);
  engine::format_hosts(record, {}, "192.0.2.1");
  engine::format_resolv_conf(record, record.networks(), "nameserver 192.0.2.1\n");
  json spec = engine::engine_spec(body, record, "/run/netns/x", "/files");
  // The record stands in a label and comes back from it as it was.
  auto again = engine::NetworkingRecord::from_labels(engine::at(spec, "Labels"));
  SKEIN_ASSERT(again && again->label() == record.label());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  io::http::Request request;
  request.headers.set("Content-Type", "application/json");
  request.body = std::string(as_text({bytes, size}));
  const auto read = [&](const api::schema::Schema& schema) {
    auto body = api::body_of(request, schema);
    check_refusal(body);
    return body.ok() ? *body : json::object();
  };
  check_container(read(api::schema::kContainerBody));
  check_refusal(api::service_spec_from_json(read(api::schema::kServiceBody)));
  read(api::schema::kContainerUpdateBody);
  auto network = api::network_spec_from_json(read(api::schema::kNetworkBody));
  check_refusal(network);
  if (network.ok()) SKEIN_ASSERT(!network->annotations().name().empty());
  check_refusal(api::init_request_from_json(read(api::schema::kInitBody)));
  check_refusal(api::join_request_from_json(read(api::schema::kJoinBody)));
  check_refusal(api::node_spec_from_json(read(api::schema::kNodeBody)));
  auto cluster = api::cluster_spec_from_json(read(api::schema::kSwarmBody), cluster::default_cluster_spec());
  check_refusal(cluster);
  if (cluster.ok()) {
    check_refusal(cluster::check_cluster_spec(*cluster));
    api::cluster_spec_to_json(*cluster);
  }
  check_refusal(containers::endpoint_request("n", read(api::schema::kEndpointSettings)));
  return 0;
}
