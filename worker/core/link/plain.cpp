#include "core/link/plain.hpp"

#include <algorithm>
#include <utility>

namespace sfu::link {
namespace {

srtp::Profile profile_of(channel::SrtpCryptoSuite suite) { return static_cast<srtp::Profile>(suite); }
static_assert(static_cast<int>(srtp::Profile::kAesCm128HmacSha1_32) ==
              static_cast<int>(channel::SrtpCryptoSuite::kAesCm128HmacSha132));

}  // namespace

Plain::Plain(const Options& options, Random& random) : options_(options) {
  if (!options_.suite) return;
  random.fill(master_.key);
  random.fill(master_.salt);
  send_keys_.emplace(profile_of(*options_.suite), master_, options_.backend);
}

// ---- the controller

Result<channel::PlainTransportConnected> Plain::connect(const channel::ConnectPlainTransport& request) {
  if (told_) return Error::type("connect() was already called");
  if (options_.comedia && (request.ip || request.port || request.rtcp_port))
    return Error::type("ip: a comedia transport learns the remote's address from its first packet");
  std::optional<Path> remote, rtcp_remote;
  if (!options_.comedia) {
    if (!request.ip) return Error::type("ip is missing");
    if (!request.port) return Error::type("port is missing");
    const auto address = Address::parse(*request.ip, static_cast<uint16_t>(*request.port & 0xffff));
    if (!address || *request.port == 0 || *request.port > 65535)
      return Error::type("ip and port must be an IPv4 or IPv6 address and a port from 1 to 65535");
    if (options_.rtcp_address && !request.rtcp_port)
      return Error::type("rtcpPort is missing: the transport has no rtcpMux");
    if (!options_.rtcp_address && request.rtcp_port)
      return Error::type("rtcpPort must not be given: the transport has rtcpMux");
    remote = Path{options_.address.socket, Protocol::kUdp, *address};
    if (options_.rtcp_address) {
      rtcp_remote = Path{options_.rtcp_address->socket, Protocol::kUdp, *address};
      rtcp_remote->remote.port = static_cast<uint16_t>(*request.rtcp_port & 0xffff);
    }
  }
  if (request.srtp_parameters.has_value() != options_.suite.has_value())
    return Error::type(options_.suite ? "srtpParameters is missing: the transport has enableSrtp"
                                      : "srtpParameters must not be given: the transport has no enableSrtp");
  if (request.srtp_parameters)
    if (const auto taken = take_keys(*request.srtp_parameters); !taken) return taken.error();
  told_ = true;
  if (remote) remote_ = remote;
  if (rtcp_remote) rtcp_remote_ = rtcp_remote;
  return channel::PlainTransportConnected{tuple(), rtcp_tuple(), srtp_parameters()};
}

// RFC 4568, 5.1.2: both directions of one stream have one suite; the remote's choice counts.
Result<channel::Done> Plain::take_keys(const channel::SrtpParameters& parameters) {
  const srtp::Profile profile = profile_of(parameters.crypto_suite);
  const size_t key = srtp::key_size(profile), salt = srtp::salt_size(profile);
  if (parameters.key.size() != key + salt)
    return Error::type("srtpParameters.keyBase64 must hold " + std::to_string(key + salt) + " bytes");
  if (std::exchange(options_.suite, parameters.crypto_suite) != parameters.crypto_suite)
    send_keys_.emplace(profile, master_, options_.backend);
  srtp::Master master;
  std::copy_n(parameters.key.begin(), key, master.key.begin());
  std::copy_n(parameters.key.begin() + static_cast<ptrdiff_t>(key), salt, master.salt.begin());
  opener_.emplace(profile, master, options_.backend);
  return channel::Done{};
}

std::optional<channel::SrtpParameters> Plain::srtp_parameters() const {
  if (!options_.suite) return std::nullopt;
  const srtp::Profile profile = profile_of(*options_.suite);
  channel::SrtpParameters out{.crypto_suite = *options_.suite};
  out.key.assign(master_.key.begin(), master_.key.begin() + static_cast<ptrdiff_t>(srtp::key_size(profile)));
  out.key.insert(out.key.end(), master_.salt.begin(),
                 master_.salt.begin() + static_cast<ptrdiff_t>(srtp::salt_size(profile)));
  return out;
}

// ---- datagrams

bool Plain::is_rtcp_socket(const Path& path) const {
  return options_.rtcp_address && path.socket == options_.rtcp_address->socket;
}

// With comedia anybody, until somebody was authentic.
bool Plain::may_come_from(const Path& path) const {
  const std::optional<Path>& known = is_rtcp_socket(path) ? rtcp_remote_ : remote_;
  return known ? *known == path : options_.comedia;
}

// FFmpeg, told to send RTCP to the port of RTP, does so from a port of its own, and before any RTP. So the
// port of a remote that has shown itself by RTCP alone is not final.
bool Plain::may_be_moved_by(const Path& path) const {
  return by_rtcp_ && remote_ && remote_->remote.ip == path.remote.ip;
}

std::optional<Drop> Plain::open_rtp(rtp::Packet& packet, const Path& path) {
  if (!may_come_from(path) && !may_be_moved_by(path)) return Drop::kUnknownPath;
  if (options_.suite) {
    if (!opener_) return Drop::kNoKeys;
    const srtp::Opened opened = opener_->open_rtp(packet.data());
    if (!opened) return opened.why();
    packet.size = static_cast<uint16_t>(opened.size());
  }
  if (!may_come_from(path)) remote_.reset();  // follow() takes the new one
  by_rtcp_ = false;
  return std::nullopt;
}

std::optional<Drop> Plain::open_rtcp(rtp::Packet& packet, const Path& path) {
  if (!may_come_from(path)) return Drop::kUnknownPath;
  if (options_.suite) {
    if (!opener_) return Drop::kNoKeys;
    const srtp::Opened opened = opener_->open_rtcp(packet.data());
    if (!opened) return opened.why();
    packet.size = static_cast<uint16_t>(opened.size());
  }
  if (!remote_ && !is_rtcp_socket(path)) by_rtcp_ = true;
  return std::nullopt;
}

void Plain::follow(const Path& path, Turn& turn) {
  const bool rtcp = is_rtcp_socket(path);
  std::optional<Path>& known = rtcp ? rtcp_remote_ : remote_;
  if (known || !options_.comedia) return;
  known = path;
  turn.tell(options_.owner, channel::TupleChange{rtcp ? *rtcp_tuple() : tuple(), rtcp});
}

// ---- sending

const Path* Plain::rtcp_path() const {
  if (!options_.rtcp_address) return path();
  return rtcp_remote_ ? &*rtcp_remote_ : nullptr;
}

// ---- what is told

channel::Tuple Plain::tuple_of(const channel::ListenAddress& local, const std::optional<Path>& remote) {
  channel::Tuple tuple{.local_address = local.address, .local_port = local.port};
  if (!remote) return tuple;
  tuple.remote_address = remote->remote.ip_text();
  tuple.remote_port = remote->remote.port;
  return tuple;
}

std::optional<channel::Tuple> Plain::rtcp_tuple() const {
  if (!options_.rtcp_address) return std::nullopt;
  return tuple_of(*options_.rtcp_address, rtcp_remote_);
}

std::vector<uint32_t> Plain::sockets() const {
  std::vector<uint32_t> out{options_.address.socket};
  if (options_.rtcp_address) out.push_back(options_.rtcp_address->socket);
  return out;
}

}  // namespace sfu::link
