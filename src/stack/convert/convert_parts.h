// Parts of a service's spec. Pure.
#pragma once

#include "stack/convert/convert.h"

namespace skein::stack {

Json to_json(const Value& value);
// Sorted, with the stack's label.
Json labels_of(const Namespace& stack, const Value& labels);
int64_t nanoseconds(const Value& duration);
// Sets a member unless its text, list or mapping is empty.
void put_unless_empty(Json& object, const char* member, const Value& value);

Result<Json> convert_mode(const Value& deploy);
Result<Json> convert_resources(const Value& resources);
// Null when nothing is said. `restart`: of the service; its `deploy` has the word.
Result<Json> convert_restart_policy(const Value& restart, const Value& policy);
Json convert_update_config(const Value& config);
Json convert_placement(const Value& placement);
Json convert_endpoint(const Value& service);
Result<Json> convert_healthcheck(const Value& healthcheck);
Result<Json> convert_mounts(const Namespace& stack, const Value& mounts, const Value& volumes);
Result<Json> convert_attachments(const Namespace& stack, const std::string& service, const Value& attached,
                                 const Value& networks);

// References to secrets or configs, with the ids that the engine has for them.
Result<Json> convert_references(const Namespace& stack, const Value& service, const Value& model, const char* section,
                                const FindObjects& find);
Result<Json> convert_credential_spec(const Namespace& stack, const Value& spec, const Json& configs);
Json convert_container(const Namespace& stack, const Value& service);

}  // namespace skein::stack
