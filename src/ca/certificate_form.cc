#include "ca/certificate_form.h"

#include <algorithm>
#include <array>

namespace skein::ca {
namespace {

using BitString = Owner<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using OctetString = Owner<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using Time = Owner<ASN1_TIME, ASN1_TIME_free>;
using Purposes = Owner<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using BasicConstraints = Owner<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using AuthorityKeyId = Owner<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using GeneralNames = Owner<GENERAL_NAMES, GENERAL_NAMES_free>;

void append(X509* certificate, int nid, void* value, bool is_critical) {
  SKEIN_ASSERT(X509_add1_ext_i2d(certificate, nid, value, is_critical, X509V3_ADD_APPEND) == 1);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
  });
}

Time to_asn1(WallTime time) {
  Time out(ASN1_TIME_set(nullptr, time.seconds()));
  SKEIN_ASSERT(out);
  return out;
}

OctetString key_id_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  SKEIN_ASSERT(X509_pubkey_digest(certificate, EVP_sha1(), digest.data(), &size) == 1);
  OctetString id(ASN1_OCTET_STRING_new());
  SKEIN_ASSERT(id && ASN1_OCTET_STRING_set(id.get(), digest.data(), static_cast<int>(size)) == 1);
  return id;
}

}  // namespace

void set_serial(X509* certificate, Random& random) {
  std::array<uint8_t, 20> bytes;
  random.fill(bytes);
  bytes.front() &= 0x7f;
  bytes.back() |= 1;
  BigNumber number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  SKEIN_ASSERT(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

void set_validity(X509* certificate, WallTime not_before, WallTime not_after) {
  SKEIN_ASSERT(X509_set1_notBefore(certificate, to_asn1(not_before).get()) == 1);
  SKEIN_ASSERT(X509_set1_notAfter(certificate, to_asn1(not_after).get()) == 1);
}

void add_name(X509_NAME* name, int nid, std::string_view value) {
  int type = is_printable(value) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
  SKEIN_ASSERT(X509_NAME_add_entry_by_NID(name, nid, type, reinterpret_cast<const unsigned char*>(value.data()),
                                          static_cast<int>(value.size()), -1, 0) == 1);
}

// Bit numbers: RFC 5280 section 4.2.1.3.
void add_key_usage(X509* certificate, KeyUse use) {
  BitString bits(ASN1_BIT_STRING_new());
  SKEIN_ASSERT(bits);
  bool is_ca = use == KeyUse::kSignCertificates;
  ASN1_BIT_STRING_set_bit(bits.get(), is_ca ? 5 : 0, 1);  // keyCertSign : digitalSignature
  ASN1_BIT_STRING_set_bit(bits.get(), is_ca ? 6 : 2, 1);  // cRLSign : keyEncipherment
  append(certificate, NID_key_usage, bits.get(), true);
}

void add_tls_purposes(X509* certificate) {
  Purposes purposes(EXTENDED_KEY_USAGE_new());
  SKEIN_ASSERT(purposes);
  for (int nid : {NID_server_auth, NID_client_auth})
    SKEIN_ASSERT(sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(nid)) > 0);
  append(certificate, NID_ext_key_usage, purposes.get(), false);
}

void add_basic_constraints(X509* certificate, bool is_ca) {
  BasicConstraints constraints(BASIC_CONSTRAINTS_new());
  SKEIN_ASSERT(constraints);
  constraints->ca = is_ca ? 0xff : 0;
  append(certificate, NID_basic_constraints, constraints.get(), true);
}

void add_subject_key_id(X509* certificate) {
  append(certificate, NID_subject_key_identifier, key_id_of(certificate).get(), false);
}

void add_authority_key_id(X509* certificate, X509* issuer) {
  AuthorityKeyId authority(AUTHORITY_KEYID_new());
  SKEIN_ASSERT(authority);
  const ASN1_OCTET_STRING* stated = X509_get0_subject_key_id(issuer);
  authority->keyid = stated ? ASN1_OCTET_STRING_dup(stated) : key_id_of(issuer).release();
  SKEIN_ASSERT(authority->keyid);
  append(certificate, NID_authority_key_identifier, authority.get(), false);
}

void add_dns_names(X509* certificate, std::span<const std::string> names) {
  GeneralNames all(GENERAL_NAMES_new());
  SKEIN_ASSERT(all);
  for (const std::string& name : names) {
    GENERAL_NAME* entry = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    SKEIN_ASSERT(entry && text && ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) == 1);
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
    SKEIN_ASSERT(sk_GENERAL_NAME_push(all.get(), entry) > 0);
  }
  append(certificate, NID_subject_alt_name, all.get(), false);
}

}  // namespace skein::ca
