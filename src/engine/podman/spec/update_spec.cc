#include "engine/podman/spec/update_spec.h"

#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

// The kernel has no more processes: a limit that limits nothing, where the runtime takes 0 for none given.
constexpr int64_t kProcessesMax = 4'194'304;
constexpr int64_t kPeriod_us = 100'000;

struct Place {
  const char* name;   // Docker's
  const char* group;  // the specification's
  const char* member;
};
constexpr Place kPlaces[] = {{"CpuShares", "cpu", "shares"},
                             {"CpuPeriod", "cpu", "period"},
                             {"CpuQuota", "cpu", "quota"},
                             {"CpuRealtimePeriod", "cpu", "realtimePeriod"},
                             {"CpuRealtimeRuntime", "cpu", "realtimeRuntime"},
                             {"CpusetCpus", "cpu", "cpus"},
                             {"CpusetMems", "cpu", "mems"},
                             {"Memory", "memory", "limit"},
                             {"MemoryReservation", "memory", "reservation"},
                             {"MemorySwap", "memory", "swap"},
                             {"BlkioWeight", "blockIO", "weight"}};

}  // namespace

json podman_update(const json& body) {
  json out = json::object();
  // Zero and nothing leave what is there, as in Docker.
  for (const Place& place : kPlaces)
    if (const json& value = at(body, place.name); value.is_primitive() && value != 0 && value != "")
      out[place.group][place.member] = value;
  if (const json& cpus = at(body, "NanoCpus"); cpus.is_number_integer() && cpus != 0) {
    out["cpu"]["period"] = kPeriod_us;
    out["cpu"]["quota"] = cpus.get<int64_t>() / (1'000'000'000 / kPeriod_us);
  }
  if (const json& pids = at(body, "PidsLimit"); pids.is_number_integer())
    out["pids"]["limit"] = pids.get<int64_t>() > 0 ? pids.get<int64_t>() : kProcessesMax;
  return out;
}

}  // namespace skein::engine
