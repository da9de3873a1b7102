#include "manager/ca/root_choice.h"

#include "base/bytes.h"
#include "ca/root_ca.h"
#include "wire/join_token.h"

namespace skein::manager {
namespace {

namespace api = model::api;

Result<api::RootCA> rotate_to(const api::RootCA& current, const ca::RootCa& next, WallTime now) {
  SKEIN_TRY_ASSIGN(ca::RootCa present, ca::RootCa::load(current.ca_cert(), current.ca_key(), now));
  api::RootCA out = current;
  out.mutable_root_rotation()->set_ca_cert(next.bundle_pem());
  out.mutable_root_rotation()->set_ca_key(next.key_pem());
  SKEIN_TRY_ASSIGN(*out.mutable_root_rotation()->mutable_cross_signed_ca_cert(), present.cross_sign(next.bundle_pem()));
  return out;
}

}  // namespace

Result<api::RootCA> choose_root(const api::RootCA& current, const api::CAConfig& wanted, WallTime now, Random& random) {
  if (!wanted.external_cas().empty())
    return make_error(Code::kUnimplemented, "external CAs are not supported", "",
                      "let the swarm sign, or give it --ca-cert with --ca-key");
  if (!wanted.signing_ca_key().empty() && wanted.signing_ca_cert().empty())
    return make_error(Code::kInvalidArgument,
                      "if a signing CA key is provided, the signing CA cert must also be provided");
  if (wanted.signing_ca_cert().empty()) {
    if (wanted.force_rotate() == current.last_forced_rotation()) return current;
    SKEIN_TRY_ASSIGN(ca::RootCa next, ca::RootCa::create(now, random));
    SKEIN_TRY_ASSIGN(api::RootCA out, rotate_to(current, next, now));
    out.set_last_forced_rotation(wanted.force_rotate());
    return out;
  }
  if (wanted.signing_ca_key().empty())
    return make_error(Code::kInvalidArgument,
                      "there must be at least one valid, reachable external CA corresponding to the desired CA "
                      "certificate",
                      "the CA certificate came without its key, and external CAs are not supported",
                      "give the key as well");
  SKEIN_TRY_ASSIGN(ca::RootCa next, ca::RootCa::adopt(wanted.signing_ca_cert(), wanted.signing_ca_key(), now));
  api::RootCA out = current;
  if (next.bundle_pem() == current.ca_cert()) {  // back to where we are
    out.clear_root_rotation();
    out.set_ca_key(next.key_pem());
  } else if (next.bundle_pem() == current.root_rotation().ca_cert()) {  // on the way there already
    out.mutable_root_rotation()->set_ca_key(next.key_pem());
  } else {
    SKEIN_TRY_ASSIGN(out, rotate_to(current, next, now));
  }
  out.set_last_forced_rotation(wanted.force_rotate());
  return out;
}

Result<api::RootCA> finish_rotation(const api::RootCA& current, Random& random) {
  const auto& next = current.root_rotation();
  if (next.ca_cert().empty()) return make_error(Code::kFailedPrecondition, "the root CA is not being rotated");
  api::RootCA out;
  out.set_ca_cert(next.ca_cert());
  out.set_ca_key(next.ca_key());
  out.set_ca_cert_hash(root_digest(next.ca_cert()));
  out.mutable_join_tokens()->set_worker(wire::make_join_token(next.ca_cert(), random).text());
  out.mutable_join_tokens()->set_manager(wire::make_join_token(next.ca_cert(), random).text());
  out.set_last_forced_rotation(current.last_forced_rotation());
  return out;
}

std::string root_digest(const std::string& bundle_pem) {
  auto digest = wire::digest_of_root(bundle_pem);
  return "sha256:" + to_hex(as_text(digest));
}

}  // namespace skein::manager
