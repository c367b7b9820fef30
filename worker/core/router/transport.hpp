// A path to one remote (a client, a pipe's other end, the controller itself) and what flows on it. The way of
// a packet: on_rtp() here, Producer::receive, Consumer::forward, then queue() and lay_out() of the consumer's
// transport.
#pragma once

#include <memory>
#include <vector>

#include "core/base/deadlines.hpp"
#include "core/base/timers.hpp"
#include "core/bwe/arrivals.hpp"
#include "core/link/link.hpp"
#include "core/router/congestion.hpp"
#include "core/router/consumer.hpp"
#include "core/router/producer.hpp"
#include "core/router/send_queue.hpp"
#include "core/router/shared.hpp"
#include "core/router/traces.hpp"
#include "core/router/transport_data.hpp"
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
    uint64_t probation_bytes_sent = 0;
  };

  Transport(const channel::CreateWebRtcTransport& request, Router& router, Shared& shared);
  Transport(const channel::CreatePlainTransport& request, Router& router, Shared& shared);
  Transport(const channel::CreateDirectTransport& request, Router& router, Shared& shared);
  ~Transport();

  uint32_t handle() const { return handle_; }
  Router& router() const { return router_; }
  link::Link& link() { return link_; }
  const link::Link& link() const { return link_; }
  // A path, and keys if there are to be any: media may be sent.
  bool ready() const { return link_.ready(); }
  TransportData& data() { return data_; }
  const TransportData& data() const { return data_; }

  // ---- datagrams
  void on_stun(const stun::Message& message, const Path& path, Turn& turn);
  void on_dtls(Bytes datagram, const Path& path, Turn& turn);
  void on_rtp(rtp::PacketRef packet, const Path& path, Turn& turn);
  void on_rtcp(rtp::PacketRef packet, const Path& path, Turn& turn);
  // Neither STUN, DTLS nor RTP: SCTP, where the link does not hide it in DTLS.
  void on_other(Bytes datagram, const Path& path, Turn& turn);
  void on_disconnected(const Path& path, Turn& turn);
  // After anything that may have made the link ready, or no longer.
  void on_link_changed(Turn& turn) { apply({}, turn); }
  void wake(Turn& turn);
  // From the controller, over a direct link.
  void send_rtp(const Producer& producer, Bytes packet, Turn& turn);
  void send_rtcp(Bytes packet, Turn& turn);

  // ---- the controller
  Result<channel::DtlsRole> connect(const channel::ConnectWebRtcTransport& request, Turn& turn);
  Result<channel::PlainTransportConnected> connect(const channel::ConnectPlainTransport& request, Turn& turn);
  Result<channel::IceParameters> restart_ice();
  Result<channel::Done> dial(const channel::DialWebRtcTransport& request, Turn& turn);
  void set_max_incoming_bitrate(uint32_t bitrate, Turn& turn);
  void set_outgoing_bitrates(uint32_t min, uint32_t max, Turn& turn);
  // Something changed of what its consumers could be sent, or how it is to be shared.
  void share_out_soon(Time now);
  Traces traces;
  Result<Producer*> add(std::unique_ptr<Producer> producer);
  // A consumer's legs, all or none; the first.
  Result<Consumer*> add(std::vector<std::unique_ptr<Consumer>> legs);
  // The children must have been taken out of the router's references before.
  void remove(const Producer& producer);
  void remove(const Consumer& consumer);
  void close(Turn& turn);
  const std::vector<std::unique_ptr<Producer>>& producers() const { return producers_; }
  const std::vector<std::unique_ptr<Consumer>>& consumers() const { return consumers_; }
  const Demux& demux() const { return demux_; }

  // ---- sending
  void queue(SendJob job);
  // All that is queued of a consumer's video.
  std::optional<SendQueue::GivenUp> give_up(Consumer& consumer) { return queue_.give_up_video_of(consumer); }
  // Moves queued jobs into the outbox as unencrypted slots and `sealing`, as far as the pacer lets them and
  // until the outbox is full. True when nothing more is to be sent now.
  bool lay_out(Turn& turn, std::vector<srtp::SealJob>& sealing);
  // Asks this transport's client for a key frame of one of its streams.
  void send_key_frame_request(const Producer& producer, InboundStream& stream, Turn& turn);
  // Something of a producer's is due at `at`.
  void wake_producers_by(Time at);
  // After anything that may have moved a timer.
  void update_deadline(Time now);

  Duration rtt() const { return rtt_.value_or(kDefaultRtt); }
  std::optional<Duration> measured_rtt() const { return rtt_; }
  const Counts& counts() const { return counts_; }
  uint64_t receive_bitrate(Time now) { return receive_rate_.bits_per_second(now); }
  uint64_t send_bitrate(Time now) {
    return rtp_send_bitrate(now) + rtx_send_bitrate(now) + probation_send_bitrate(now) +
           rtcp_send_rate_.bits_per_second(now);
  }
  uint64_t rtp_receive_bitrate(Time now) { return rtp_receive_rate_.bits_per_second(now); }
  uint64_t rtp_send_bitrate(Time now) { return rtp_send_rate_.bits_per_second(now); }
  uint64_t rtx_receive_bitrate(Time now) { return rtx_receive_rate_.bits_per_second(now); }
  uint64_t rtx_send_bitrate(Time now) { return rtx_send_rate_.bits_per_second(now); }
  uint64_t probation_send_bitrate(Time now) { return probation_send_rate_.bits_per_second(now); }
  // What the path is believed to carry, within the application's limits; nullopt: the client gives no
  // feedback.
  std::optional<Bitrate> available_outgoing_bitrate(Time now) const;
  // What may be sent at one moment of what is paced: that much, rounded up to a whole packet.
  int64_t slot_bytes() const { return congestion_ ? congestion_->slot_bytes() : INT64_MAX; }
  uint32_t max_incoming_bitrate() const { return max_incoming_bitrate_; }
  uint32_t max_outgoing_bitrate() const { return max_outgoing_bitrate_; }
  uint32_t min_outgoing_bitrate() const { return min_outgoing_bitrate_; }
  double loss_sent() const { return loss_sent_; }
  double loss_received() const;
  const std::vector<rtp::NegotiatedExtension>& receive_extensions() const { return receive_extensions_; }

 private:
  enum class Timer : uint8_t {
    kReports,
    kProducers,
    kFeedback,
    kSilence,
    kBitrateLimit,
    kData,
    kPacer,
    kCongestion,
    kSharing,
    kCount
  };
  static constexpr Duration kDefaultRtt = 100ms;
  static constexpr Duration kReportInterval = 1000ms;
  static constexpr Duration kSilenceInterval = 500ms;
  static constexpr Duration kBitrateLimitInterval = 1000ms;
  static constexpr uint8_t kLiftsTold = 3;
  static constexpr Duration kSharingInterval = 200ms;
  static constexpr Duration kDip = 1500ms;
  static constexpr double kShallow = 0.6;  // of what was granted

  const Demux::Route* find_route(rtp::Packet& packet, Turn& turn);
  void receive(const Demux::Route& route, rtp::PacketRef packet, Turn& turn);
  void receive_rtcp(Bytes packet, Turn& turn);
  rtp::PacketRef slot_of(Bytes bytes, Turn& turn);
  void enter_tables();
  void expect_feedback(const Consumer& consumer);
  void control_congestion();

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
  void on_message(const rtcp::TransportCc& message, Turn& turn);  // these three in transport_bandwidth.cpp
  void on_message(const rtcp::Ccfb& message, Turn& turn);
  void on_message(const rtcp::Pli& message, Turn& turn);
  void on_message(const rtcp::Fir& message, Turn& turn);
  void on_message(const rtcp::Remb& message, Turn& turn);
  void on_message(const rtcp::Xr& message, Turn& turn);
  void on_blocks(const rtcp::Records<rtcp::ReportBlock>& blocks, Turn& turn);
  template <class Feedback>
  void on_feedback(const Feedback& message, Turn& turn);
  void on_estimate(Turn& turn);
  Bitrate available_to_share(Time now);
  void share_out(Turn& turn);
  void tell_estimate(Traces::Direction direction, Turn& turn) const;
  Consumer* consumer_of(uint32_t ssrc) const;
  InboundStream* stream_of(uint32_t ssrc);

  // RTCP out
  void send_reports(Turn& turn);
  void send_receiver_reports(Turn& turn);
  rtcp::ReportBlock report(const Producer& producer, InboundStream& stream, Time now);
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

  // Sending (transport_sending.cpp). Datagrams of one kind that were laid out together: counting them once is
  // cheaper.
  struct Sent {
    uint64_t bytes = 0;
    size_t packets = 0;
    void add(size_t size) {
      bytes += size;
      packets += size > 0 ? 1 : 0;
    }
  };
  struct LaidOut {
    Sent media, repairs, probes;
    Sent& of(SendJob::Kind kind) {
      return kind == SendJob::Kind::kProbe ? probes : kind == SendJob::Kind::kRtx ? repairs : media;
    }
  };
  void give_up_stale(Turn& turn);
  bool waits_for_pacer(SendQueue::Class of, Time now);
  void lay_out_padding(const link::Route& route, std::vector<srtp::SealJob>& sealing, LaidOut& out,
                       Turn& turn);
  void count_sent(const LaidOut& out, Time now);
  std::optional<rtp::OwnExtensions> own_extensions(const SendJob& job, Time now);
  size_t lay_out_one(const SendJob& job, const link::Route& route, std::vector<srtp::SealJob>& sealing,
                     Turn& turn);
  void note_sent(const SendJob& job, const rtp::OutgoingHeader& header, size_t size, Time now);
  void ask_to_send();

  uint32_t handle_;
  Router& router_;
  Shared& shared_;
  link::Link link_;
  TransportData data_;
  bool was_ready_ = false;
  TimerTable<Timer> timers_;

  std::vector<std::unique_ptr<Producer>> producers_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  Demux demux_;
  FlatMap<uint32_t, Consumer*> consumers_by_ssrc_;  // media and RTX
  std::vector<rtp::NegotiatedExtension> receive_extensions_;
  rtp::ExtensionTable extension_table_;
  bwe::Arrivals arrivals_;

  SendQueue queue_;
  bool asked_to_send_ = false;              // it is in Shared::sending
  std::unique_ptr<Congestion> congestion_;  // from the first feedback, or consumer whose client may give some
  Bitrate initial_bitrate_{};
  Time dip_began_ = kNever;
  Bitrate wanted_{}, granted_{};  // by all consumers together, to all

  uint32_t own_ssrc_;
  uint8_t fir_number_ = 0;
  std::optional<Duration> rtt_;
  struct RemoteReference {
    uint32_t ssrc = 0;
    uint32_t middle = 0;
    Time arrival{};
  };
  std::optional<RemoteReference> remote_reference_;
  uint32_t max_incoming_bitrate_ = 0;
  uint8_t lifts_to_tell_ = 0;
  uint32_t max_outgoing_bitrate_ = 0;
  uint32_t min_outgoing_bitrate_ = 0;
  double loss_sent_ = 0;
  Counts counts_;
  rtp::Rate receive_rate_, rtp_receive_rate_, rtp_send_rate_, rtx_receive_rate_, rtx_send_rate_,
      rtcp_send_rate_, probation_send_rate_;
};

}  // namespace sfu
