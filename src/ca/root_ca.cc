#include "ca/root_ca.h"

#include <algorithm>
#include <array>

#include "ca/certificate_form.h"
#include "ca/csr.h"
#include "ca/node_certificate.h"
#include "ca/openssl.h"
#include "ca/private_key.h"

namespace skein::ca {
namespace {

constexpr std::string_view kRootName = "swarm-ca";
constexpr Duration kRootLife = std::chrono::seconds(630'720'000);  // 20 years of 365 days
constexpr Duration kRootBackdate = std::chrono::minutes(5);        // for hosts whose clocks are behind
constexpr Duration kLeafBackdate = std::chrono::hours(1);
constexpr size_t kIdSizeMax = 64;  // of a common name (RFC 5280, ub-common-name)

WallTime round_to_minute(WallTime time) {
  constexpr int64_t kMinute = 60'000'000'000;
  return WallTime{(time.ns + kMinute / 2) / kMinute * kMinute};
}

// Ids end up in DNS names, where other characters would mean something.
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdSizeMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

Error refused_root(std::string because) {
  return make_error(Code::kInvalidArgument, "root CA certificate refused", std::move(because));
}

bool is_signed_by_itself(X509* certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0 &&
         X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
}

// All but the validity.
Result<void> check_root(X509* certificate) {
  SKEIN_TRY(check_public_key(X509_get_X509_PUBKEY(certificate)));
  SKEIN_TRY(check_signature_algorithm(X509_get_signature_nid(certificate)));
  if (!is_signed_by_itself(certificate)) return refused_root("it is not signed by itself");
  if (X509_check_ca(certificate) != 1) return refused_root("it is not the certificate of a CA");
  return {};
}

// The extensions of a cross-signed root in Docker's order, others at the end. A key id is added if it is missing: with
// subject and issuer of the same name, verifiers would take the certificate for self-signed.
void reorder_for_cross_signing(X509* certificate, X509* issuer) {
  using Extension = Owner<X509_EXTENSION, X509_EXTENSION_free>;
  std::vector<Extension> extensions;
  if (X509_get_ext_by_NID(certificate, NID_subject_key_identifier, -1) < 0) add_subject_key_id(certificate);
  while (X509_get_ext_count(certificate) > 0) extensions.emplace_back(X509_delete_ext(certificate, 0));
  auto rank = [](const Extension& extension) {
    constexpr std::array kOrder = {NID_key_usage, NID_ext_key_usage, NID_basic_constraints, NID_subject_key_identifier};
    int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension.get()));
    return std::find(kOrder.begin(), kOrder.end(), nid) - kOrder.begin();
  };
  std::stable_sort(extensions.begin(), extensions.end(),
                   [&](const Extension& a, const Extension& b) { return rank(a) < rank(b); });
  bool has_authority = false;
  auto add_authority = [&] {
    if (!has_authority) add_authority_key_id(certificate, issuer);
    has_authority = true;
  };
  for (const Extension& extension : extensions) {
    if (rank(extension) == 4) add_authority();
    if (OBJ_obj2nid(X509_EXTENSION_get_object(extension.get())) != NID_authority_key_identifier)
      SKEIN_ASSERT(X509_add_ext(certificate, extension.get(), -1) == 1);
  }
  add_authority();
}

}  // namespace

struct RootCa::Content {
  std::string bundle_pem, key_pem;
  Certificate certificate;  // the first of the bundle
  Key key;                  // null if this node cannot sign
};

RootCa::RootCa(std::unique_ptr<Content> content) : content_(std::move(content)) {}
RootCa::RootCa(RootCa&&) noexcept = default;
RootCa& RootCa::operator=(RootCa&&) noexcept = default;
RootCa::~RootCa() = default;

const std::string& RootCa::bundle_pem() const { return content_->bundle_pem; }
const std::string& RootCa::key_pem() const { return content_->key_pem; }
bool RootCa::can_sign() const { return content_->key != nullptr; }
std::string RootCa::subject_der() const { return der_of(X509_get_subject_name(content_->certificate.get())); }
std::string RootCa::public_key_der() const { return der_of_public_key(content_->certificate.get()); }

Result<RootCa> RootCa::create(WallTime now, Random& random) {
  ErrorQueueGuard guard;
  auto content = std::make_unique<Content>();
  content->key = make_p256_key(random);
  content->certificate.reset(X509_new());
  X509* root = content->certificate.get();
  SKEIN_ASSERT(root && X509_set_version(root, X509_VERSION_3) == 1 && X509_set_pubkey(root, content->key.get()) == 1);
  set_serial(root, random);
  WallTime start = round_to_minute(now) - kRootBackdate;
  set_validity(root, start, start + kRootLife);
  add_name(X509_get_subject_name(root), NID_commonName, kRootName);
  SKEIN_ASSERT(X509_set_issuer_name(root, X509_get_subject_name(root)) == 1);
  add_key_usage(root, KeyUse::kSignCertificates);
  add_basic_constraints(root, true);
  add_subject_key_id(root);
  SKEIN_ASSERT(X509_sign(root, content->key.get(), digest_for(content->key.get())) > 0);
  content->bundle_pem = format_certificate(root);
  content->key_pem = format_private_key(content->key.get());
  return RootCa(std::move(content));
}

Result<RootCa> RootCa::load(std::string bundle_pem, std::string key_pem, WallTime now) {
  ErrorQueueGuard guard;
  SKEIN_TRY(check_root_bundle(bundle_pem, now));
  SKEIN_TRY_ASSIGN(auto certificates, parse_certificates(bundle_pem));
  auto content = std::make_unique<Content>();
  content->certificate = std::move(certificates.front());
  if (!key_pem.empty()) {
    SKEIN_TRY_ASSIGN(content->key, parse_private_key(key_pem));
    if (X509_check_private_key(content->certificate.get(), content->key.get()) != 1)
      return make_error(Code::kInvalidArgument, "the private key does not belong to the root CA certificate");
  }
  content->bundle_pem = std::move(bundle_pem);
  content->key_pem = std::move(key_pem);
  return RootCa(std::move(content));
}

Result<RootCa> RootCa::adopt(std::string_view certificate_pem, std::string_view key_pem, WallTime now) {
  ErrorQueueGuard guard;
  auto certificates = parse_certificates(certificate_pem);
  if (!certificates.ok())
    return make_error(Code::kInvalidArgument, "invalid root certificates", certificates.error().text());
  if (certificates->size() != 1)
    return make_error(Code::kInvalidArgument, "the desired CA certificate cannot contain multiple certificates");
  X509* certificate = certificates->front().get();
  SKEIN_TRY_ASSIGN(WallTime not_after, to_wall(X509_get0_notAfter(certificate)));
  if (not_after < now + kAdoptedLifeMin)
    return make_error(Code::kInvalidArgument, "CA certificate expires too soon", "at " + not_after.rfc3339(),
                      "bring one that is valid for another year");
  SKEIN_TRY_ASSIGN(Key key, parse_private_key(key_pem));
  if (X509_check_private_key(certificate, key.get()) != 1)
    return make_error(Code::kInvalidArgument, "certificate key mismatch");
  return load(format_certificate(certificate), format_private_key(key.get()), now);
}

Result<std::string> RootCa::issue(const IssueRequest& request, WallTime now, Random& random) const {
  ErrorQueueGuard guard;
  if (!can_sign()) return make_error(Code::kFailedPrecondition, "this node has no key of the root CA");
  if (!is_id(request.node_id) || !is_id(request.cluster_id))
    return make_error(Code::kInvalidArgument, "cannot issue a certificate", "invalid node or cluster id");
  SKEIN_TRY_ASSIGN(CertificateRequest csr, parse_csr(request.csr_pem));

  Certificate made(X509_new());
  X509* leaf = made.get();
  SKEIN_ASSERT(leaf && X509_set_version(leaf, X509_VERSION_3) == 1);
  SKEIN_ASSERT(X509_set_pubkey(leaf, X509_REQ_get0_pubkey(csr.get())) == 1);
  set_serial(leaf, random);
  WallTime minute = round_to_minute(now);
  Duration life = request.life < kNodeCertificateLifeMin ? kNodeCertificateLifeDefault : request.life;
  set_validity(leaf, minute - kLeafBackdate, minute + life);
  std::string ou(ou_of(request.role));
  X509_NAME* subject = X509_get_subject_name(leaf);
  add_name(subject, NID_organizationName, request.cluster_id);
  add_name(subject, NID_organizationalUnitName, ou);
  add_name(subject, NID_commonName, request.node_id);
  X509* root = content_->certificate.get();
  SKEIN_ASSERT(X509_set_issuer_name(leaf, X509_get_subject_name(root)) == 1);

  std::vector<std::string> names = {ou, request.node_id};
  if (request.role == NodeRole::MANAGER) names.emplace_back(kServerNameCa);
  add_key_usage(leaf, KeyUse::kTls);
  add_tls_purposes(leaf);
  add_basic_constraints(leaf, false);
  add_subject_key_id(leaf);
  add_authority_key_id(leaf, root);
  add_dns_names(leaf, names);
  if (X509_sign(leaf, content_->key.get(), digest_for(content_->key.get())) <= 0)
    return make_error(Code::kInternal, "cannot sign with the key of the root CA");
  return format_certificate(leaf) + request.intermediate_pem;
}

Result<std::string> RootCa::cross_sign(std::string_view next_root_pem) const {
  ErrorQueueGuard guard;
  if (!can_sign()) return make_error(Code::kFailedPrecondition, "this node has no key of the root CA");
  SKEIN_TRY_ASSIGN(auto certificates, parse_certificates(next_root_pem));
  X509* next = certificates.front().get();
  SKEIN_TRY(check_root(next));
  X509* root = content_->certificate.get();
  SKEIN_ASSERT(X509_set_issuer_name(next, X509_get_subject_name(root)) == 1);
  reorder_for_cross_signing(next, root);
  if (X509_sign(next, content_->key.get(), digest_for(content_->key.get())) <= 0)
    return make_error(Code::kInternal, "cannot sign with the key of the root CA");
  return format_certificate(next);
}

Result<void> check_root_bundle(std::string_view bundle_pem, WallTime now) {
  ErrorQueueGuard guard;
  auto certificates = parse_certificates(bundle_pem);
  if (!certificates.ok()) return refused_root(certificates.error().text());
  for (const Certificate& certificate : *certificates) {
    SKEIN_TRY(check_root(certificate.get()));
    SKEIN_TRY_ASSIGN(WallTime not_before, to_wall(X509_get0_notBefore(certificate.get())));
    SKEIN_TRY_ASSIGN(WallTime not_after, to_wall(X509_get0_notAfter(certificate.get())));
    if (now < not_before) return refused_root("it is not valid before " + not_before.rfc3339());
    if (now > not_after) return refused_root("it has expired at " + not_after.rfc3339());
  }
  return {};
}

}  // namespace skein::ca
