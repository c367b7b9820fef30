// One track sent to one client: which of its producer's streams is forwarded, which of its layers, under
// which numbers, and what the client says of it. forward() is the last step of a packet's way through the
// router; the next is Transport::lay_out. Which layers it aims at, and what it tells of them, is in
// consumer_layers.cpp.
//
// Through a pipe all of a producer's streams go: such a consumer has several legs under one handle, one for
// each stream, and each is a Consumer that keeps to its stream.
#pragma once

#include <array>
#include <bitset>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/link/turn.hpp"
#include "core/router/allocation.hpp"
#include "core/router/inbound_stream.hpp"
#include "core/router/layers.hpp"
#include "core/router/send_queue.hpp"
#include "core/router/sent_headers.hpp"
#include "core/router/stream_switch.hpp"
#include "core/router/traces.hpp"
#include "core/rtcp/compound.hpp"
#include "core/rtp/header.hpp"
#include "core/rtp/layer_filter.hpp"
#include "core/rtp/picture_rewriter.hpp"
#include "core/rtp/rate.hpp"
#include "core/rtp/rewriter.hpp"

namespace sfu {

class Producer;
class Transport;

std::optional<channel::ConsumerLayers> to_channel(std::optional<Layers> layers);

class Consumer {
 public:
  static constexpr Duration kDefaultRtt = 100ms;
  static constexpr uint16_t kPaddedPackets = 32;

  struct Counts {
    uint64_t packets = 0;
    uint64_t bytes = 0;
    uint64_t payload_bytes = 0;
    uint64_t retransmitted = 0;
    uint64_t nacks = 0;
    uint64_t nacked_packets = 0;
    uint64_t plis = 0;
    uint64_t firs = 0;
  };
  // What the client last reported.
  struct Remote {
    uint8_t fraction_lost = 0;
    int32_t lost = 0;
    uint32_t jitter = 0;
    uint32_t highest_sequence = 0;
    std::optional<Duration> rtt;
  };

  // One; of a pipe all legs, linked in order.
  static Result<std::vector<std::unique_ptr<Consumer>>> make(const channel::Consume& request,
                                                             Transport& transport, Producer& producer,
                                                             Random& random);
  Consumer* next_leg() const { return next_leg_; }
  bool is_first_leg() const { return !pipes() || leg_ == 0; }
  // Of a pipe: the stream that the leg keeps to; else the highest.
  uint8_t source_index() const;
  uint8_t spatial_layers() const;

  uint32_t handle() const { return handle_; }
  Transport& transport() const { return transport_; }
  Producer& producer() const { return producer_; }
  channel::ConsumerType type() const { return type_; }
  uint32_t ssrc() const { return ssrc_; }
  std::optional<uint32_t> rtx_ssrc() const { return rtx_ssrc_; }
  bool paused() const { return paused_; }
  // Neither side is paused, and the client can get it, if there is bandwidth for it.
  bool wants_bandwidth() const;
  const std::string& cname() const { return cname_; }

  // A packet of one of the producer's streams.
  void forward(const rtp::PacketRef& packet, const InboundStream& stream, Turn& turn);

  // Everything that starts or stops the flow: pauses on both sides, the transport's readiness, the streams
  // that the producer has, the client's wish.
  void pause(Turn& turn);
  void resume(Turn& turn);
  void on_producer_paused(Turn& turn) { on_wanted_changed(turn); }
  void on_producer_resumed(Turn& turn) { on_wanted_changed(turn); }
  void on_transport_changed(Turn& turn) { on_wanted_changed(turn); }
  void on_streams_changed(Turn& turn);
  void set_preferred_layers(const channel::ConsumerLayers& layers, Turn& turn);
  // Ascending in quality: of what the producer sends, what lies within the preferred layers; if nothing does,
  // the lowest that is sent. One that cannot choose (audio, one plain stream) has one option.
  void layer_options(Time now, std::vector<LayerOption>& out);
  // The share of the transport's bandwidth that it gets; nullopt: nothing. The switch happens where the
  // client can decode what it gets. Before the first call it aims at the highest option.
  void set_target_layers(std::optional<Layers> target, Turn& turn);
  // From time to time: streams and layers come and go, and key frames that were asked for do not come.
  void check_layers(Turn& turn);
  void request_key_frame(Turn& turn);
  bool wants(uint8_t stream) const { return stream == target_ || stream == current_; }

  // How it counts beside the transport's other consumers.
  void set_allocation(const Allocation& allocation, Turn& turn);
  const Allocation& allocation() const { return allocation_; }
  Traces traces;

  // The client's RTCP.
  void on_nack(const rtcp::LostPackets& lost, Turn& turn);
  void on_key_frame_request(bool fir, Turn& turn);
  void on_report(const rtcp::ReportBlock& block, Turn& turn);

  // Our next sender report; nullopt while nothing is known of the sender's clock.
  std::optional<rtcp::SenderReport> sender_report(Time now);

  // Writing a job's header (Transport::seal).
  uint8_t outgoing_payload_type(const SendJob& job) const;
  const rtp::ExtensionIds& extension_ids() const { return extension_ids_; }
  std::string_view mid() const { return mid_; }
  // Whether what is lost is sent again under its own number.
  bool repeats_plainly() const { return nack_ && !rtx_ssrc_; }
  SentHeaders& sent_headers() { return sent_headers_; }
  // Whether the client's feedback for congestion control speaks of its packets; and whether it gives any that
  // the consumer's share of the bandwidth can be made of.
  bool in_feedback() const { return extension_ids_[rtp::Extension::kTransportCc] != 0 || ccfb_; }
  bool shares_bandwidth() const { return !pipes() && (in_feedback() || remb_); }
  // Packets that were queued and will not be sent; they are not sent again either.
  void on_given_up(const SendQueue::GivenUp& given_up, Turn& turn);
  // One of the last packets again, as a probe; nullopt: there is none, or no RTX.
  std::optional<SendJob> padding(Time now);
  // When its share became too small for what it had.
  void note_step_lost(Time now) { step_lost_at_ = now; }
  Time step_lost_at() const { return step_lost_at_; }
  void tell_score(Turn& turn);

  channel::ConsumerScore score() const;
  // The client chooses among layers.
  bool layered() const { return filter_ != nullptr; }
  std::optional<channel::ConsumerLayers> preferred_layers() const;
  std::optional<Layers> target_layers() const;
  // What is really being forwarded.
  std::optional<Layers> current_layers() const;
  const Counts& counts() const { return counts_; }
  const Remote& remote() const { return remote_; }
  uint64_t bitrate(Time now) { return rate_.bits_per_second(now); }
  std::optional<uint8_t> current_layer() const { return current_; }
  const std::string& mime_type() const { return mime_type_; }
  uint32_t clock_rate() const { return clock_rate_; }
  uint8_t own_score() const { return score_.value(); }
  const std::bitset<128>& supported_payload_types() const { return payload_types_; }
  bool uses_nack() const { return nack_; }
  bool uses_pli() const { return pli_; }
  bool uses_fir() const { return fir_; }
  uint8_t payload_type() const { return payload_type_; }
  std::optional<uint8_t> rtx_payload_type() const;

 private:
  Consumer(const channel::Consume& request, size_t encoding, Transport& transport, Producer& producer,
           Random& random);
  static uint32_t clock_rate_of(const channel::Consume& request, size_t encoding);
  bool simulcast() const { return type_ == channel::ConsumerType::kSimulcast; }
  bool pipes() const { return type_ == channel::ConsumerType::kPipe; }
  void count_sent(const rtp::Packet& packet, size_t payload, Time now);
  bool flows() const;
  void on_wanted_changed(Turn& turn);
  void update_flow(Turn& turn);
  void aim_or_ask(Turn& turn);
  const InboundStream* current_stream() const;

  bool may_switch(const rtp::Packet& packet) const;
  bool switch_to(const rtp::Packet& packet, const InboundStream& stream, Turn& turn);
  void send(const rtp::PacketRef& packet, const InboundStream& stream, Turn& turn);
  void catch_up(int64_t from, const InboundStream& stream, Turn& turn);
  bool carries(const rtp::Packet& packet, const rtp::Passage& passage) const {
    return passage.forward && packet.payload.size > 0 && !(ignore_dtx_ && packet.frame.dtx);
  }
  bool skip(const rtp::Packet& packet);
  void retransmit(uint16_t sequence, Turn& turn);
  uint8_t rtx_of(uint8_t payload_type) const;  // 0: none
  std::optional<SendJob> repair_of(uint16_t sequence, Time now) const;
  SendJob::Kind repair_kind(uint64_t index) const;
  bool sent_lately(uint16_t sequence, Time now);

  // consumer_layers.cpp
  void prefer(const channel::ConsumerLayers& layers);
  Layers limit() const;
  Layers wish() const;
  void aim(Turn& turn);
  void choose_stream(Layers wanted, Time now);
  void choose_layers(Layers wanted);
  bool needs_key_frame(Time now);
  void add_options(InboundStream& stream, Time now, std::vector<LayerOption>& out) const;
  uint8_t top_temporal_layer(uint8_t stream) const;
  bool shows(const rtp::Packet& packet) const;
  void tell_layers(Turn& turn);
  bool score_is_told() const;

  // Hot: read for each packet.
  Transport& transport_;
  Producer& producer_;
  bool flowing_ = false;
  bool starved_ = false;  // there is no bandwidth for it
  bool ignore_dtx_;
  std::optional<uint8_t> current_;  // the stream that is forwarded
  std::optional<uint8_t> target_;   // the one to switch to at its next key frame, or current_
  std::optional<uint8_t> last_;     // current_, also while nothing flows
  uint32_t number_space_ = ~0u;     // of the stream last forwarded
  std::bitset<128> payload_types_;
  rtp::Rewriter rewriter_;
  std::optional<rtp::PictureRewriter> pictures_;  // VP8 and VP9
  bool renumbers_pictures_ = false;               // VP8: those that are skipped leave no gap
  std::unique_ptr<rtp::LayerFilter> filter_;      // of one that chooses among layers
  rtp::OperatingPoint told_point_;                // that which told_layers_ tells of
  std::optional<Layers> told_layers_;
  uint32_t ssrc_;
  std::optional<uint32_t> rtx_ssrc_;
  rtp::ExtensionIds extension_ids_;
  std::string mid_;
  SentHeaders sent_headers_;
  Counts counts_;
  rtp::Rate rate_;

  // Cold.
  uint32_t handle_;
  channel::MediaKind kind_;
  channel::ConsumerType type_;
  uint8_t leg_;  // of a pipe: the stream that it keeps to
  Allocation allocation_;
  Consumer* next_leg_ = nullptr;
  uint64_t rtx_index_;
  std::string cname_;
  uint8_t payload_type_ = 0;
  struct Repairs {
    uint8_t repaired, rtx;  // payload types
  };
  std::vector<Repairs> repairs_;
  std::string mime_type_;
  uint32_t clock_rate_ = 90000;
  bool nack_ = false;
  bool pli_ = false;
  bool fir_ = false;
  bool ccfb_ = false;  // RFC 8888
  bool remb_ = false;
  uint16_t padded_ = 0;  // how far behind the newest packet the last padding was
  struct Range {
    uint64_t first = 1, last = 0;
    bool has(uint64_t index) const { return index >= first && index <= last; }
  };
  std::array<Range, 4> given_up_{};
  size_t given_up_next_ = 0;
  Time step_lost_at_{};
  bool paused_;
  std::optional<channel::ConsumerLayers> preferred_;
  std::optional<Layers> granted_;  // by set_target_layers()
  Layers aim_;                     // what the filter was told to go to
  StreamSwitch switch_;
  std::optional<Time> lacking_since_;  // a switching point for aim_
  std::optional<Duration> round_trip(const rtcp::ReportBlock& block, Time now) const;
  struct SentReport {
    uint32_t ntp_middle = 0;
    Time at{};
  };
  std::array<SentReport, 4> sent_reports_{};
  size_t sent_reports_next_ = 0;
  struct Resent {
    uint16_t sequence = 0;
    uint32_t at = 0;  // in ms, which wrap after 49 days; 0: never
  };
  std::array<Resent, 32> resent_{};
  size_t resent_next_ = 0;
  Remote remote_;
  Score score_;
  channel::ConsumerScore told_score_;
  uint64_t packets_at_report_ = 0;
  int32_t lost_at_report_ = 0;
  uint64_t repaired_at_report_ = 0;
};

}  // namespace sfu
