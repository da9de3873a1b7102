// Every certificate and request that a real swarm made is read to what it says, and written again to the same bytes: a
// manager passes these texts on, and join tokens are digests of them.
#include <openssl/sha.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "ca/csr.h"
#include "ca/node_certificate.h"
#include "ca/openssl.h"
#include "ca/test_data.h"

namespace skein::ca {
namespace {

using Json = nlohmann::json;

std::string sha256_hex(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), reinterpret_cast<uint8_t*>(digest.data()));
  return to_hex(digest);
}

Json read_json(const std::string& name) { return Json::parse(read_vector(name + ".json")); }

// Names of the vectors whose JSON describes certificates.
std::vector<std::string> chain_names() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(SKEIN_TEST_DATA "/ca"))
    if (file.path().extension() == ".json" && read_json(file.path().stem()).contains("certificates"))
      names.push_back(file.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

// A name in the notation of the vectors.
Json name_json(X509_NAME* name) {
  Json fields = Json::array();
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const ASN1_STRING* text = X509_NAME_ENTRY_get_data(entry);
    fields.push_back({OBJ_nid2ln(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))),
                      std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                  static_cast<size_t>(ASN1_STRING_length(text)))});
  }
  return fields;
}

std::string seconds_of(const ASN1_TIME* time) { return to_wall(time).value().rfc3339().substr(0, 19) + "Z"; }

void expect_certificate(X509* certificate, const std::string& der, const Json& stated) {
  EXPECT_EQ(sha256_hex(der), stated["der_sha256"]);
  EXPECT_EQ(sha256_hex(der_of_public_key(certificate)), stated["spki_sha256"]);
  EXPECT_EQ(name_json(X509_get_subject_name(certificate)), stated["subject"]);
  EXPECT_EQ(name_json(X509_get_issuer_name(certificate)), stated["issuer"]);
  EXPECT_EQ(seconds_of(X509_get0_notBefore(certificate)), stated["not_before"]);
  EXPECT_EQ(seconds_of(X509_get0_notAfter(certificate)), stated["not_after"]);
  EXPECT_EQ(X509_get_ext_count(certificate), static_cast<int>(stated["extensions"].size()));
  for (const Json& extension : stated["extensions"]) {
    if (extension["name"] != "basicConstraints") continue;
    EXPECT_EQ(X509_check_ca(certificate) == 1, extension["value"]["ca"]);
  }
}

TEST(GoldenCertificates, every_chain_says_what_docker_says_and_is_written_alike) {
  const auto names = chain_names();
  ASSERT_EQ(names.size(), 7u);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const Json stated = read_json(name);
    const std::string pem = read_vector(stated["file"]);
    EXPECT_EQ(sha256_hex(pem), stated["sha256_of_file"]);
    auto blocks = parse_pem(pem, kPemSizeMax);
    auto certificates = parse_certificates(pem);
    ASSERT_TRUE(blocks.ok() && certificates.ok());
    ASSERT_EQ(certificates->size(), stated["certificates"].size());
    std::string written;
    for (size_t i = 0; i < certificates->size(); ++i) {
      expect_certificate((*certificates)[i].get(), (*blocks)[i].der, stated["certificates"][i]);
      written += format_certificate((*certificates)[i].get());
    }
    EXPECT_EQ(written, pem);
  }
}

TEST(GoldenCertificates, they_verify_with_the_stated_roots_and_no_others) {
  const std::string roots[] = {"root-docker.pem", "root-user.pem", "root-rotated.pem"};
  size_t verified = 0;
  for (const std::string& name : chain_names()) {
    if (name.starts_with("root-")) continue;
    SCOPED_TRACE(name);
    // Without what follows the leaf, which in a rotation leads to another root than the leaf itself does.
    auto chain = parse_certificates(read_vector(name + ".pem")).value();
    const std::string leaf = format_certificate(chain[0].get());
    const Json stated = read_json(name)["signature_verified_with"];
    for (const std::string& root : roots) {
      const bool is_stated = std::find(stated.begin(), stated.end(), Json(root)) != stated.end();
      EXPECT_EQ(verify_node_certificate(leaf, read_vector(root), kAfterRotation).ok(), is_stated) << root;
      verified += is_stated;
    }
  }
  EXPECT_EQ(verified, 3u);
}

// The first of two rotations was given up; the old root's signature on its next root holds all the same.
TEST(GoldenCertificates, the_chain_of_an_abandoned_rotation_leads_to_the_old_root) {
  const std::string chain = read_vector("worker-cert-rotation.pem");
  EXPECT_TRUE(verify_node_certificate(chain, read_vector("root-user.pem"), kAfterRotation).ok());
  EXPECT_FALSE(verify_node_certificate(chain, read_vector("root-rotated.pem"), kAfterRotation).ok());
}

TEST(GoldenCertificates, each_request_is_of_the_key_of_the_certificate_that_answered_it) {
  const std::pair<const char*, const char*> answers[] = {{"worker-csr", "worker-cert"},
                                                         {"worker-csr-renew", "worker-cert-rotation"}};
  for (const auto& [request_name, certificate_name] : answers) {
    SCOPED_TRACE(request_name);
    const Json stated = read_json(request_name);
    ASSERT_TRUE(stated["signature_valid"] && stated["subject_empty"]);
    auto request = parse_csr(read_vector(stated["file"]));  // fails for a signature that does not hold
    ASSERT_TRUE(request.ok()) << request.error().text();
    EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request->get())), 0);
    auto chain = parse_certificates(read_vector(std::string(certificate_name) + ".pem")).value();
    EXPECT_EQ(EVP_PKEY_eq(X509_REQ_get0_pubkey(request->get()), X509_get0_pubkey(chain[0].get())), 1);
    if (stated.contains("spki_sha256")) {
      EXPECT_EQ(sha256_hex(der_of_public_key(chain[0].get())), stated["spki_sha256"]);
    }
  }
}

}  // namespace
}  // namespace skein::ca
