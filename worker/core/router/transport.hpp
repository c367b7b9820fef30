// A negotiated path to one client and what flows on it. The way of a packet: on_rtp() here,
// Producer::receive, Consumer::forward, then queue() and seal() of the consumer's transport.
#pragma once

#include <memory>
#include <vector>

#include "core/base/deadlines.hpp"
#include "core/base/timers.hpp"
#include "core/bwe/arrivals.hpp"
#include "core/link/webrtc.hpp"
#include "core/router/consumer.hpp"
#include "core/router/producer.hpp"
#include "core/router/shared.hpp"
#include "core/rtcp/builder.hpp"

namespace sfu {

class Transport : public Deadlines::Entry {
 public:
  struct Counts {
    uint64_t bytes_received = 0;
    uint64_t bytes_sent = 0;
    uint64_t rtp_bytes_received = 0;
    uint64_t rtp_bytes_sent = 0;
    uint64_t rtx_bytes_received = 0;
    uint64_t rtx_bytes_sent = 0;
  };

  Transport(const channel::CreateWebRtcTransport& request, Router& router, Shared& shared);
  ~Transport();

  uint32_t handle() const { return handle_; }
  Router& router() const { return router_; }
  link::WebRtc& link() { return link_; }
  const link::WebRtc& link() const { return link_; }
  // Keys and a path are there: media may be sent.
  bool ready() const { return link_.ready(); }

  // ---- datagrams
  void on_stun(const stun::Message& message, const Path& path, Turn& turn);
  void on_dtls(Bytes datagram, const Path& path, Turn& turn);
  void on_rtp(rtp::PacketRef packet, const Path& path, Turn& turn);
  void on_rtcp(rtp::PacketRef packet, const Path& path, Turn& turn);
  void wake(Turn& turn);

  // ---- the controller
  Result<channel::DtlsRole> connect(const channel::ConnectWebRtcTransport& request, Turn& turn);
  ice::Parameters restart_ice();
  void set_max_incoming_bitrate(uint32_t bitrate, Turn& turn);
  Result<Producer*> add(std::unique_ptr<Producer> producer);
  Result<Consumer*> add(std::unique_ptr<Consumer> consumer);
  // The children must have been taken out of the router's references before.
  void remove(const Producer& producer);
  void remove(const Consumer& consumer);
  void close(Turn& turn);
  const std::vector<std::unique_ptr<Producer>>& producers() const { return producers_; }
  const std::vector<std::unique_ptr<Consumer>>& consumers() const { return consumers_; }
  const Demux& demux() const { return demux_; }

  // ---- sending
  void queue(SendJob job);
  // Moves queued jobs into the outbox as unencrypted slots and `sealing`, until the outbox is full. True when
  // all have gone.
  bool lay_out(Outbox& outbox, std::vector<srtp::SealJob>& sealing, Time now);
  // Asks this transport's client for a key frame of one of its streams.
  void send_key_frame_request(InboundStream& stream, Turn& turn);
  // Something of a producer's is due at `at`.
  void wake_producers_by(Time at);
  // After anything that may have moved a timer.
  void update_deadline(Time now);

  Duration rtt() const { return rtt_.value_or(kDefaultRtt); }
  const Counts& counts() const { return counts_; }
  uint64_t receive_bitrate(Time now) { return receive_rate_.bits_per_second(now); }
  uint64_t send_bitrate(Time now) {
    return rtp_send_bitrate(now) + rtx_send_bitrate(now) + rtcp_send_rate_.bits_per_second(now);
  }
  uint64_t rtp_receive_bitrate(Time now) { return rtp_receive_rate_.bits_per_second(now); }
  uint64_t rtp_send_bitrate(Time now) { return rtp_send_rate_.bits_per_second(now); }
  uint64_t rtx_receive_bitrate(Time now) { return rtx_receive_rate_.bits_per_second(now); }
  uint64_t rtx_send_bitrate(Time now) { return rtx_send_rate_.bits_per_second(now); }
  std::optional<uint64_t> remb() const { return remb_; }
  uint32_t max_incoming_bitrate() const { return max_incoming_bitrate_; }
  double loss_sent() const { return loss_sent_; }
  double loss_received() const;
  const std::vector<rtp::NegotiatedExtension>& receive_extensions() const { return receive_extensions_; }

 private:
  enum class Timer : uint8_t { kReports, kProducers, kFeedback, kSilence, kBitrateLimit, kCount };
  static constexpr Duration kDefaultRtt = 100ms;
  static constexpr Duration kReportInterval = 1000ms;
  static constexpr Duration kSilenceInterval = 500ms;
  static constexpr Duration kBitrateLimitInterval = 1000ms;

  // link changes
  void apply(const link::Changes& changes, Turn& turn);
  void follow(const Path& path, Turn& turn);
  void on_ready_changed(Turn& turn);

  // RTCP in (transport_rtcp.cpp)
  void on_message(const rtcp::SenderReport& message, Turn& turn);
  void on_message(const rtcp::ReceiverReport& message, Turn& turn);
  void on_message(const rtcp::Sdes&, Turn&) {}
  void on_message(const rtcp::Bye& message, Turn& turn);
  void on_message(const rtcp::Nack& message, Turn& turn);
  void on_message(const rtcp::TransportCc& message, Turn& turn);
  void on_message(const rtcp::Ccfb&, Turn&) {}
  void on_message(const rtcp::Pli& message, Turn& turn);
  void on_message(const rtcp::Fir& message, Turn& turn);
  void on_message(const rtcp::Remb& message, Turn& turn);
  void on_message(const rtcp::Xr& message, Turn& turn);
  void on_blocks(const rtcp::Records<rtcp::ReportBlock>& blocks, Turn& turn);
  Consumer* consumer_of(uint32_t ssrc) const;
  InboundStream* stream_of(uint32_t ssrc);

  // RTCP out
  void send_reports(Turn& turn);
  void send_receiver_reports(Turn& turn);
  void send_sender_reports(Turn& turn);
  void add_extended_report(rtcp::Builder& builder, Time now);
  void send_feedback(Turn& turn);
  void send_nacks_and_key_frame_requests(Turn& turn);
  void send_bitrate_limit(Turn& turn);
  template <class Fill>
  void send_rtcp(Turn& turn, Fill&& fill);
  template <class Message>
  void send_rtcp_message(const Message& message, Turn& turn);

  void check_silence(Turn& turn);
  void count_received(const rtp::Packet& packet, bool rtx, Time now);
  // Datagrams of one kind that were laid out together: counting them once is cheaper.
  struct Sent {
    uint64_t bytes = 0;
    size_t packets = 0;
  };
  void count_sent(const Sent& media, const Sent& repairs, Time now);
  std::optional<rtp::OwnExtensions> own_extensions(const SendJob& job, Time now);
  size_t lay_out_one(const SendJob& job, Outbox& outbox, std::vector<srtp::SealJob>& sealing, Time now);

  uint32_t handle_;
  Router& router_;
  Shared& shared_;
  link::WebRtc link_;
  bool was_ready_ = false;
  TimerTable<Timer> timers_;

  std::vector<std::unique_ptr<Producer>> producers_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  Demux demux_;
  FlatMap<uint32_t, Consumer*> consumers_by_ssrc_;  // media and RTX
  std::vector<rtp::NegotiatedExtension> receive_extensions_;
  rtp::ExtensionTable extension_table_;
  bwe::Arrivals arrivals_;

  std::vector<SendJob> jobs_;
  size_t jobs_done_ = 0;
  uint16_t transport_sequence_ = 1;

  uint32_t own_ssrc_;
  uint8_t fir_number_ = 0;
  std::optional<Duration> rtt_;
  struct RemoteReference {
    uint32_t ssrc = 0;
    uint32_t middle = 0;
    Time arrival{};
  };
  std::optional<RemoteReference> remote_reference_;
  std::optional<uint64_t> remb_;
  uint32_t max_incoming_bitrate_ = 0;
  double loss_sent_ = 0;
  Counts counts_;
  rtp::Rate receive_rate_, rtp_receive_rate_, rtp_send_rate_, rtx_receive_rate_, rtx_send_rate_,
      rtcp_send_rate_;
};

}  // namespace sfu
