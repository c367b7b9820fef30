#include "core/sctp/socket.hpp"

#include <usrsctp.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>

#include "core/base/check.hpp"
#include "core/sctp/association.hpp"

namespace sfu::sctp {
namespace {

// 80 Mbit/s over a round trip of 100 ms. A congestion window beyond that is of no use to data channels.
constexpr size_t kMostWindow = 1 << 20;

sockaddr_conn to_sockaddr(uint16_t port, void* address) {
  sockaddr_conn out{};
  out.sconn_family = AF_CONN;
  out.sconn_port = htons(port);
  out.sconn_addr = address;
  return out;
}

template <class Value>
void set(struct socket* socket, int level, int name, const Value& value) {
  CHECK(usrsctp_setsockopt(socket, level, name, &value, sizeof(value)) == 0);
}

template <class Value>
void set(struct socket* socket, int name, const Value& value) {
  set(socket, IPPROTO_SCTP, name, value);
}

int to_int(size_t size) { return static_cast<int>(std::min<size_t>(size, INT_MAX / 2)); }

void set_sizes(struct socket* socket, const Options& options) {
  // Half the buffer is the most that usrsctp takes before it hands a message over in parts. It must not do
  // that with a message that we want: parts that end early look like the whole (see Reassembly).
  const size_t too_long = options.max_receive_message_size + 1;
  set(socket, SOL_SOCKET, SO_RCVBUF, to_int(std::max(options.max_receive_window, 2 * too_long)));
  set(socket, SCTP_PARTIAL_DELIVERY_POINT, static_cast<uint32_t>(to_int(too_long)));
  sctp_initmsg init{};
  init.sinit_num_ostreams = options.max_outbound_streams;
  init.sinit_max_instreams = options.max_inbound_streams;
  set(socket, SCTP_INITMSG, init);
  sctp_paddrparams path{};
  path.spp_address.ss_family = AF_CONN;
  path.spp_flags = SPP_PMTUD_DISABLE;  // RFC 8261, 5: DTLS does not fragment, and nobody tells of lost probes
  path.spp_pathmtu = static_cast<uint32_t>(options.mtu - sizeof(sctp_common_header));
  set(socket, SCTP_PEER_ADDR_PARAMS, path);
}

void set_behaviour(struct socket* socket) {
  CHECK(usrsctp_set_non_blocking(socket, 1) == 0);
  const linger at_once{1, 0};  // close with an ABORT and keep nothing
  set(socket, SOL_SOCKET, SO_LINGER, at_once);
  const int on = 1, off = 0;
  set(socket, SCTP_NODELAY, on);
  set(socket, SCTP_RECVRCVINFO, on);
  // No interleaving of messages (RFC 8260). usrsctp would understand I-DATA, but does not send that way: its
  // schedulers end one message before the next. Browsers do not offer it either, so it would only open code
  // to those who attack.
  set(socket, SCTP_FRAGMENT_INTERLEAVE, off);
  sctp_assoc_value resets{};
  resets.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ;  // and neither of whole associations nor more streams
  set(socket, SCTP_ENABLE_STREAM_RESET, resets);
  for (const int type : {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT}) {
    sctp_event event{};
    event.se_type = static_cast<uint16_t>(type);
    event.se_on = 1;
    set(socket, SCTP_EVENT, event);
  }
}

// RFC 9260, 3.3.10
std::string_view cause_name(uint16_t code) {
  static constexpr std::string_view kNames[] = {
      "without a cause",
      "invalid stream",
      "missing parameter",
      "stale cookie",
      "out of resources",
      "unresolvable address",
      "unrecognized chunk",
      "invalid parameter",
      "unrecognized parameters",
      "no user data",
      "cookie while shutting down",
      "restart with new addresses",
      "ended by its user",
      "protocol violation",
  };
  return code < std::size(kNames) ? kNames[code] : "unknown cause";
}
constexpr uint16_t kEndedByUser = 12;

Said association_change(const sctp_assoc_change& change) {
  const bool told_by_remote = change.sac_length > sizeof(change);  // its ABORT is attached
  switch (change.sac_state) {
    case SCTP_COMM_UP:
    case SCTP_RESTART:
      return Up{change.sac_outbound_streams, change.sac_inbound_streams};
    case SCTP_SHUTDOWN_COMP:
      return Down{true, {}};
    case SCTP_COMM_LOST:
    case SCTP_CANT_STR_ASSOC:
      if (told_by_remote) return Down{change.sac_error == kEndedByUser, cause_name(change.sac_error)};
      return Down{false, "the remote did not answer, or broke the protocol"};
    default:
      return Other{};
  }
}

Said stream_reset(const sctp_stream_reset_event& head, Bytes note) {
  const uint16_t flags = head.strreset_flags;
  Reset reset{.ours = (flags & SCTP_STREAM_RESET_OUTGOING_SSN) != 0,
              .done = (flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) == 0};
  reset.streams.resize((note.size() - sizeof(head)) / sizeof(uint16_t));
  if (!reset.streams.empty())
    std::memcpy(reset.streams.data(), note.data() + sizeof(head), reset.streams.size() * sizeof(uint16_t));
  return reset;
}

// The fixed part of a notification.
template <class Note>
Note fixed_part(Bytes note) {
  Note out;
  CHECK(note.size() >= sizeof(out));
  std::memcpy(&out, note.data(), sizeof(out));
  return out;
}

Said to_said(Bytes note) {
  switch (fixed_part<uint16_t>(note)) {
    case SCTP_ASSOC_CHANGE:
      return association_change(fixed_part<sctp_assoc_change>(note));
    case SCTP_STREAM_RESET_EVENT:
      return stream_reset(fixed_part<sctp_stream_reset_event>(note), note);
    case SCTP_PARTIAL_DELIVERY_EVENT:
      return Abandoned{};
    default:
      return Other{};
  }
}

// At most one limit (RFC 3758, 4; RFC 7496, 3).
void set_limit(sctp_sendv_spa& how, const Reliability& reliability, Duration life) {
  if (reliability.max_packet_life_time) {
    how.sendv_prinfo.pr_policy = SCTP_PR_SCTP_TTL;
    how.sendv_prinfo.pr_value = static_cast<uint32_t>(std::max<int64_t>(milliseconds(life), 1));
  } else if (reliability.max_retransmits) {
    how.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
    how.sendv_prinfo.pr_value = *reliability.max_retransmits;
  } else {
    return;
  }
  how.sendv_flags |= SCTP_SEND_PRINFO_VALID;
}

}  // namespace

Socket::Socket(const Options& options, Inside& inside)
    : address_(inside.open_address(mailbox_)),
      socket_(usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr)) {
  if (!socket_) return;
  set_sizes(socket_, options);
  set_behaviour(socket_);
  // usrsctp knows only one address a path: what it calls the remote's is the same as ours.
  sockaddr_conn name = to_sockaddr(options.port, address_);
  auto* generic = reinterpret_cast<sockaddr*>(&name);
  CHECK(usrsctp_bind(socket_, generic, sizeof(name)) == 0);
  if (usrsctp_connect(socket_, generic, sizeof(name)) != 0 && errno != EINPROGRESS) close(inside);
}

Socket::~Socket() {
  Inside inside;
  close(inside);
  inside.close_address(address_);
}

void Socket::receive(Bytes packet, Inside&) { usrsctp_conninput(address_, packet.data(), packet.size(), 0); }

std::optional<Said> Socket::read(Inside& inside) {
  if (!socket_) return Down{false, "out of memory"};
  const MutableBytes buffer = inside.read_buffer();
  sctp_rcvinfo info{};
  socklen_t info_size = sizeof(info);
  unsigned int info_type = 0;
  int flags = 0;
  const ssize_t size = usrsctp_recvv(socket_, buffer.data(), buffer.size(), nullptr, nullptr, &info,
                                     &info_size, &info_type, &flags);
  if (size < 0 && errno == EWOULDBLOCK) return std::nullopt;
  if (size <= 0) return Down{size == 0, "the association was lost"};
  const Bytes bytes = buffer.first(static_cast<size_t>(size));
  if (flags & MSG_NOTIFICATION) return to_said(bytes);
  return Part{info.rcv_sid, ntohl(info.rcv_ppid), bytes, (flags & MSG_EOR) != 0};
}

size_t Socket::window(Inside&) const {
  sctp_status status{};
  socklen_t size = sizeof(status);
  if (usrsctp_getsockopt(socket_, IPPROTO_SCTP, SCTP_STATUS, &status, &size) != 0) return 0;
  return std::min<size_t>(status.sstat_primary.spinfo_cwnd + status.sstat_primary.spinfo_mtu, kMostWindow);
}

Socket::Given Socket::give(const Message& message, const Reliability& reliability, Duration life,
                           size_t window, Inside&) {
  // usrsctp takes a message when its buffer has room for the whole.
  set(socket_, SOL_SOCKET, SO_SNDBUF, to_int(window + message.bytes.size()));
  sctp_sendv_spa how{};
  how.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  how.sendv_sndinfo.snd_sid = message.stream;
  how.sendv_sndinfo.snd_ppid = htonl(message.ppid);
  how.sendv_sndinfo.snd_flags = reliability.ordered ? 0 : SCTP_UNORDERED;
  set_limit(how, reliability, life);
  const ssize_t taken = usrsctp_sendv(socket_, message.bytes.data(), message.bytes.size(), nullptr, 0, &how,
                                      sizeof(how), SCTP_SENDV_SPA, 0);
  if (taken >= 0) return Given::kTaken;
  return errno == EWOULDBLOCK ? Given::kFull : Given::kRefused;
}

bool Socket::reset(std::span<const uint16_t> streams, Inside&) {
  sctp_reset_streams head{};
  head.srs_flags = SCTP_STREAM_RESET_OUTGOING;
  head.srs_number_streams = static_cast<uint16_t>(streams.size());
  std::vector<uint8_t> request(sizeof(head) + streams.size_bytes());
  std::memcpy(request.data(), &head, sizeof(head));
  std::memcpy(request.data() + sizeof(head), streams.data(), streams.size_bytes());
  return usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, request.data(),
                            static_cast<socklen_t>(request.size())) == 0;
}

void Socket::shut_down(Inside&) { usrsctp_shutdown(socket_, SHUT_WR); }

void Socket::close(Inside&) {
  if (socket_) usrsctp_close(socket_);
  socket_ = nullptr;
}

}  // namespace sfu::sctp
