#include "core/dtls/session.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

namespace sfu::dtls {
namespace {

// Leaves room for IPv6, UDP and a tunnel below the 1280 bytes that any path carries (RFC 8200, 5).
constexpr int kMtu = 1200;
constexpr size_t kMaxMessage = 16384;
// A remote that lets our datagrams pile up, or floods us with messages nobody takes, is cut off here.
constexpr size_t kMaxWaiting = 256;
constexpr unsigned kFirstRetransmission = 100'000;  // microseconds
constexpr unsigned kLastRetransmission = 3'000'000;

unsigned retransmission_after(SSL*, unsigned last) {
  return last == 0 ? kFirstRetransmission : std::min(last * 2, kLastRetransmission);
}

std::optional<srtp::Profile> profile_of(unsigned long id) {
  switch (id) {
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

std::string pem_of(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string out(text, static_cast<size_t>(size));
  BIO_free(bio);
  return out;
}

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

// Stays in place: OpenSSL holds a pointer to it.
struct Session::Impl {
  Role role;
  State state = State::kNew;
  std::string reason;
  std::unique_ptr<SSL, FreeSsl> ssl;
  Time give_up = kNever;
  Time deadline = kNever;
  bool handshake_done = false;
  std::optional<std::vector<Fingerprint>> fingerprints;
  std::optional<SrtpKeys> keys;
  std::string remote_certificate;
  Bytes input;  // the datagram that OpenSSL reads
  std::vector<std::vector<uint8_t>> pending;
  std::vector<std::vector<uint8_t>> received;

  Impl(const Context& context, Role role);
  void advance(Time now);
  void after_handshake();
  void check_remote();
  void read_messages();
  void fail(std::string why);
  void move_deadline(Time now);
};

// ---- the datagrams that OpenSSL reads and writes

namespace {

int read_datagram(BIO* bio, char* out, int size) {
  auto* impl = static_cast<Session::Impl*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (impl->input.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t taken = std::min(impl->input.size(), static_cast<size_t>(size));
  std::copy_n(impl->input.begin(), taken, reinterpret_cast<uint8_t*>(out));
  impl->input = {};
  return static_cast<int>(taken);
}

int write_datagram(BIO* bio, const char* data, int size) {
  auto* impl = static_cast<Session::Impl*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (impl->pending.size() < kMaxWaiting) impl->pending.emplace_back(data, data + size);
  return size;
}

long control(BIO*, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
      return kMtu;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
      return 28;
    default:
      return 0;
  }
}

BIO_METHOD* datagram_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams of one association");
    BIO_meth_set_read(made, read_datagram);
    BIO_meth_set_write(made, write_datagram);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

}  // namespace

// ---- the association

Session::Impl::Impl(const Context& context, Role own_role) : role(own_role), ssl(SSL_new(context.get())) {
  CHECK(ssl != nullptr);
  BIO* bio = BIO_new(datagram_method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_mtu(ssl.get(), kMtu);
  DTLS_set_timer_cb(ssl.get(), retransmission_after);
  if (role == Role::kClient)
    SSL_set_connect_state(ssl.get());
  else
    SSL_set_accept_state(ssl.get());
}

// Lets OpenSSL do what the last input allows.
void Session::Impl::advance(Time now) {
  if (state == State::kFailed || state == State::kClosed) return;
  ERR_clear_error();
  if (!handshake_done) {
    const int result = SSL_do_handshake(ssl.get());
    const int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl.get(), result);
    if (error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN) {
      const char* text = ERR_reason_error_string(ERR_peek_last_error());
      fail(std::string("handshake: ") + (text ? text : "the remote ended it"));
    }
    if (result == 1) after_handshake();
  }
  if (handshake_done) read_messages();
  move_deadline(now);
}

void Session::Impl::after_handshake() {
  handshake_done = true;
  std::unique_ptr<X509, FreeX509> certificate(SSL_get1_peer_certificate(ssl.get()));
  const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(ssl.get());
  const auto profile = chosen ? profile_of(chosen->id) : std::nullopt;
  if (!certificate) return fail("the remote showed no certificate");
  if (!profile) return fail("no SRTP protection profile in common");
  remote_certificate = pem_of(certificate.get());

  // RFC 5764, 4.2: client key, server key, client salt, server salt.
  constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  const size_t key = srtp::key_size(*profile), salt = srtp::salt_size(*profile);
  std::array<uint8_t, 2 * (32 + 14)> material{};
  if (SSL_export_keying_material(ssl.get(), material.data(), 2 * (key + salt), kLabel.data(), kLabel.size(),
                                 nullptr, 0, 0) != 1)
    return fail("keys cannot be exported");
  SrtpKeys made{.profile = *profile, .send = {}, .receive = {}};
  srtp::Master& client = role == Role::kClient ? made.send : made.receive;
  srtp::Master& server = role == Role::kClient ? made.receive : made.send;
  std::copy_n(material.data(), key, client.key.data());
  std::copy_n(material.data() + key, key, server.key.data());
  std::copy_n(material.data() + 2 * key, salt, client.salt.data());
  std::copy_n(material.data() + 2 * key + salt, salt, server.salt.data());
  keys = made;
  check_remote();
}

// Both the handshake and signalling must have told who the remote is.
void Session::Impl::check_remote() {
  if (!handshake_done || !fingerprints || state == State::kFailed || state == State::kConnected) return;
  std::unique_ptr<X509, FreeX509> certificate(SSL_get1_peer_certificate(ssl.get()));
  const bool known = certificate && std::ranges::any_of(*fingerprints, [&](const Fingerprint& expected) {
                       return fingerprint_value(certificate.get(), expected.algorithm) == expected.value;
                     });
  if (!known) return fail("the remote's certificate has none of the fingerprints that were signalled");
  state = State::kConnected;
  give_up = kNever;
}

void Session::Impl::read_messages() {
  std::vector<uint8_t> message(kMaxMessage);
  for (;;) {
    const int size = SSL_read(ssl.get(), message.data(), static_cast<int>(message.size()));
    if (size <= 0) {
      const int error = SSL_get_error(ssl.get(), size);
      if (error == SSL_ERROR_ZERO_RETURN) state = State::kClosed;
      return;  // what cannot be read otherwise is dropped (RFC 6347, 4.1.2.7)
    }
    const bool trusted = state == State::kConnected;
    if (trusted && received.size() < kMaxWaiting)
      received.emplace_back(message.begin(), message.begin() + size);
  }
}

void Session::Impl::fail(std::string why) {
  state = State::kFailed;
  reason = std::move(why);
  keys.reset();
  give_up = kNever;
}

// The one place where the operating system's clock is behind: OpenSSL's retransmission timer.
void Session::Impl::move_deadline(Time now) {
  timeval left{};
  const bool waiting = state == State::kConnecting && DTLSv1_get_timeout(ssl.get(), &left) == 1;
  deadline = waiting ? now + std::chrono::seconds(left.tv_sec) + Duration(left.tv_usec) : kNever;
}

Session::Session(const Context& context, Role role) : impl_(std::make_unique<Impl>(context, role)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::start(Time now) {
  if (impl_->state != State::kNew) return;
  impl_->state = State::kConnecting;
  impl_->give_up = now + kHandshakeTimeout;
  if (impl_->role == Role::kClient) impl_->advance(now);
}

void Session::set_remote_fingerprints(std::vector<Fingerprint> fingerprints) {
  impl_->fingerprints = std::move(fingerprints);
  impl_->check_remote();
}

bool Session::receive(Bytes datagram, Time now) {
  // A record's header: content type 20–63, version 254.x (RFC 6347, 4.1).
  if (datagram.size() < 13 || datagram[0] < 20 || datagram[0] > 63 || datagram[1] != 254) return false;
  if (impl_->state == State::kNew) start(now);
  impl_->input = datagram;
  impl_->advance(now);
  impl_->input = {};
  return true;
}

Time Session::deadline() const { return std::min(impl_->deadline, impl_->give_up); }

void Session::wake(Time now) {
  if (impl_->give_up <= now) {
    impl_->fail("the remote did not finish the handshake in time");
    impl_->deadline = kNever;
    return;
  }
  if (impl_->deadline > now) return;
  ERR_clear_error();
  DTLSv1_handle_timeout(impl_->ssl.get());
  impl_->move_deadline(now);
  // OpenSSL's clock may lag behind ours by the rounding of its timer: not sooner than a moment.
  impl_->deadline = std::max(impl_->deadline, now + 1ms);
}

void Session::close() {
  if (impl_->handshake_done && impl_->state == State::kConnected) SSL_shutdown(impl_->ssl.get());
  impl_->state = State::kClosed;
  impl_->deadline = impl_->give_up = kNever;
}

Role Session::role() const { return impl_->role; }
State Session::state() const { return impl_->state; }
const std::string& Session::reason() const { return impl_->reason; }
const SrtpKeys& Session::keys() const {
  CHECK(impl_->state == State::kConnected);
  return *impl_->keys;
}
const std::string& Session::remote_certificate() const { return impl_->remote_certificate; }
std::vector<std::vector<uint8_t>>& Session::pending() { return impl_->pending; }
std::vector<std::vector<uint8_t>>& Session::received() { return impl_->received; }

bool Session::send(Bytes data) {
  if (impl_->state != State::kConnected || data.size() > kMaxMessage) return false;
  ERR_clear_error();
  return SSL_write(impl_->ssl.get(), data.data(), static_cast<int>(data.size())) > 0;
}

}  // namespace sfu::dtls
