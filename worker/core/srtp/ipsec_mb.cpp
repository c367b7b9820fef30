#ifdef CONSOMME_IPSEC_MB

#include "core/srtp/ipsec_mb.hpp"

// Else the library's header makes SHA1 and others macros.
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "core/base/check.hpp"

namespace sfu::srtp {
namespace {

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

Manager make_manager(void (*init)(IMB_MGR*)) {
  Manager manager(alloc_mb_mgr(0));
  CHECK(manager);
  init(manager.get());
  return manager;
}

// The best functions for this CPU. Only such are called through it as keep nothing in it, so that all threads
// may share it. Never destroyed: at exit, threads may still run.
const IMB_MGR& functions() {
  static const IMB_MGR* const manager =
      make_manager([](IMB_MGR* state) { init_mb_mgr_auto(state, nullptr); }).release();
  return *manager;
}

bool has(uint64_t features) { return (functions().features & features) == features; }

// AVX512 hashes 16 packets side by side, AVX2 8, and a run costs as much when lanes are empty. SHA-NI does 2
// and is as fast as AVX2 with all 8 filled.
struct Lanes {
  void (*init)(IMB_MGR*);
  size_t worth_from;  // with fewer packets, one after the other is faster
};
Lanes lanes_of_cpu() {
  if (has(IMB_FEATURE_AVX512_SKX)) return {init_mb_mgr_avx512, 4};
  if (has(IMB_FEATURE_SHANI)) return {init_mb_mgr_sse, 2};
  if (has(IMB_FEATURE_AVX2)) return {init_mb_mgr_avx2, 4};
  return {init_mb_mgr_sse, 4};
}

uint64_t address(const uint8_t* at) { return reinterpret_cast<uintptr_t>(at); }

}  // namespace

bool ipsec_mb_is_fast() { return has(IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ); }

struct IpsecMbCipher::Gcm {
  Gcm(Profile profile, const SessionKey& session)
      : encrypt(profile == Profile::kAeadAes256Gcm ? functions().gcm256_enc : functions().gcm128_enc),
        decrypt(profile == Profile::kAeadAes256Gcm ? functions().gcm256_dec : functions().gcm128_dec) {
    const bool is_256 = profile == Profile::kAeadAes256Gcm;
    (is_256 ? functions().gcm256_pre : functions().gcm128_pre)(session.cipher.data(), &key);
  }

  alignas(64) gcm_key_data key;
  decltype(IMB_MGR::gcm128_enc) encrypt;
  decltype(IMB_MGR::gcm128_dec) decrypt;
};

struct IpsecMbCipher::CounterMode {
  CounterMode(Profile profile, const SessionKey& session, size_t tag, Direction direction)
      : alone(profile, session, tag, direction), tag_size(tag) {
    const HmacSha1 hmac(session.authentication);
    inner = hmac.inner();
    outer = hmac.outer();
    alignas(16) std::array<uint8_t, 16 * 15> decryption;
    functions().keyexp_128(session.cipher.data(), expanded.data(), decryption.data());
    OPENSSL_cleanse(decryption.data(), decryption.size());
  }

  alignas(16) std::array<uint8_t, 16 * 15> expanded;
  HmacSha1::State inner;
  HmacSha1::State outer;
  OpenSslCipher alone;
  size_t tag_size;
};

IpsecMbCipher::IpsecMbCipher(IpsecMbCipher&&) noexcept = default;
IpsecMbCipher& IpsecMbCipher::operator=(IpsecMbCipher&&) noexcept = default;
IpsecMbCipher::~IpsecMbCipher() = default;

IpsecMbCipher::IpsecMbCipher(Profile profile, const SessionKey& key, size_t tag_size, Direction direction) {
  if (is_aead(profile)) {
    gcm_ = std::make_unique<Gcm>(profile, key);
  } else {
    counter_mode_ = std::make_unique<CounterMode>(profile, key, tag_size, direction);
  }
}

void IpsecMbCipher::seal(const Parts& parts) {
  if (!gcm_) return counter_mode_->alone.seal(parts);
  gcm_context_data state;
  gcm_->encrypt(&gcm_->key, &state, parts.out, parts.in, parts.size, parts.nonce.data(),
                parts.associated.data(), parts.associated.size(), parts.tag, 16);
}

bool IpsecMbCipher::open(const Parts& parts) {
  if (!gcm_) return counter_mode_->alone.open(parts);
  gcm_context_data state;
  std::array<uint8_t, 16> tag;
  gcm_->decrypt(&gcm_->key, &state, parts.out, parts.in, parts.size, parts.nonce.data(),
                parts.associated.data(), parts.associated.size(), tag.data(), tag.size());
  return CRYPTO_memcmp(tag.data(), parts.tag, tag.size()) == 0;
}

struct IpsecMbBatch::Work {
  static constexpr size_t kMax = 64;
  struct Item {
    IpsecMbCipher* cipher;
    Parts parts;
    // The library writes no tag shorter than 12 bytes: it must not reach the packet behind.
    HmacSha1::Tag tag;
  };

  void submit(Item& item, const IpsecMbCipher::CounterMode& key);
  void seal_side_by_side();

  const Lanes lanes = lanes_of_cpu();
  const Manager manager = make_manager(lanes.init);
  std::array<Item, kMax> items;
  size_t count = 0;
};

IpsecMbBatch::IpsecMbBatch() : work_(std::make_unique<Work>()) {}
IpsecMbBatch::IpsecMbBatch(IpsecMbBatch&&) noexcept = default;
IpsecMbBatch& IpsecMbBatch::operator=(IpsecMbBatch&&) noexcept = default;
IpsecMbBatch::~IpsecMbBatch() = default;

void IpsecMbBatch::add(IpsecMbCipher& cipher, const Parts& parts) {
  // The library's jobs may not be empty.
  if (parts.size == 0) return cipher.seal(parts);
  work_->items[work_->count++] = {&cipher, parts, {}};
  if (work_->count == Work::kMax) run();
}

void IpsecMbBatch::run() {
  if (work_->count >= work_->lanes.worth_from) {
    work_->seal_side_by_side();
  } else {
    for (size_t i = 0; i < work_->count; ++i) work_->items[i].cipher->seal(work_->items[i].parts);
  }
  work_->count = 0;
}

void IpsecMbBatch::Work::seal_side_by_side() {
  const std::span<Item> batch(items.data(), count);
  for (Item& item : batch) submit(item, *item.cipher->counter_mode_);
  while (IMB_FLUSH_JOB(manager.get())) continue;
  for (Item& item : batch) std::memcpy(item.parts.tag, item.tag.data(), item.cipher->counter_mode_->tag_size);
}

void IpsecMbBatch::Work::submit(Item& item, const IpsecMbCipher::CounterMode& key) {
  const Parts& parts = item.parts;
  // RFC 3711, 4.2: ROC is authenticated behind the packet. It waits where the tag will be.
  store32(parts.tag, parts.trailer);
  IMB_JOB* job = IMB_GET_NEXT_JOB(manager.get());
  job->cipher_mode = IMB_CIPHER_CNTR;
  job->cipher_direction = IMB_DIR_ENCRYPT;
  job->chain_order = IMB_ORDER_CIPHER_HASH;
  job->enc_keys = key.expanded.data();
  job->dec_keys = key.expanded.data();
  job->key_len_in_bytes = 16;
  job->iv = parts.nonce.data();
  job->iv_len_in_bytes = parts.nonce.size();
  job->src = parts.in;
  job->dst = parts.out;
  job->cipher_start_src_offset_in_bytes = 0;
  job->msg_len_to_cipher_in_bytes = parts.size;
  job->hash_alg = IMB_AUTH_HMAC_SHA_1;
  // The library counts from `src`, but what is hashed is the packet made.
  job->hash_start_src_offset_in_bytes = address(parts.associated.data()) - address(parts.in);
  job->msg_len_to_hash_in_bytes = parts.associated.size() + parts.size + sizeof parts.trailer;
  job->u.HMAC._hashed_auth_key_xor_ipad = reinterpret_cast<const uint8_t*>(key.inner.data());
  job->u.HMAC._hashed_auth_key_xor_opad = reinterpret_cast<const uint8_t*>(key.outer.data());
  job->auth_tag_output = item.tag.data();
  job->auth_tag_output_len_in_bytes = item.tag.size();
  IMB_SUBMIT_JOB_NOCHECK(manager.get());
}

}  // namespace sfu::srtp

#endif
