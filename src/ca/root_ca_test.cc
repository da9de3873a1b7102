#include "ca/root_ca.h"

#include <openssl/objects.h>

#include <array>

#include "base/bytes.h"
#include "ca/node_certificate.h"
#include "ca/openssl.h"
#include "ca/private_key.h"
#include "ca/test_data.h"
#include "wire/proto/ca.pb.h"

namespace skein::ca {
namespace {

Certificate first_of(std::string_view pem) {
  auto certificates = parse_certificates(pem);
  EXPECT_TRUE(certificates.ok()) << pem;
  return std::move(certificates->front());
}

// An extension as "name critical value", the value in hex.
std::vector<std::string> extensions_of(std::string_view pem) {
  Certificate certificate = first_of(pem);
  std::vector<std::string> out;
  for (int i = 0; i < X509_get_ext_count(certificate.get()); ++i) {
    X509_EXTENSION* extension = X509_get_ext(certificate.get(), i);
    const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
    std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                           static_cast<size_t>(ASN1_STRING_length(value)));
    out.push_back(std::string(OBJ_nid2sn(OBJ_obj2nid(X509_EXTENSION_get_object(extension)))) +
                  (X509_EXTENSION_get_critical(extension) ? " critical " : " ") + to_hex(bytes));
  }
  return out;
}

// Key ids follow from the keys, which differ in each run.
std::vector<std::string> without_key_ids(std::vector<std::string> extensions) {
  for (std::string& extension : extensions)
    if (extension.find("KeyIdentifier") != std::string::npos) extension.replace(extension.size() - 40, 40, 40, '*');
  return extensions;
}

std::string times_of(std::string_view pem) {
  Certificate certificate = first_of(pem);
  return to_wall(X509_get0_notBefore(certificate.get()))->rfc3339() + " " +
         to_wall(X509_get0_notAfter(certificate.get()))->rfc3339();
}

struct Swarm {
  SeededRandom random{7};
  RootCa root = std::move(RootCa::create(kIssued, random)).value();
};

IssueRequest request_of_vector(NodeRole role = NodeRole::WORKER) {
  return {.csr_pem = read_vector("worker-csr.pem"),
          .node_id = "wp40d9rbgvnhp8hntchll2obo",
          .role = role,
          .cluster_id = "pikviipg8rgrryx66rmn87ad4"};
}

// Workers of Docker judge our root by its fields, so a new one must look like theirs.
TEST(RootCa, a_new_root_has_every_field_of_dockers) {
  SeededRandom random(1);
  auto root = RootCa::create(wall(1'795'386'945), random);  // 22:35:45, rounds up to 22:36
  ASSERT_TRUE(root.ok());
  std::string docker = read_vector("root-docker.pem");
  EXPECT_EQ(without_key_ids(extensions_of(root->bundle_pem())), without_key_ids(extensions_of(docker)));
  EXPECT_EQ(times_of(root->bundle_pem()), times_of(docker));
  auto theirs = RootCa::load(docker, "", kIssued);
  ASSERT_TRUE(theirs.ok()) << theirs.error().text();
  EXPECT_EQ(to_hex(root->subject_der()), to_hex(theirs->subject_der()));
  EXPECT_EQ(root->public_key_der().size(), theirs->public_key_der().size());
  EXPECT_EQ(X509_get_signature_nid(first_of(root->bundle_pem()).get()), NID_ecdsa_with_SHA256);
  EXPECT_TRUE(root->bundle_pem().ends_with("-----END CERTIFICATE-----\n"));
  EXPECT_TRUE(root->key_pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(root->can_sign());
  EXPECT_FALSE(theirs->can_sign());
}

TEST(RootCa, roots_of_real_swarms_are_accepted_and_kept_byte_for_byte) {
  for (const char* name : {"root-docker.pem", "root-user.pem", "root-rotated.pem"}) {
    std::string pem = read_vector(name);
    auto root = RootCa::load(pem, "", kAfterRotation);
    ASSERT_TRUE(root.ok()) << name << root.error().text();
    EXPECT_EQ(root->bundle_pem(), pem);
  }
  docker::swarmkit::v1::GetRootCACertificateResponse response;
  ASSERT_TRUE(response.ParseFromString(read_vector("get-root-ca.resp.bin")));
  EXPECT_EQ(response.certificate(), read_vector("root-user.pem"));
}

TEST(RootCa, a_stored_root_signs_again_after_a_restart) {
  Swarm swarm;
  auto again = RootCa::load(swarm.root.bundle_pem(), swarm.root.key_pem(), kIssued);
  ASSERT_TRUE(again.ok()) << again.error().text();
  auto chain = again->issue(request_of_vector(), kIssued, swarm.random);
  ASSERT_TRUE(chain.ok()) << chain.error().text();
  EXPECT_TRUE(verify_node_certificate(*chain, swarm.root.bundle_pem(), kIssued).ok());
}

TEST(RootCa, a_key_of_another_root_is_refused) {
  Swarm swarm, other;
  other.root = std::move(RootCa::create(kIssued, swarm.random)).value();
  EXPECT_FALSE(RootCa::load(swarm.root.bundle_pem(), other.root.key_pem(), kIssued).ok());
  EXPECT_FALSE(
      RootCa::load(swarm.root.bundle_pem(), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", kIssued)
          .ok());
}

// The same request, at the same minute, for the same node: everything but keys, serial and signature must be equal.
TEST(RootCa, an_issued_certificate_equals_dockers_field_by_field) {
  Swarm swarm;
  std::string docker = read_vector("worker-cert.pem");
  auto ours = swarm.root.issue(request_of_vector(), kIssued, swarm.random);
  ASSERT_TRUE(ours.ok()) << ours.error().text();
  Certificate a = first_of(*ours), b = first_of(docker);
  EXPECT_EQ(X509_get_version(a.get()), X509_get_version(b.get()));
  EXPECT_EQ(to_hex(der_of(X509_get_subject_name(a.get()))), to_hex(der_of(X509_get_subject_name(b.get()))));
  EXPECT_EQ(X509_NAME_cmp(X509_get_issuer_name(a.get()), X509_get_issuer_name(b.get())), 0);
  EXPECT_EQ(to_hex(der_of_public_key(a.get())), to_hex(der_of_public_key(b.get())));
  EXPECT_EQ(X509_get_signature_nid(a.get()), X509_get_signature_nid(b.get()));
  EXPECT_EQ(times_of(*ours), times_of(docker));
  auto of_ours = extensions_of(*ours), of_docker = extensions_of(docker);
  EXPECT_EQ(without_key_ids(of_ours), without_key_ids(of_docker));
  EXPECT_EQ(of_ours[3], of_docker[3]) << "the subject key id is that of the same key";
  EXPECT_NE(of_ours[4], of_docker[4]) << "the roots differ";
  EXPECT_EQ(ASN1_STRING_length(X509_get0_serialNumber(a.get())), 20);
}

TEST(RootCa, a_managers_certificate_also_answers_to_swarm_ca) {
  Swarm swarm;
  IssueRequest request = request_of_vector(NodeRole::MANAGER);
  request.node_id = "91pslz3hmqgb8xdor014xfv4n";
  auto ours = swarm.root.issue(request, kIssued, swarm.random);
  ASSERT_TRUE(ours.ok());
  std::string docker = read_vector("manager-chain.pem");
  EXPECT_EQ(without_key_ids(extensions_of(*ours)), without_key_ids(extensions_of(docker)));
  Certificate a = first_of(*ours), b = first_of(docker);
  EXPECT_EQ(to_hex(der_of(X509_get_subject_name(a.get()))), to_hex(der_of(X509_get_subject_name(b.get()))));
}

TEST(RootCa, serial_numbers_differ_and_too_short_lives_become_the_default) {
  Swarm swarm;
  IssueRequest request = request_of_vector();
  request.life = std::chrono::minutes(59);
  auto one = swarm.root.issue(request, kIssued, swarm.random), two = swarm.root.issue(request, kIssued, swarm.random);
  EXPECT_EQ(times_of(*one), times_of(read_vector("worker-cert.pem")));
  EXPECT_NE(
      ASN1_INTEGER_cmp(X509_get0_serialNumber(first_of(*one).get()), X509_get0_serialNumber(first_of(*two).get())), 0);
  request.life = std::chrono::hours(1);
  auto identity = parse_node_certificate(*swarm.root.issue(request, kIssued, swarm.random));
  EXPECT_EQ(identity->not_after - identity->not_before, std::chrono::hours(2));
}

TEST(RootCa, requests_that_docker_sends_are_accepted) {
  Swarm swarm;
  for (const char* name : {"issue-cert.req.bin", "issue-cert-renew.req.bin"}) {
    docker::swarmkit::v1::IssueNodeCertificateRequest wire;
    ASSERT_TRUE(wire.ParseFromString(read_vector(name)));
    IssueRequest request = request_of_vector();
    request.csr_pem = wire.csr();
    auto chain = swarm.root.issue(request, kIssued, swarm.random);
    EXPECT_TRUE(chain.ok()) << name << chain.error().text();
  }
}

// In a rotation nodes that know only the old root must trust those that were renewed, and the other way round.
TEST(RootCa, a_rotation_never_splits_the_swarm) {
  Swarm swarm;
  RootCa next = std::move(RootCa::create(kIssued, swarm.random)).value();
  auto crossed = swarm.root.cross_sign(next.bundle_pem());
  ASSERT_TRUE(crossed.ok()) << crossed.error().text();
  IssueRequest request = request_of_vector();
  request.intermediate_pem = *crossed;
  auto chain = next.issue(request, kIssued, swarm.random);
  ASSERT_TRUE(chain.ok());

  for (const RootCa* trusted : {&swarm.root, &next}) {
    auto identity = verify_node_certificate(*chain, trusted->bundle_pem(), kIssued);
    ASSERT_TRUE(identity.ok()) << identity.error().text();
    EXPECT_EQ(to_hex(identity->issuer_public_key_der), to_hex(next.public_key_der()));
    EXPECT_EQ(to_hex(identity->issuer_subject_der), to_hex(next.subject_der()));
  }
  auto leaf_only = chain->substr(0, chain->size() - crossed->size());
  EXPECT_FALSE(verify_node_certificate(leaf_only, swarm.root.bundle_pem(), kIssued).ok());
}

TEST(RootCa, a_cross_signed_root_has_every_field_of_dockers) {
  Swarm swarm;
  for (auto [root_name, chain_name] :
       {std::pair("root-rotated.pem", "worker-cert-rotation-final.pem"), {"root-user.pem", "manager-chain.pem"}}) {
    auto chain = parse_certificates(read_vector(chain_name));
    ASSERT_TRUE(chain.ok());
    ASSERT_EQ(chain->size(), 2u);
    std::string docker = format_certificate((*chain)[1].get());
    auto ours = swarm.root.cross_sign(read_vector(root_name));
    ASSERT_TRUE(ours.ok()) << ours.error().text();
    EXPECT_EQ(times_of(*ours), times_of(docker));
    Certificate a = first_of(*ours);
    EXPECT_EQ(ASN1_INTEGER_cmp(X509_get0_serialNumber(a.get()), X509_get0_serialNumber((*chain)[1].get())), 0);
    EXPECT_EQ(to_hex(der_of_public_key(a.get())), to_hex(der_of_public_key((*chain)[1].get())));
    auto of_ours = extensions_of(*ours), of_docker = extensions_of(docker);
    EXPECT_EQ(without_key_ids(of_ours), without_key_ids(of_docker)) << root_name;
    EXPECT_EQ(of_ours[2], of_docker[2]);
  }
  EXPECT_FALSE(swarm.root.cross_sign(read_vector("worker-cert.pem")).ok());
  EXPECT_FALSE(swarm.root.cross_sign("").ok());
}

std::string csr_of(Key key, const EVP_MD* digest) {
  CertificateRequest request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), key.get());
  EXPECT_GT(X509_REQ_sign(request.get(), key.get(), digest), 0);
  unsigned char* der = nullptr;
  int size = i2d_X509_REQ(request.get(), &der);
  std::string text = to_base64({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  for (size_t i = 64; i < text.size(); i += 65) text.insert(i, "\n");
  return "-----BEGIN CERTIFICATE REQUEST-----\n" + text + "\n-----END CERTIFICATE REQUEST-----\n";
}

TEST(RootCa, weak_forged_and_oversized_requests_are_refused) {
  Swarm swarm;
  auto issue = [&](std::string csr) {
    IssueRequest request = request_of_vector();
    request.csr_pem = std::move(csr);
    return swarm.root.issue(request, kIssued, swarm.random);
  };
  auto refused = [&](std::string csr, std::string_view why) {
    auto chain = issue(std::move(csr));
    ASSERT_FALSE(chain.ok()) << why;
    EXPECT_EQ(chain.error().code, Code::kInvalidArgument);
    EXPECT_NE(chain.error().text().find(why), std::string::npos) << chain.error().text();
  };
  std::string good = read_vector("worker-csr.pem");
  refused("", "no block");
  refused("garbage", "no block");
  refused(good + good, "one CERTIFICATE REQUEST");
  refused(read_vector("worker-cert.pem"), "one CERTIFICATE REQUEST");
  refused(good + std::string(kCsrSizeMax, '\n'), "larger than");
  refused(good.substr(0, good.size() / 2), "damaged");
  std::string forged = good;
  forged[good.find("FAiEA2") + 8] ^= 1;  // inside the signature
  refused(forged, "");
  EXPECT_TRUE(issue(csr_of(Key(EVP_RSA_gen(2048)), EVP_sha256())).ok());
  refused(csr_of(Key(EVP_RSA_gen(1024)), EVP_sha256()), "RSA with 1024 bits");
  refused(csr_of(Key(EVP_RSA_gen(2048)), EVP_sha1()), "signature algorithm refused");
  EXPECT_TRUE(issue(csr_of(Key(EVP_EC_gen("P-384")), EVP_sha384())).ok());
  refused(csr_of(Key(EVP_EC_gen("secp256k1")), EVP_sha256()), "a curve other than");
  refused(csr_of(Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), nullptr), "neither ECDSA nor RSA");
}

// Ids become DNS names of the certificate: "x,DNS:swarm-ca" must not make a manager out of a worker.
TEST(RootCa, ids_that_are_not_ids_are_refused) {
  Swarm swarm;
  for (std::string id : {std::string(), std::string("a b"), std::string("a,b"), std::string("a\0b", 3),
                         std::string("x*"), std::string(65, 'a')}) {
    IssueRequest request = request_of_vector();
    request.node_id = id;
    EXPECT_FALSE(swarm.root.issue(request, kIssued, swarm.random).ok());
    request = request_of_vector();
    request.cluster_id = id;
    EXPECT_FALSE(swarm.root.issue(request, kIssued, swarm.random).ok());
  }
  IssueRequest request = request_of_vector();
  request.cluster_id = "FIPS.pikviipg8rgrryx66rmn87ad4";
  EXPECT_TRUE(swarm.root.issue(request, kIssued, swarm.random).ok());
}

TEST(RootCa, bundles_that_no_one_should_trust_are_refused) {
  std::string root = read_vector("root-docker.pem");
  EXPECT_TRUE(check_root_bundle(root + read_vector("root-user.pem"), kIssued).ok());
  auto refused = [](std::string_view pem, WallTime now, std::string_view why) {
    auto result = check_root_bundle(pem, now);
    ASSERT_FALSE(result.ok()) << why;
    EXPECT_NE(result.error().text().find(why), std::string::npos) << result.error().text();
  };
  refused("", kIssued, "no block");
  refused(root + read_vector("worker-cert.pem"), kIssued, "not signed by itself");
  refused(root + read_vector("worker-csr.pem"), kIssued, "CERTIFICATE REQUEST");
  refused(root, kIssued - std::chrono::hours(1), "not valid before 2026-11-22T22:31:00");
  refused(root, kIssued + std::chrono::hours(24 * 365 * 21), "expired at 2046-11-17T22:31:00");
  std::string many;
  for (size_t i = 0; i <= kCertificateCountMax; ++i) many += root;
  refused(many, kIssued, "too many");
  refused(root + std::string(kPemSizeMax, ' '), kIssued, "larger than");
  auto chain = parse_certificates(read_vector("manager-chain.pem"));
  refused(format_certificate((*chain)[1].get()), kAfterRotation, "not signed by itself");
}

TEST(RootCa, a_root_without_its_key_signs_nothing) {
  auto root = RootCa::load(read_vector("root-docker.pem"), "", kIssued);
  SeededRandom random(3);
  EXPECT_EQ(root->issue(request_of_vector(), kIssued, random).error().code, Code::kFailedPrecondition);
  EXPECT_EQ(root->cross_sign(read_vector("root-user.pem")).error().code, Code::kFailedPrecondition);
}

// The simulator replays a run from its seed: the same seed must give the same keys.
TEST(RootCa, keys_follow_from_the_random_given) {
  SeededRandom one(9), two(9), three(10);
  EXPECT_EQ(make_key(one), make_key(two));
  EXPECT_NE(make_key(one), make_key(three));
}

// A failure left in the thread's queue would be taken by TLS for its own.
TEST(RootCa, no_failure_is_left_in_openssls_queue) {
  Swarm swarm;
  IssueRequest request = request_of_vector();
  request.csr_pem = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
  EXPECT_FALSE(swarm.root.issue(request, kIssued, swarm.random).ok());
  EXPECT_FALSE(parse_node_certificate("x").ok());
  EXPECT_FALSE(make_csr("x").ok());
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace skein::ca
