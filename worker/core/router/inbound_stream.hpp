// One RTP stream that a producer receives, and its retransmissions: order, loss, history, clock, key frames.
// It says what is to be asked of the sender; the producer's transport asks.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/sequence.hpp"
#include "core/router/score.hpp"
#include "core/rtcp/ntp_mapping.hpp"
#include "core/rtcp/report_block.hpp"
#include "core/rtp/codec.hpp"
#include "core/rtp/dependency_reader.hpp"
#include "core/rtp/history.hpp"
#include "core/rtp/key_frame_requests.hpp"
#include "core/rtp/missing.hpp"
#include "core/rtp/packet.hpp"
#include "core/rtp/rate.hpp"
#include "core/rtp/reception.hpp"

namespace sfu {

class InboundStream {
 public:
  struct Options {
    uint8_t index = 0;
    std::string rid{};
    std::optional<uint32_t> ssrc{};
    std::optional<uint32_t> rtx_ssrc{};
    uint32_t clock_rate = 90000;
    std::string mime_type{};
    uint8_t payload_type = 0;  // the producer's
    std::optional<uint8_t> rtx_payload_type{};
    bool video = false;
    bool nack = false;
    bool pli = false;
    bool fir = false;
    bool dtx = false;
    bool in_band_fec = false;
    uint8_t spatial_layers = 1;
    uint8_t temporal_layers = 1;
    Duration key_frame_delay{0};
  };
  struct Counts {
    uint64_t packets = 0;
    uint64_t bytes = 0;
    uint64_t discarded = 0;
    uint64_t rtx_discarded = 0;
    uint64_t retransmitted = 0;
    uint64_t repaired = 0;
    uint64_t nacks = 0;
    uint64_t nacked_packets = 0;
    uint64_t plis = 0;
    uint64_t firs = 0;
  };
  // Without a packet for so long a stream no longer counts as being sent.
  static constexpr Duration kSilence = 1500ms;
  static constexpr Duration kSilenceWithDtx = 5000ms;
  // How late that may be which explains a packet.
  static constexpr Duration kExplanation = 500ms;

  explicit InboundStream(Options options);

  const Options& options() const { return options_; }
  uint8_t index() const { return options_.index; }
  uint32_t ssrc() const { return options_.ssrc.value_or(0); }
  std::optional<uint32_t> known_ssrc() const { return options_.ssrc; }

  // What a packet says of its frame, read once for all consumers.
  void describe(rtp::Packet& packet, rtp::Codec codec);
  // Whether the packet, just received, may explain others.
  bool explains_others(const rtp::Packet& packet);
  bool has_undescribed() const { return has_undescribed_; }
  // Those that came before what they refer to (the structure of their descriptors, the header of their OBU),
  // described now, in order; and those for which it will not come any more.
  std::vector<rtp::PacketRef> take_described(rtp::Codec codec, Time now);
  // Of the dependency descriptors; null: none has come.
  const rtp::ActiveStructure* structure() const { return dependencies_.current(); }

  // A media packet, described: false when it is a duplicate or too old to be of use. `repair`: it came by
  // RTX.
  bool receive(const rtp::PacketRef& packet, bool repair);
  // The SSRC of this stream or its RTX, seen for the first time or again after the sender's restart.
  void learn_ssrc(uint32_t ssrc, bool rtx);
  void on_sender_report(const rtcp::NtpMapping& mapping) { mapping_ = mapping; }
  // A retransmission that cannot be used: of nothing, as probes are, or of an unknown original.
  void on_rtx_discarded() { ++counts_.rtx_discarded; }

  bool active() const { return active_; }
  // A packet came; true when the stream had been silent.
  bool wake_up() { return !std::exchange(active_, true); }
  // Whether it just fell silent.
  bool check_silence(Time now);
  // The sender said goodbye.
  void silence() { active_ = false; }
  // Names this stream's number space to rewriters: another one after the sender began anew.
  uint32_t number_space() const { return generation_ << 8 | options_.index; }

  // Loss: the sequence numbers to ask for now, and when to look again. Asking for too much means a key frame.
  std::span<const uint16_t> missing(Time now, Duration rtt);
  Time missing_deadline() const { return options_.nack ? missing_.deadline() : kNever; }
  bool take_needs_key_frame() { return missing_.take_key_frame_needed(); }

  rtp::KeyFrameRequests& key_frames() { return key_frames_; }
  const rtp::KeyFrameRequests& key_frames() const { return key_frames_; }
  void count_key_frame_request(bool fir) { ++(fir ? counts_.firs : counts_.plis); }

  const rtp::History& history() const { return history_; }
  // Of the newest packet, unwrapped; -1 before the first.
  int64_t newest_sequence() const { return order_.newest().value_or(-1); }
  const std::optional<rtcp::NtpMapping>& mapping() const { return mapping_; }
  // What to add to its timestamps to get those that `other` has at the same instant; nullopt: unknown.
  std::optional<uint32_t> timestamp_offset_to(const InboundStream& other) const;

  // The report block for the next receiver report; closes the interval and updates the score.
  rtcp::ReportBlock report(Time now);
  uint8_t score() const { return active_ ? score_.value() : uint8_t{0}; }
  const rtp::Reception& reception() const { return reception_; }
  // In the last report, of 256.
  uint8_t fraction_lost() const { return fraction_lost_; }
  const Counts& counts() const { return counts_; }
  uint64_t bitrate(Time now) { return rate_.bits_per_second(now); }
  // Of each spatial and temporal layer that was seen.
  struct Layer {
    uint8_t spatial = 0;
    uint8_t temporal = 0;
    Time began{};  // since it was last missing
    Time last{};
    rtp::SteadyRate rate{};
    rtp::SteadyRate below{};  // of what a higher spatial layer rests on, as it may not in K-SVC
  };
  std::vector<Layer>& layers() { return layers_; }
  const std::vector<Layer>& layers() const { return layers_; }
  // Whether it is being sent. Of a frame rate so low that it is not seen within the time nothing is known.
  bool is_alive(const Layer& layer) const { return last_packet_ - layer.last <= kSilence; }

 private:
  bool complete(rtp::Packet& packet, rtp::Codec codec);
  std::optional<rtp::Frame> read_descriptor(const rtp::Packet& packet, rtp::Codec codec);
  bool begins_sequence(const rtp::Packet& packet) const;
  bool continue_layers(rtp::Packet& packet) const;
  void count_layer(const rtp::Packet& packet);

  Options options_;
  Unwrapper<uint16_t> order_;
  rtp::Reception reception_;
  rtp::Missing missing_;
  rtp::History history_;
  rtp::KeyFrameRequests key_frames_;
  rtp::Rate rate_;
  std::vector<Layer> layers_;
  rtp::DependencyReader dependencies_;
  bool descriptors_useless_ = false;         // even a key frame's means nothing to us: the payload must do
  bool has_undescribed_ = false;             // in the history
  std::optional<rtcp::NtpMapping> mapping_;  // by the last sender report
  std::optional<rtcp::NtpMapping> capture_;  // by the last packet with an absolute capture time
  Score score_;
  Counts counts_;
  int64_t expected_at_report_ = 0;
  uint64_t repaired_at_report_ = 0;
  uint32_t generation_ = 0;
  uint8_t fraction_lost_ = 0;
  Time last_packet_{};
  bool active_ = false;
};

}  // namespace sfu
