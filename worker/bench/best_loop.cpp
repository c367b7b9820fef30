#ifdef CONSOMME_IPSEC_MB

#include "bench/best_loop.hpp"

#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cstring>

#include "core/base/check.hpp"
#include "core/srtp/hmac_sha1.hpp"
#include "core/srtp/key_derivation.hpp"
#include "core/srtp/parts.hpp"
#include "net/socket_address.hpp"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace sfu::bench {
namespace {

constexpr size_t kBatch = 64;
constexpr size_t kHeader = 24;  // the source's: fixed part, MID and transport-wide number
constexpr size_t kMaxTag = 16;
constexpr size_t kSlot = 1280;

struct FreeManager {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, FreeManager>;

Manager make_manager() {
  Manager manager(alloc_mb_mgr(0));
  CHECK(manager);
  init_mb_mgr_auto(manager.get(), nullptr);
  return manager;
}

// The library prefers AVX2's eight lanes to SHA-NI, which is faster.
Manager make_sha1_manager() {
  Manager manager = make_manager();
  const uint64_t features = manager->features;
  if ((features & IMB_FEATURE_SHANI) != 0 && (features & IMB_FEATURE_AVX512_SKX) != IMB_FEATURE_AVX512_SKX)
    init_mb_mgr_sse(manager.get());
  return manager;
}

// Both ciphers do the same with a run of packets, all to one receiver or all of one source: seal() encrypts
// `count` packets from `in` to `out`, open() decrypts one in place.
class Gcm {
 public:
  static constexpr size_t kTag = 16;
  struct Key {
    alignas(64) gcm_key_data expanded;
    srtp::Salt salt;
  };

  Key prepare(const srtp::SessionKey& session) {
    Key key{.expanded = {}, .salt = session.salt};
    IMB_AES128_GCM_PRE(manager_.get(), session.cipher.data(), &key.expanded);
    return key;
  }
  void seal(const Key& key, uint8_t* out, const uint8_t* in, size_t size) {
    const srtp::Nonce nonce = nonce_of(key, out);
    IMB_AES128_GCM_ENC(manager_.get(), &key.expanded, &context_, out + kHeader, in, size, nonce.data(), out,
                       kHeader, out + kHeader + size, kTag);
  }
  void finish() {}
  bool open(const Key& key, uint8_t* packet, size_t size) {
    const srtp::Nonce nonce = nonce_of(key, packet);
    std::array<uint8_t, kTag> tag;
    IMB_AES128_GCM_DEC(manager_.get(), &key.expanded, &context_, packet + kHeader, packet + kHeader, size,
                       nonce.data(), packet, kHeader, tag.data(), kTag);
    return std::memcmp(tag.data(), packet + kHeader + size, kTag) == 0;
  }

 private:
  static srtp::Nonce nonce_of(const Key& key, const uint8_t* packet) {
    return srtp::make_nonce(true, key.salt, load32(packet + 8), load16(packet + 2));
  }
  Manager manager_ = make_manager();
  gcm_context_data context_;
};

class CounterModeSha1 {
 public:
  static constexpr size_t kTag = 10;
  struct Key {
    alignas(16) std::array<uint8_t, 16 * 15> expanded;
    srtp::HmacSha1::State inner, outer;
    srtp::Salt salt;
  };

  Key prepare(const srtp::SessionKey& session) {
    const srtp::HmacSha1 hmac(session.authentication);
    Key key{.expanded = {}, .inner = hmac.inner(), .outer = hmac.outer(), .salt = session.salt};
    alignas(16) std::array<uint8_t, 16 * 15> decryption;
    IMB_AES_KEYEXP_128(manager_.get(), session.cipher.data(), key.expanded.data(), decryption.data());
    return key;
  }
  void seal(const Key& key, uint8_t* out, const uint8_t* in, size_t size) {
    submit(key, out, in, size, IMB_DIR_ENCRYPT);
    if (count_ == kMax) finish();
  }
  void finish() {
    while (IMB_FLUSH_JOB(manager_.get())) continue;
    for (size_t i = 0; i < count_; ++i) std::memcpy(items_[i].at, items_[i].tag.data(), kTag);
    count_ = 0;
  }
  bool open(const Key& key, uint8_t* packet, size_t size) {
    std::array<uint8_t, kTag> received;
    std::memcpy(received.data(), packet + kHeader + size, kTag);
    submit(key, packet, packet + kHeader, size, IMB_DIR_DECRYPT);
    finish();
    return std::memcmp(received.data(), packet + kHeader + size, kTag) == 0;
  }

 private:
  static constexpr size_t kMax = 128;
  struct Item {
    uint8_t* at;
    srtp::Nonce nonce;
    std::array<uint8_t, 20> tag;
  };

  // RFC 3711, 4.2: a rollover counter of 0 is authenticated behind the packet.
  void submit(const Key& key, uint8_t* out, const uint8_t* in, size_t size, IMB_CIPHER_DIRECTION direction) {
    Item& item = items_[count_++];
    item.at = out + kHeader + size;
    item.nonce = srtp::make_nonce(false, key.salt, load32(out + 8), load16(out + 2));
    store32(item.at, 0);
    IMB_JOB* job = IMB_GET_NEXT_JOB(manager_.get());
    job->cipher_mode = IMB_CIPHER_CNTR;
    job->cipher_direction = direction;
    job->chain_order = direction == IMB_DIR_ENCRYPT ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    job->enc_keys = job->dec_keys = key.expanded.data();
    job->key_len_in_bytes = 16;
    job->iv = item.nonce.data();
    job->iv_len_in_bytes = item.nonce.size();
    job->src = in;
    job->dst = out + kHeader;
    job->cipher_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = size;
    job->hash_alg = IMB_AUTH_HMAC_SHA_1;
    job->hash_start_src_offset_in_bytes = reinterpret_cast<uintptr_t>(out) - reinterpret_cast<uintptr_t>(in);
    job->msg_len_to_hash_in_bytes = kHeader + size + 4;
    job->u.HMAC._hashed_auth_key_xor_ipad = reinterpret_cast<const uint8_t*>(key.inner.data());
    job->u.HMAC._hashed_auth_key_xor_opad = reinterpret_cast<const uint8_t*>(key.outer.data());
    job->auth_tag_output = item.tag.data();
    job->auth_tag_output_len_in_bytes = item.tag.size();
    IMB_SUBMIT_JOB_NOCHECK(manager_.get());
  }

  Manager manager_ = make_sha1_manager();
  std::array<Item, kMax> items_;
  size_t count_ = 0;
};

template <class Cipher>
class BestLoop : public Loop {
 public:
  BestLoop(srtp::Profile profile, const Receivers& receivers)
      : source_(cipher_.prepare(srtp::derive(profile, master_of(0)).rtp)) {
    for (size_t i = 0; i < receivers.size(); ++i)
      destinations_.push_back({net::to_socket_address(receivers.socket(i).local(), AF_INET),
                               cipher_.prepare(srtp::derive(profile, master_of(1 + i)).rtp),
                               static_cast<uint32_t>(1 + i)});
    slots_.resize(receivers.size() * kBatch * kSlot);
    poll_.watch(socket_.fd(), 0);
  }

  const Address& local() const override { return socket_.local(); }

  void take_turn() override {
    size_t count = 0;
    poll_.each_ready(0, [&](size_t) { count = read(); });
    if (count == 0) return;
    const size_t run = count * packet_size_;
    for (size_t i = 0; i < destinations_.size(); ++i)
      seal_run(destinations_[i], slots_.data() + i * run, count);
    cipher_.finish();
    for (size_t i = 0; i < destinations_.size(); i += kBatch) send(i, run, count);
  }

 private:
  struct Destination {
    net::SocketAddress address;
    typename Cipher::Key key;
    uint32_t ssrc;
  };
  size_t payload_size() const { return packet_size_ - kHeader - Cipher::kTag; }

  // How many packets came and opened; they then lie in incoming_.
  size_t read() {
    std::array<mmsghdr, kBatch> headers{};
    std::array<iovec, kBatch> vectors;
    for (size_t i = 0; i < kBatch; ++i) {
      vectors[i] = {incoming_[i].data(), incoming_[i].size()};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = recvmmsg(socket_.fd(), headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (count <= 0) return 0;
    packet_size_ = headers[0].msg_len;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      CHECK(headers[i].msg_len == packet_size_ && cipher_.open(source_, incoming_[i].data(), payload_size()));
    return static_cast<size_t>(count);
  }

  void seal_run(const Destination& destination, uint8_t* out, size_t count) {
    for (size_t i = 0; i < count; ++i, out += packet_size_) {
      std::memcpy(out, incoming_[i].data(), kHeader);
      store32(out + 8, destination.ssrc);
      cipher_.seal(destination.key, out, incoming_[i].data() + kHeader, payload_size());
    }
  }

  // To at most kBatch destinations from `first`.
  void send(size_t first, size_t run, size_t count) {
    const size_t messages = std::min(kBatch, destinations_.size() - first);
    std::array<mmsghdr, kBatch> headers{};
    std::array<iovec, kBatch> vectors;
    alignas(cmsghdr) std::array<std::array<char, CMSG_SPACE(sizeof(uint16_t))>, kBatch> controls;
    for (size_t i = 0; i < messages; ++i) {
      Destination& destination = destinations_[first + i];
      vectors[i] = {slots_.data() + (first + i) * run, run};
      msghdr& header = headers[i].msg_hdr;
      header = {destination.address.get(), destination.address.size, &vectors[i], 1, nullptr, 0, 0};
      if (count > 1) add_segment_size(header, controls[i]);
    }
    for (size_t sent = 0; sent < messages;) {
      const int more =
          sendmmsg(socket_.fd(), &headers[sent], static_cast<unsigned>(messages - sent), MSG_DONTWAIT);
      CHECK(more > 0);
      sent += static_cast<size_t>(more);
    }
  }

  void add_segment_size(msghdr& header, std::array<char, CMSG_SPACE(sizeof(uint16_t))>& room) const {
    header.msg_control = room.data();
    header.msg_controllen = room.size();
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const auto size = static_cast<uint16_t>(packet_size_);
    std::memcpy(CMSG_DATA(control), &size, sizeof size);
  }

  LoopbackSocket socket_;
  Poll poll_;
  Cipher cipher_;
  typename Cipher::Key source_;
  std::vector<Destination> destinations_;
  size_t packet_size_ = 0;
  std::array<std::array<uint8_t, kSlot>, kBatch> incoming_;
  std::vector<uint8_t> slots_;
};

}  // namespace

std::unique_ptr<Loop> make_best_loop(srtp::Profile profile, const Receivers& receivers) {
  if (srtp::is_aead(profile)) return std::make_unique<BestLoop<Gcm>>(profile, receivers);
  return std::make_unique<BestLoop<CounterModeSha1>>(profile, receivers);
}

}  // namespace sfu::bench

#endif
