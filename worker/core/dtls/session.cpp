#include "core/dtls/session.hpp"

#include <openssl/pem.h>
#include <openssl/srtp.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/base/check.hpp"

namespace sfu::dtls {
namespace {

constexpr unsigned kFirstTimeoutUs = 100'000;
constexpr unsigned kLongestTimeoutUs = 3'200'000;

// RFC 6347, 4.2.4.1 allows less than a second where round trips are short. With OpenSSL's limit of 12
// retransmissions a flight is repeated for about as long as our patience lasts.
unsigned next_timeout(SSL*, unsigned last) {
  return last == 0 ? kFirstTimeoutUs : std::min(2 * last, kLongestTimeoutUs);
}

// Whether the datagram is records from end to end (RFC 6347, 4.1): type, version, epoch, sequence number,
// length, fragment.
bool is_records(Bytes datagram) {
  if (datagram.empty()) return false;
  while (const auto head = take<13>(datagram)) {
    const bool known =
        head->u8<0>() >= SSL3_RT_CHANGE_CIPHER_SPEC && head->u8<0>() <= SSL3_RT_APPLICATION_DATA;
    if (!known || head->u8<1>() != DTLS1_VERSION_MAJOR || !take(datagram, head->u16<11>())) return false;
  }
  return datagram.empty();
}

std::optional<srtp::Profile> profile_of(const SRTP_PROTECTION_PROFILE* profile) {
  switch (profile ? profile->id : 0) {
    case SRTP_AEAD_AES_128_GCM:
      return srtp::Profile::kAeadAes128Gcm;
    case SRTP_AEAD_AES_256_GCM:
      return srtp::Profile::kAeadAes256Gcm;
    case SRTP_AES128_CM_SHA1_80:
      return srtp::Profile::kAesCm128HmacSha1_80;
    case SRTP_AES128_CM_SHA1_32:
      return srtp::Profile::kAesCm128HmacSha1_32;
    default:
      return std::nullopt;
  }
}

constexpr const char* kWrongFingerprint =
    "the remote's certificate does not have the fingerprint that was signalled";

// Why a handshake failed.
std::string failure_of(const SSL* ssl) {
  std::string reason = openssl_reason();
  return SSL_get_verify_result(ssl) == X509_V_ERR_CERT_REJECTED ? kWrongFingerprint : reason;
}

// OpenSSL's buffers for a record in each direction, 33 kB of memory, while something is read or written.
// Those of a session that waits would be most of what it holds.
class Buffers {
 public:
  explicit Buffers(SSL* ssl) : ssl_(ssl) { CHECK(SSL_alloc_buffers(ssl_) == 1); }
  ~Buffers() { (void)SSL_free_buffers(ssl_); }  // refused while a record is in it
  Buffers(const Buffers&) = delete;

 private:
  SSL* ssl_;
};

X509Ptr certificate_of(const SSL* ssl) { return X509Ptr(SSL_get1_peer_certificate(ssl)); }

}  // namespace

Session::Session(const Context& context, Role role) : role_(role), ssl_(context.make_ssl(&fingerprints_)) {
  BIO* bio = make_bio(io_).release();
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_mtu(ssl_.get(), kMtu);
  DTLS_set_timer_cb(ssl_.get(), next_timeout);
  role_ == Role::kClient ? SSL_set_connect_state(ssl_.get()) : SSL_set_accept_state(ssl_.get());
}

void Session::start(Time now) {
  if (state_ != State::kNew) return;
  const Buffers buffers(ssl_.get());
  state_ = State::kConnecting;
  timers_.set(Timer::kGiveUp, now + kPatience);
  handshake(now);
}

bool Session::receive(Bytes datagram, Time now) {
  if (!is_records(datagram)) return false;
  const bool begins = state_ == State::kNew && role_ == Role::kServer;
  if (!begins && state_ != State::kConnecting && state_ != State::kConnected) return false;
  const Buffers buffers(ssl_.get());
  io_.input = datagram;
  if (begins) {
    start(now);
  } else if (!done_) {
    handshake(now);
  }
  if (done_) read_messages();
  schedule(now);
  io_.input = {};
  return true;
}

void Session::set_remote_fingerprints(std::vector<Fingerprint> fingerprints) {
  fingerprints_ = std::move(fingerprints);
  const Buffers buffers(ssl_.get());
  if (state_ == State::kConnecting) decide();
}

bool Session::send(Bytes message) {
  if (state_ != State::kConnected || message.empty() || message.size() > kMaxMessage) return false;
  const Buffers buffers(ssl_.get());
  ERR_clear_error();
  return SSL_write(ssl_.get(), message.data(), static_cast<int>(message.size())) > 0;
}

void Session::close() {
  const Buffers buffers(ssl_.get());
  if (state_ != State::kFailed) end(State::kClosed);
}

void Session::wake(Time now) {
  const Buffers buffers(ssl_.get());
  while (const auto timer = timers_.take(now)) {
    if (*timer == Timer::kGiveUp) return end(State::kFailed, "the handshake came to a halt");
    ERR_clear_error();
    if (DTLSv1_handle_timeout(ssl_.get()) < 0) return end(State::kFailed, openssl_reason());
    schedule(now);
  }
}

std::string Session::remote_certificate() const {
  const X509Ptr certificate = certificate_of(ssl_.get());
  const BioPtr out(BIO_new(BIO_s_mem()));
  CHECK(out);
  if (!certificate || PEM_write_bio_X509(out.get(), certificate.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

void Session::handshake(Time now) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ)
    return end(State::kFailed, failure_of(ssl_.get()));
  if (std::exchange(step_, SSL_get_state(ssl_.get())) != step_) timers_.set(Timer::kGiveUp, now + kPatience);
  if (result == 1) {
    timers_.stop(Timer::kGiveUp);
    done_ = true;
    keys_ = export_keys();
    decide();
  }
  schedule(now);
}

// Also answers a handshake message that the remote repeats because our last flight was lost.
void Session::read_messages() {
  uint8_t message[SSL3_RT_MAX_PLAIN_LENGTH];
  int result = 0;
  ERR_clear_error();
  while ((result = SSL_read(ssl_.get(), message, sizeof message)) > 0)
    if (state_ == State::kConnected) push_bounded(received_, {message, static_cast<size_t>(result)});
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_ZERO_RETURN) return end(State::kClosed);
  if (error != SSL_ERROR_WANT_READ) end(State::kFailed, openssl_reason());
}

// Connects as soon as both the handshake and signalling are through. A certificate that came after its
// fingerprint has been compared already, and the remote has been told by an alert.
void Session::decide() {
  if (!done_ || fingerprints_.empty()) return;
  if (!matches(certificate_of(ssl_.get()).get(), fingerprints_))
    return end(State::kFailed, kWrongFingerprint);
  state_ = State::kConnected;
}

// OpenSSL keeps its retransmission timer by the clock of the operating system: the time it has left becomes
// a deadline of ours.
void Session::schedule(Time now) {
  timeval left{};
  timers_.stop(Timer::kRetransmit);
  if (state_ != State::kConnecting || DTLSv1_get_timeout(ssl_.get(), &left) != 1) return;
  timers_.set(Timer::kRetransmit, now + std::chrono::seconds(left.tv_sec) + Duration(left.tv_usec));
}

std::optional<SrtpKeys> Session::export_keys() const {
  constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  const auto profile = profile_of(SSL_get_selected_srtp_profile(ssl_.get()));
  if (!profile) return std::nullopt;
  std::array<uint8_t, keying_material_size(srtp::Profile::kAeadAes256Gcm)> material{};
  const size_t size = keying_material_size(*profile);
  CHECK(SSL_export_keying_material(ssl_.get(), material.data(), size, kLabel.data(), kLabel.size(), nullptr,
                                   0, 0) == 1);
  return split_keying_material(*profile, Bytes(material).first(size), role_);
}

// A remote that finished its handshake hears that it is over.
void Session::end(State state, std::string reason) {
  state_ = state;
  reason_ = std::move(reason);
  timers_ = {};
  done_ = false;
  keys_.reset();
  if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace sfu::dtls
