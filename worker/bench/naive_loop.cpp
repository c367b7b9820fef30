#include "bench/naive_loop.hpp"

#include <srtp2/srtp.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/base/check.hpp"
#include "core/srtp/libsrtp_session.hpp"
#include "net/socket_address.hpp"

namespace sfu::bench {
namespace {

void send_message(int fd, const Address& to, MutableBytes datagram) {
  net::SocketAddress remote = net::to_socket_address(to, AF_INET);
  iovec vector{datagram.data(), datagram.size()};
  const msghdr message{remote.get(), remote.size, &vector, 1, nullptr, 0, 0};
  CHECK(sendmsg(fd, &message, MSG_DONTWAIT) == static_cast<ssize_t>(datagram.size()));
}

size_t receive_message(int fd, MutableBytes into) {
  sockaddr_storage remote;
  iovec vector{into.data(), into.size()};
  msghdr message{&remote, sizeof remote, &vector, 1, nullptr, 0, 0};
  const ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
  return size < 0 ? 0 : static_cast<size_t>(size);
}

}  // namespace

void NaiveLoop::Free::operator()(srtp_ctx_t_* context) const { srtp_dealloc(context); }

NaiveLoop::NaiveLoop(srtp::Profile profile, const Receivers& receivers) {
  srtp::init_libsrtp();
  source_ = make_context(profile, 0, true);
  for (size_t i = 0; i < receivers.size(); ++i)
    destinations_.push_back(
        {receivers.socket(i).local(), make_context(profile, 1 + i, false), static_cast<uint32_t>(1 + i)});
  poll_.watch(socket_.fd(), 0);
}

NaiveLoop::Context NaiveLoop::make_context(srtp::Profile profile, size_t number, bool inbound) {
  const srtp::Master master = master_of(number);
  std::array<uint8_t, 46> key{};
  std::copy_n(master.salt.begin(), srtp::salt_size(profile),
              std::copy_n(master.key.begin(), srtp::key_size(profile), key.begin()));
  srtp_policy_t policy{};
  const auto set = srtp::is_aead(profile) ? srtp_crypto_policy_set_aes_gcm_128_16_auth
                                          : srtp_crypto_policy_set_rtp_default;
  set(&policy.rtp);
  set(&policy.rtcp);
  policy.key = key.data();
  policy.window_size = 1024;
  policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
  srtp_t context = nullptr;
  CHECK(srtp_create(&context, &policy) == srtp_err_status_ok);
  return Context(context);
}

void NaiveLoop::take_turn() {
  std::array<uint8_t, 2048> packet;
  poll_.each_ready(0, [&](size_t) {
    while (const size_t received = receive_message(socket_.fd(), packet)) {
      auto size = static_cast<int>(received);
      if (srtp_unprotect(source_.get(), packet.data(), &size) == srtp_err_status_ok)
        forward(Bytes(packet).first(static_cast<size_t>(size)));
    }
  });
}

void NaiveLoop::forward(Bytes packet) {
  std::array<uint8_t, 2048> copy;
  for (const Destination& destination : destinations_) {
    std::memcpy(copy.data(), packet.data(), packet.size());
    store32(copy.data() + 8, destination.ssrc);
    auto size = static_cast<int>(packet.size());
    CHECK(srtp_protect(destination.context.get(), copy.data(), &size) == srtp_err_status_ok);
    send_message(socket_.fd(), destination.address, MutableBytes(copy).first(static_cast<size_t>(size)));
  }
}

}  // namespace sfu::bench
