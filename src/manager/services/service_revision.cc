#include "manager/services/service_revision.h"

namespace skein::manager {

namespace api = model::api;

namespace {

bool is_job(const api::ServiceSpec& spec) { return spec.has_replicated_job() || spec.has_global_job(); }

void start_over(api::Service& service, WallTime now) {
  if (!is_job(service.spec())) return;
  auto* status = service.mutable_job_status();
  status->mutable_job_iteration()->set_index(status->job_iteration().index() + 1);
  *status->mutable_last_execution() = model::to_timestamp(now);
}

}  // namespace

api::Service first_revision(std::string id, api::ServiceSpec spec, WriteStamp stamp) {
  api::Service out;
  out.set_id(std::move(id));
  *out.mutable_spec() = std::move(spec);
  out.mutable_spec_version()->set_index(stamp.index);
  if (is_job(out.spec())) {
    out.mutable_job_status()->mutable_job_iteration();
    *out.mutable_job_status()->mutable_last_execution() = model::to_timestamp(stamp.now);
  }
  return out;
}

api::Service next_revision(const api::Service& before, api::ServiceSpec spec, WriteStamp stamp) {
  api::Service out = before;
  *out.mutable_previous_spec() = before.spec();
  *out.mutable_previous_spec_version() = before.spec_version();
  *out.mutable_spec() = std::move(spec);
  out.mutable_spec_version()->set_index(stamp.index);
  out.clear_update_status();
  start_over(out, stamp.now);
  return out;
}

Result<api::Service> rolled_back(const api::Service& before, WriteStamp stamp) {
  if (!before.has_previous_spec())
    return make_error(Code::kFailedPrecondition, "service " + before.id() + " does not have a previous spec");
  api::Service out = next_revision(before, before.previous_spec(), stamp);
  *out.mutable_spec_version() = before.previous_spec_version();
  auto* status = out.mutable_update_status();
  status->set_state(api::UpdateStatus::ROLLBACK_STARTED);
  status->set_message("manually requested rollback");
  *status->mutable_started_at() = model::to_timestamp(stamp.now);
  return out;
}

}  // namespace skein::manager
