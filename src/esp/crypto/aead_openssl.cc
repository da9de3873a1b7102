#include <openssl/evp.h>

#include <vector>

#include "base/result.h"
#include "esp/crypto/aead.h"

namespace skein::esp {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // wipes
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

class OpensslKey final : public AeadKey {
 public:
  OpensslKey(const Key& key, Direction direction, unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) {
      Context context(EVP_CIPHER_CTX_new());
      SKEIN_ASSERT(context && EVP_CipherInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.bytes().data(), nullptr,
                                                direction == Direction::kSeal) == 1);
      contexts_.push_back(std::move(context));
    }
  }

  void seal(unsigned thread, const AeadPacket& packet) override {
    EVP_CIPHER_CTX* context = turn(thread, packet);
    int size = 0;
    SKEIN_ASSERT(EVP_CipherFinal_ex(context, packet.text.data(), &size) == 1);
    SKEIN_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(packet.icv.size()),
                                     packet.icv.data()) == 1);
  }

  bool open(unsigned thread, const AeadPacket& packet) override {
    EVP_CIPHER_CTX* context = turn(thread, packet);
    SKEIN_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(packet.icv.size()),
                                     packet.icv.data()) == 1);
    int size = 0;
    return EVP_CipherFinal_ex(context, packet.text.data(), &size) == 1;
  }

 private:
  // All but the end, which differs with the direction.
  EVP_CIPHER_CTX* turn(unsigned thread, const AeadPacket& packet) {
    EVP_CIPHER_CTX* context = contexts_[thread].get();
    int size = 0;
    SKEIN_ASSERT(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, packet.nonce, -1) == 1);
    SKEIN_ASSERT(EVP_CipherUpdate(context, nullptr, &size, packet.associated.data(),
                                  static_cast<int>(packet.associated.size())) == 1);
    SKEIN_ASSERT(EVP_CipherUpdate(context, packet.text.data(), &size, packet.text.data(),
                                  static_cast<int>(packet.text.size())) == 1);
    return context;
  }

  std::vector<Context> contexts_;
};

class OpensslAead final : public Aead {
 public:
  std::string name() const override { return "openssl"; }
  std::unique_ptr<AeadKey> make_key(const Key& key, Direction direction, unsigned threads) override {
    return std::make_unique<OpensslKey>(key, direction, threads);
  }
};

}  // namespace

std::unique_ptr<Aead> make_openssl_aead() { return std::make_unique<OpensslAead>(); }

std::unique_ptr<Aead> make_best_aead() {
  if (auto fast = make_ipsec_mb_aead()) return fast;
  return make_openssl_aead();
}

}  // namespace skein::esp
