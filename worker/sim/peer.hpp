// A fake client: ICE, DTLS and SRTP in earnest, RTP of its own making. It sends frames that can be told
// apart, answers NACK and PLI, and notes what it receives, asking again for what is missing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/bwe/arrivals.hpp"
#include "core/dtls/session.hpp"
#include "core/ice/client.hpp"
#include "core/rtcp/builder.hpp"
#include "core/rtcp/compound.hpp"
#include "core/rtp/missing.hpp"
#include "core/rtp/reception.hpp"
#include "core/sctp/association.hpp"
#include "core/srtp/opener.hpp"
#include "core/srtp/sealer.hpp"
#include "sim/link.hpp"
#include "sim/stream_arrivals.hpp"
#include "sim/world.hpp"

namespace sfu::sim {

// One encoding that a peer sends.
struct SendingStream {
  static constexpr uint16_t kHistory = 2000;  // packets that it can send again

  uint32_t ssrc = 0;
  std::optional<uint32_t> rtx_ssrc{};
  std::string rid{};  // sent in each packet when not empty
  std::string mid{};
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;
  bool video = false;
  uint8_t temporal_layers = 1;
  uint32_t clock_rate = 90000;
  uint64_t index = 0;  // of the next packet
  uint64_t rtx_index = 100;
  uint32_t timestamp = 0;
  uint16_t picture_id = 0;
  bool key_frame_wanted = true;
  size_t key_frames = 0;
  size_t plis = 0;
  size_t nacked = 0;
  std::map<uint16_t, std::vector<uint8_t>> sent{};  // payloads, for retransmission
  std::map<uint16_t, uint32_t> timestamps{};
};

// What a peer got of one consumer.
struct ReceivedStream {
  static constexpr size_t kWindow = 2000;  // packets that are known by number when they are not kept

  uint32_t ssrc = 0;
  std::optional<uint32_t> rtx_ssrc{};
  uint8_t payload_type = 0;
  bool nack = true;
  rtp::Missing missing;
  rtp::Reception reception;
  Unwrapper<uint16_t> order;
  struct Packet {
    uint32_t timestamp = 0;
    std::vector<uint8_t> payload;
    bool repaired = false;
  };
  std::map<int64_t, Packet> packets;  // by unwrapped sequence number
  size_t duplicates = 0;
  std::optional<rtcp::NtpMapping> mapping;

  // Between the first and the last.
  size_t gaps() const;
  size_t repaired() const;
};

// An RTP packet that a peer got, told as it comes.
struct HeardPacket {
  enum class Kind : uint8_t { kMedia, kRepair, kDuplicate, kPadding };
  uint32_t consumer = 0;  // 0: padding of none
  Kind kind = Kind::kMedia;
  size_t bytes = 0;  // of the datagram
  Bytes payload{};
};

class Peer {
 public:
  static constexpr uint8_t kAudio = 111, kVideo = 96, kVideoRtx = 97;
  struct Options {
    bool wrong_fingerprint = false;
    bool answer_nacks = true;
    ice::Client::Options ice{};
    // The first of the DTLS-SRTP profiles that the peer offers; the core takes what it likes best.
    channel::DtlsRole role = channel::DtlsRole::kClient;
    bool data = false;  // SCTP inside DTLS
    // What it tells the sender: feedback on congestion, and receiver reports each second.
    bool reports = false;
    bool ccfb = false;         // feedback by RFC 8888, not transport-wide
    bool keep_packets = true;  // all that it received, for a test to look at
    Duration rtt = 120ms;      // between requests for what is missing
  };

  Peer(World& world, uint32_t router, const Options& options);
  Peer(World& world, uint32_t router) : Peer(world, router, Options{}) {}
  ~Peer();
  Peer(const Peer&) = delete;

  Link uplink, downlink;
  uint32_t transport() const { return transport_; }
  bool connected() const { return keys_ != nullptr && opener_ != nullptr; }
  // Until ICE and DTLS are done; true if that worked.
  bool connect();
  void restart_ice();
  // Moves to another address, as a phone changes networks; checks anew from there.
  void migrate();

  uint32_t produce(SendingStream stream) { return produce(std::vector{std::move(stream)}); }
  uint32_t produce(std::vector<SendingStream> encodings, bool paused = false);
  // How the peer's library would ask; the core's answer is in consumed().
  uint32_t consume(uint32_t producer, bool video, bool rtx = true, bool paused = false);
  ReceivedStream& received(uint32_t consumer) { return received_.at(consumer); }
  SendingStream& sending(uint32_t ssrc) { return sending_.at(ssrc); }

  // A data channel's two ends: what the peer sends on `stream`; what the core sends it there.
  uint32_t produce_data(uint16_t stream);
  uint32_t consume_data(uint32_t data_producer, uint16_t stream, std::vector<uint32_t> subchannels = {});
  sctp::Association& data() { return *data_; }
  std::vector<sctp::Message> messages;  // that came

  // One frame of so many packets, each carrying the frame's number.
  void send_frame(uint32_t ssrc, size_t packets, size_t payload_size = 200);
  // One frame: a packet for each payload.
  void send_frame(uint32_t ssrc, const std::vector<std::vector<uint8_t>>& payloads);
  void send_sender_report(uint32_t ssrc);
  void send_rtcp(rtcp::Builder& builder);
  void send_pli(uint32_t consumer);
  void send_nack(uint32_t consumer, uint16_t sequence);
  // Raw bytes from the peer's address.
  void send_raw(Bytes datagram);
  // The last sealed media datagram, for replaying it.
  const std::vector<uint8_t>& last_sealed() const { return last_sealed_; }

  size_t feedbacks = 0;          // transport-cc messages received
  size_t feedback_received = 0;  // packets that they acknowledged
  std::optional<uint64_t> remb;
  std::function<void(const HeardPacket&)> on_heard;
  // RTP as it came, still encrypted, when asked for.
  bool keep_datagrams = false;
  std::vector<std::vector<uint8_t>> datagrams;
  dtls::Session& dtls() { return *dtls_; }

  // ---- World
  bool owns(const Address& address) const { return address == address_; }
  const Address& address() const { return address_; }
  Time deadline() const;
  void wake();
  void receive(Bytes datagram);

 private:
  void start_dtls();
  void after_data();
  void after_dtls();
  void send_packet(SendingStream& stream, uint8_t payload_type, uint32_t ssrc, uint64_t index,
                   uint32_t timestamp, bool marker, Bytes payload);
  void receive_rtp(Bytes datagram);
  std::optional<HeardPacket> place(rtp::Packet& packet);
  HeardPacket place(uint32_t consumer, ReceivedStream& stream, rtp::Packet& packet, bool repaired);
  void receive_rtcp(Bytes datagram);
  void on_message(const auto& message);
  void retransmit(SendingStream& stream, uint16_t sequence);
  void send_nacks();
  Time feedback_deadline() const {
    return options_.ccfb ? stream_arrivals_.deadline() : arrivals_.deadline();
  }
  void note_arrival(const rtp::Packet& packet);
  void send_feedback();
  void send_stream_feedback();
  void send_receiver_report();

  World& world_;
  Options options_;
  uint32_t router_;
  uint32_t transport_;
  Address address_;
  Random random_;
  std::optional<ice::Client> ice_;
  dtls::Context context_;
  std::optional<dtls::Session> dtls_;
  std::unique_ptr<srtp::SendKeys> keys_;
  std::unique_ptr<srtp::Opener> opener_;
  std::unique_ptr<sctp::Association> data_;
  srtp::Sealer sealer_{srtp::Backend::kOpenSsl};
  std::map<uint32_t, SendingStream> sending_;
  std::map<uint32_t, ReceivedStream> received_;  // by consumer
  std::vector<uint8_t> last_sealed_;
  uint16_t transport_sequence_ = 1;
  bwe::Arrivals arrivals_;
  StreamArrivals stream_arrivals_;
  Time next_report_ = kNever;
  rtp::PacketPool pool_{4};
};

}  // namespace sfu::sim
