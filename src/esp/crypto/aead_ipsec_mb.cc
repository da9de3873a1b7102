#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include <array>

#include "esp/crypto/aead.h"

namespace skein::esp {
namespace {

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::shared_ptr<IMB_MGR>;

// The expanded key is read only once made.
class IpsecMbKey final : public AeadKey {
 public:
  IpsecMbKey(Manager manager, const Key& key) : manager_(std::move(manager)) {
    IMB_AES128_GCM_PRE(manager_.get(), key.bytes().data(), &expanded_);
  }
  ~IpsecMbKey() override { OPENSSL_cleanse(&expanded_, sizeof expanded_); }

  void seal(unsigned, const AeadPacket& packet) override {
    gcm_context_data context;
    IMB_AES128_GCM_ENC(manager_.get(), &expanded_, &context, packet.text.data(), packet.text.data(), packet.text.size(),
                       packet.nonce, packet.associated.data(), packet.associated.size(), packet.icv.data(),
                       packet.icv.size());
  }

  bool open(unsigned, const AeadPacket& packet) override {
    gcm_context_data context;
    std::array<uint8_t, 16> icv;
    IMB_AES128_GCM_DEC(manager_.get(), &expanded_, &context, packet.text.data(), packet.text.data(), packet.text.size(),
                       packet.nonce, packet.associated.data(), packet.associated.size(), icv.data(), packet.icv.size());
    return CRYPTO_memcmp(icv.data(), packet.icv.data(), packet.icv.size()) == 0;
  }

 private:
  alignas(64) gcm_key_data expanded_;
  Manager manager_;
};

class IpsecMbAead final : public Aead {
 public:
  IpsecMbAead(Manager manager, const char* architecture) : manager_(std::move(manager)), architecture_(architecture) {}
  std::string name() const override { return std::string("ipsec-mb ") + architecture_; }
  std::unique_ptr<AeadKey> make_key(const Key& key, Direction, unsigned) override {
    return std::make_unique<IpsecMbKey>(manager_, key);
  }

 private:
  Manager manager_;
  const char* architecture_;
};

// Null for what the library emulates, slower than OpenSSL.
const char* architecture_name(IMB_ARCH architecture) {
  switch (architecture) {
    case IMB_ARCH_SSE: return "sse";
    case IMB_ARCH_AVX: return "avx";
    case IMB_ARCH_AVX2: return "avx2";
    case IMB_ARCH_AVX512: return "avx512";
    default: return nullptr;
  }
}

}  // namespace

std::unique_ptr<Aead> make_ipsec_mb_aead() {
  Manager manager(alloc_mb_mgr(0), FreeManager());
  if (!manager || (manager->features & IMB_FEATURE_AESNI) == 0) return nullptr;
  IMB_ARCH architecture = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &architecture);
  const char* name = architecture_name(architecture);
  if (!name) return nullptr;
  return std::make_unique<IpsecMbAead>(std::move(manager), name);
}

}  // namespace skein::esp
