#include "ca/private_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>

#include "ca/root_ca.h"

namespace skein::ca {
namespace {

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;

using EcGroup = Owner<EC_GROUP, EC_GROUP_free>;
using EcPoint = Owner<EC_POINT, EC_POINT_free>;
using BigNumberContext = Owner<BN_CTX, BN_CTX_free>;
using KeyContext = Owner<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using ParamBuilder = Owner<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owner<OSSL_PARAM, OSSL_PARAM_free>;

// Uniform in 1 .. order-1, by drawing again what is outside.
BigNumber draw_below(const BIGNUM* order, Random& random) {
  for (;;) {
    std::array<uint8_t, 32> bytes;
    random.fill(bytes);
    BigNumber number(BN_secure_new());
    SKEIN_ASSERT(number && BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), number.get()));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    if (!BN_is_zero(number.get()) && BN_cmp(number.get(), order) < 0) return number;
  }
}

Error refused_key(std::string because) {
  return make_error(Code::kInvalidArgument, "public key refused", std::move(because),
                    "use ECDSA P-256, P-384, P-521 or RSA with 2048 to 8192 bits");
}

}  // namespace

Key make_p256_key(Random& random) {
  EcGroup group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  BigNumberContext context(BN_CTX_new());
  SKEIN_ASSERT(group && context);
  BigNumber number = draw_below(EC_GROUP_get0_order(group.get()), random);
  EcPoint point(EC_POINT_new(group.get()));
  std::array<uint8_t, 65> encoded;
  SKEIN_ASSERT(point && EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, context.get()) == 1);
  SKEIN_ASSERT(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                                  encoded.size(), context.get()) == encoded.size());

  ParamBuilder builder(OSSL_PARAM_BLD_new());
  SKEIN_ASSERT(builder);
  SKEIN_ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0));
  SKEIN_ASSERT(
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()));
  SKEIN_ASSERT(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()));
  Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  KeyContext maker(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  SKEIN_ASSERT(params && maker && EVP_PKEY_fromdata_init(maker.get()) == 1);
  SKEIN_ASSERT(EVP_PKEY_fromdata(maker.get(), &key, EVP_PKEY_KEYPAIR, params.get()) == 1);
  return Key(key);
}

Result<Key> parse_private_key(std::string_view pem) {
  SKEIN_TRY_ASSIGN(auto blocks, parse_pem(pem, kPemSizeMax));
  Result<Key> out = make_error(Code::kInvalidArgument, "invalid private key", "no private key in the PEM");
  for (PemBlock& block : blocks) {
    if (block.label == "ENCRYPTED PRIVATE KEY") {
      out = make_error(Code::kInvalidArgument, "invalid private key", "it is encrypted", "decrypt it first");
    } else if (block.label.ends_with("PRIVATE KEY")) {
      auto* next = reinterpret_cast<const unsigned char*>(block.der.data());
      Key key(d2i_AutoPrivateKey(nullptr, &next, static_cast<long>(block.der.size())));
      if (key) out = std::move(key);
    }
    OPENSSL_cleanse(block.der.data(), block.der.size());
  }
  return out;
}

std::string format_private_key(EVP_PKEY* key) {
  Bio bio(BIO_new(BIO_s_secmem()));
  SKEIN_ASSERT(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

Result<void> check_public_key(const X509_PUBKEY* encoded) {
  EVP_PKEY* key = X509_PUBKEY_get0(encoded);
  if (!key) return refused_key("it cannot be decoded");
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    int bits = EVP_PKEY_get_bits(key);
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) return refused_key("RSA with " + std::to_string(bits) + " bits");
    BIGNUM* exponent = nullptr;
    bool has_exponent = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1;
    BigNumber owned(exponent);
    if (!has_exponent || !BN_is_odd(exponent) || BN_is_one(exponent) || BN_num_bits(exponent) > 64)
      return refused_key("unusual RSA exponent");
    return {};
  }
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return refused_key("neither ECDSA nor RSA");

  // Curves given by their numbers instead of their name are a way to forge keys (CVE-2020-0601).
  X509_ALGOR* algorithm = nullptr;
  X509_PUBKEY_get0_param(nullptr, nullptr, nullptr, &algorithm, encoded);
  int type = V_ASN1_UNDEF;
  const void* curve = nullptr;
  X509_ALGOR_get0(nullptr, &type, &curve, algorithm);
  if (type != V_ASN1_OBJECT) return refused_key("the curve is not named");
  int nid = OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(curve));
  if (nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 || nid == NID_secp521r1) return {};
  return refused_key("a curve other than P-256, P-384 and P-521");
}

Result<void> check_signature_algorithm(int signature_nid) {
  int digest = NID_undef, key = NID_undef;
  bool known = OBJ_find_sigid_algs(signature_nid, &digest, &key) == 1;
  bool good_digest = digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
  bool good_key = key == NID_rsaEncryption || key == NID_X9_62_id_ecPublicKey;
  if (known && good_digest && good_key) return {};
  return make_error(Code::kInvalidArgument, "signature algorithm refused", OBJ_nid2ln(signature_nid),
                    "use ECDSA or RSA with SHA-256, SHA-384 or SHA-512");
}

const EVP_MD* digest_for(EVP_PKEY* key) {
  bool is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
  int bits = EVP_PKEY_get_bits(key);
  if (bits >= (is_rsa ? 4096 : 521)) return EVP_sha512();
  if (bits >= (is_rsa ? 3072 : 384)) return EVP_sha384();
  return EVP_sha256();
}

}  // namespace skein::ca
