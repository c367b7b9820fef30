// The one way by which a transport's bytes reach its remote: over ICE and DTLS, plain, or to the controller
// itself (direct), and what a transport asks of any of them.
#pragma once

#include <type_traits>
#include <variant>

#include "core/link/plain.hpp"
#include "core/link/webrtc.hpp"

namespace sfu::link {

// What is sent is told to the controller; what it gives is received. There is nobody to keep out.
struct Direct {};

// Where packets go, and under which keys; without keys in the clear.
struct Route {
  const Path* path = nullptr;
  srtp::SendKeys* keys = nullptr;
  size_t overhead = 0;
};

class Link {
 public:
  template <class Way, class... Args>
  explicit Link(std::in_place_type_t<Way> way, Args&&... args) : way_(way, std::forward<Args>(args)...) {}

  // Null when it is another way.
  WebRtc* webrtc() { return std::get_if<WebRtc>(&way_); }
  const WebRtc* webrtc() const { return std::get_if<WebRtc>(&way_); }
  Plain* plain() { return std::get_if<Plain>(&way_); }
  const Plain* plain() const { return std::get_if<Plain>(&way_); }
  bool direct() const { return std::holds_alternative<Direct>(way_); }

  // Media may be sent.
  bool ready() const {
    if (const WebRtc* way = webrtc()) return way->ready();
    if (const Plain* way = plain()) return way->ready();
    return true;
  }
  // Where RTP goes; null as long as that is nowhere.
  const Path* path() const {
    if (const WebRtc* way = webrtc()) return way->path();
    const Plain* way = plain();
    return way ? way->path() : nullptr;
  }
  // SCTP packets may be sent.
  bool data_ready() const {
    if (const WebRtc* way = webrtc()) return way->data_ready();
    const Plain* way = plain();
    return way && way->path();
  }
  Route rtp_route() {
    if (WebRtc* way = webrtc()) return {way->path(), way->keys(), way->rtp_overhead()};
    if (Plain* way = plain()) return {way->path(), way->keys(), way->rtp_overhead()};
    return {};
  }
  // Without a path when RTCP cannot be sent yet.
  Route rtcp_route() {
    Route route = rtp_route();
    if (const Plain* way = plain()) route.path = way->rtcp_path();
    return route;
  }

  // A packet from `path`, in place: nullopt when it is authentic and open, else why not.
  std::optional<Drop> open_rtp(rtp::Packet& packet, const Path& path) {
    if (WebRtc* way = webrtc()) return way->open_rtp(packet);
    if (Plain* way = plain()) return way->open_rtp(packet, path);
    return std::nullopt;
  }
  std::optional<Drop> open_rtcp(rtp::Packet& packet, const Path& path) {
    if (WebRtc* way = webrtc()) return way->open_rtcp(packet);
    if (Plain* way = plain()) return way->open_rtcp(packet, path);
    return std::nullopt;
  }
  // An authentic packet came from `path`: the remote may have moved, or shown itself, there.
  Changes follow(const Path& path, Turn& turn) {
    if (WebRtc* way = webrtc()) return way->follow(path, turn);
    if (Plain* way = plain()) way->follow(path, turn);
    return {};
  }
  // One SCTP packet to the remote; it is lost when the link is not data_ready().
  void send_data(Bytes packet, Turn& turn) {
    if (WebRtc* way = webrtc()) return way->send_data(packet, turn);
    if (const Plain* way = plain(); way && way->path()) turn.outbox.send(*way->path(), packet);
  }

  Time deadline() const { return webrtc() ? webrtc()->deadline() : kNever; }
  Changes wake(Turn& turn) { return webrtc() ? webrtc()->wake(turn) : Changes{}; }
  void close(Turn& turn) {
    if (WebRtc* way = webrtc()) way->close(turn);
    if (Plain* way = plain()) way->close();
  }

 private:
  std::variant<WebRtc, Plain, Direct> way_;
};

}  // namespace sfu::link
