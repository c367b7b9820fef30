// How bytes reach one remote over plain UDP (RFC 3550), in the clear or under SRTP keys that signalling told
// (as RFC 4568 does): of a plain transport, and of a pipe to another router. Its sockets are its own, so what
// comes to them is for it; the remote is told by connect(), or (comedia) is where the first packet comes from
// that is authentic.
#pragma once

#include <optional>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/link/changes.hpp"
#include "core/link/turn.hpp"
#include "core/rtp/packet.hpp"
#include "core/srtp/opener.hpp"
#include "core/srtp/sealer.hpp"

namespace sfu::link {

class Plain {
 public:
  struct Options {
    uint32_t owner = 0;  // the transport's handle, named in events
    channel::ListenAddress address;
    std::optional<channel::ListenAddress> rtcp_address;
    bool comedia = false;
    std::optional<channel::SrtpCryptoSuite> suite;
    srtp::Backend backend = srtp::Backend::kOpenSsl;
  };

  Plain(const Options& options, Random& random);

  // ---- the controller
  Result<channel::PlainTransportConnected> connect(const channel::ConnectPlainTransport& request);
  // Our own keys: with them we send.
  std::optional<channel::SrtpParameters> srtp_parameters() const;
  void close() { remote_.reset(); }

  // ---- datagrams: in place; nullopt when the packet may be used, else why not
  std::optional<Drop> open_rtp(rtp::Packet& packet, const Path& path);
  std::optional<Drop> open_rtcp(rtp::Packet& packet, const Path& path);
  // RTP and RTCP are authentic. SCTP never is, beyond its source and its verification tag.
  bool protects() const { return options_.suite.has_value(); }
  // Whether `path` is the one remote's, by which unprotected data is told from a stranger's.
  bool is_remote(const Path& path) const { return remote_ == path; }
  // A packet that may be used came from `path`.
  void follow(const Path& path, Turn& turn);

  // ---- sending
  bool ready() const { return remote_.has_value() && (!options_.suite || opener_.has_value()); }
  const Path* path() const { return remote_ ? &*remote_ : nullptr; }
  // Null while the remote's RTCP port is not known.
  const Path* rtcp_path() const;
  srtp::SendKeys* keys() { return send_keys_ ? &*send_keys_ : nullptr; }
  size_t rtp_overhead() const { return send_keys_ ? srtp::rtp_overhead(send_keys_->profile()) : 0; }

  // ---- what is told
  channel::Tuple tuple() const { return tuple_of(options_.address, remote_); }
  std::optional<channel::Tuple> rtcp_tuple() const;
  // Every socket that is this link's alone.
  std::vector<uint32_t> sockets() const;

 private:
  bool is_rtcp_socket(const Path& path) const;
  bool may_come_from(const Path& path) const;
  bool may_be_moved_by(const Path& path) const;
  Result<channel::Done> take_keys(const channel::SrtpParameters& parameters);
  static channel::Tuple tuple_of(const channel::ListenAddress& local, const std::optional<Path>& remote);

  Options options_;
  srtp::Master master_;
  bool told_ = false;  // connect() was called
  std::optional<Path> remote_;
  std::optional<Path> rtcp_remote_;
  bool by_rtcp_ = false;  // remote_ has shown itself by RTCP alone
  std::optional<srtp::SendKeys> send_keys_;
  std::optional<srtp::Opener> opener_;
};

}  // namespace sfu::link
