#include "core/sfu.hpp"

#include "core/rtcp/packet.hpp"

namespace sfu {
namespace {

// Enough to fill the lanes of a multi-buffer cipher, and few enough to be in the fast cache still.
constexpr size_t kSealTogether = 32;

enum class Kind { kStun, kDtls, kRtp, kOther };

// RFC 7983, 7: the first byte tells the protocols apart.
Kind kind_of(uint8_t first) {
  if (first <= 3) return Kind::kStun;
  if (first >= 20 && first <= 63) return Kind::kDtls;
  if (first >= 128 && first <= 191) return Kind::kRtp;
  return Kind::kOther;
}

}  // namespace

Sfu::Sfu(const Random::Seed& seed, srtp::Backend backend) : shared_(seed, backend) {
  shared_.dtls.emplace(dtls::Certificate::generate());
}

Sfu::~Sfu() {
  Outbox outbox;
  std::vector<channel::Event> events;
  Drops drops;
  Turn last{Time{}, outbox, events, drops};
  for (auto& router : routers_) router->close(last);
}

void Sfu::receive(std::span<Datagram> batch, Turn& turn) {
  for (Datagram& datagram : batch) receive_one(datagram, turn);
}

void Sfu::receive_one(Datagram& datagram, Turn& turn) {
  rtp::PacketRef packet = std::move(datagram.packet);
  if (packet->size == 0) return turn.drop(Drop::kTooLarge);
  const Kind kind = kind_of(packet->bytes[0]);
  if (kind == Kind::kStun) return receive_stun(packet->data(), datagram.path, turn);
  Transport* const transport = shared_.transport_at(datagram.path);
  if (!transport) return turn.drop(kind == Kind::kOther ? Drop::kNotAProtocol : Drop::kUnknownPath);
  if (kind == Kind::kDtls) return transport->on_dtls(packet->data(), datagram.path, turn);
  if (kind == Kind::kOther) return transport->on_other(packet->data(), datagram.path, turn);
  if (rtcp::is_rtcp(packet->data())) return transport->on_rtcp(std::move(packet), datagram.path, turn);
  transport->on_rtp(std::move(packet), datagram.path, turn);
}

void Sfu::disconnected(const Path& path, Turn& turn) {
  if (Transport* const transport = shared_.transport_at(path)) transport->on_disconnected(path, turn);
}

void Sfu::receive_stun(Bytes datagram, const Path& path, Turn& turn) {
  const auto message = stun::Message::parse(datagram);
  if (!message) return turn.drop(Drop::kMalformedStun);
  if (!message->username) {  // an answer, if we asked
    Transport* const asked = shared_.transport_at(path);
    return asked ? asked->on_stun(*message, path, turn) : turn.drop(Drop::kUnknownUfrag);
  }
  const auto key = ice::ufrag_key(message->username->local);
  Transport** transport = key ? shared_.ufrags.find(*key) : nullptr;
  if (!transport) return turn.drop(Drop::kUnknownUfrag);
  (*transport)->on_stun(*message, path, turn);
}

const Transport* Sfu::transport(uint32_t handle) {
  Transport** found = shared_.transports.find(handle);
  return found ? *found : nullptr;
}

void Sfu::wake(Turn& turn) {
  while (Deadlines::Entry* due = shared_.deadlines.due(turn.now)) static_cast<Transport*>(due)->wake(turn);
  while (Deadlines::Entry* due = shared_.observer_deadlines.due(turn.now))
    static_cast<RtpObserver*>(due)->wake(turn);
}

bool Sfu::seal(Turn& turn) {
  size_t done = 0;
  for (; done < shared_.sending.size(); ++done) {
    if (!shared_.sending[done]->lay_out(turn, sealing_)) break;
    if (sealing_.size() >= kSealTogether) seal_laid_out();
  }
  seal_laid_out();
  shared_.sending.erase(shared_.sending.begin(), shared_.sending.begin() + static_cast<ptrdiff_t>(done));
  return shared_.sending.empty();
}

void Sfu::seal_laid_out() {
  shared_.sealer.seal(sealing_);
  sealing_.clear();
}

}  // namespace sfu
