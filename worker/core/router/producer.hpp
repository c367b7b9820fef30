// One track that a client sends to its router: one or several encodings (streams), and the consumers it goes
// to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/link/turn.hpp"
#include "core/router/demux.hpp"
#include "core/router/inbound_stream.hpp"
#include "core/router/traces.hpp"
#include "core/rtp/extensions.hpp"

namespace sfu {

class Consumer;
class RtpObserver;
class Transport;

class Producer {
 public:
  static constexpr size_t kMaxStreams = 16;

  static Result<std::unique_ptr<Producer>> make(const channel::Produce& request, Transport& transport);

  uint32_t handle() const { return handle_; }
  Transport& transport() const { return transport_; }
  channel::MediaKind kind() const { return kind_; }
  bool video() const { return kind_ == channel::MediaKind::kVideo; }
  bool paused() const { return paused_; }
  const std::vector<InboundStream>& streams() const { return streams_; }
  std::vector<InboundStream>& streams() { return streams_; }
  const std::vector<rtp::NegotiatedExtension>& extensions() const { return extensions_; }
  Demux::Section section() const;

  // An authentic packet for one of our streams. Null: it ends here (duplicate, probe, unknown payload type).
  InboundStream* receive(rtp::PacketRef& packet, const Demux::Route& route, Turn& turn);

  // Behind a packet that explains others which came before it: these are for consumers that choose layers,
  // who could not use them before.
  void forward_described(InboundStream& stream, Turn& turn);

  // In the order in which they were added; Router adds and removes them.
  std::vector<Consumer*> consumers;
  std::vector<RtpObserver*> observers;  // that hear it
  Traces traces;

  void pause(Turn& turn);
  void resume(Turn& turn);
  // A consumer cannot decode the stream without a key frame. Asks the sender, now or as soon as the pace of
  // such requests allows, and again until one comes.
  void request_key_frame(uint8_t stream, Turn& turn);

  // What the worst of its listeners last reported.
  uint8_t worst_fraction_lost() const;
  // Whether any consumer waits for this stream, or plays it.
  bool is_wanted(uint8_t stream) const;

  void on_silence_check(Turn& turn);
  void on_bye(uint8_t stream, Turn& turn);
  // If they are others than those that were told last.
  void tell_scores(Turn& turn);

 private:
  struct CodecEntry {
    uint8_t payload_type = 0;
    uint8_t mapped_payload_type = 0;
    rtp::Codec codec = rtp::Codec::kOther;
    bool rtx = false;
  };
  Producer(const channel::Produce& request, Transport& transport);
  const CodecEntry* codec_of(uint8_t payload_type) const;
  bool unwrap(rtp::Packet& packet, InboundStream& stream);
  void on_active_changed(Turn& turn);
  void note_orientation(const rtp::Packet& packet, Turn& turn);
  void note_level(const rtp::Packet& packet, Time now);

  uint32_t handle_;
  Transport& transport_;
  channel::MediaKind kind_;
  bool paused_;
  std::string mid_;
  std::vector<CodecEntry> codecs_;
  std::vector<rtp::NegotiatedExtension> extensions_;
  std::vector<InboundStream> streams_;
  std::vector<uint8_t> told_scores_;  // of each stream: 0 as long as nothing has come
  std::optional<rtp::VideoOrientation> orientation_;
  std::optional<uint32_t> last_packet_id_;  // packets are given ids
};

}  // namespace sfu
