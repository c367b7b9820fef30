#include "core/sctp/association.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>
#include <variant>

#include "core/sctp/socket.hpp"

namespace sfu::sctp {
namespace {

// Less than a common header and a chunk's head is no packet (RFC 9260, 3), nor is more than UDP can carry.
constexpr size_t kLeastPacket = 16;
constexpr size_t kMostPacket = 65535;

// usrsctp does not tell when its next timer is due, so they are run on a grid: fine while something goes on,
// coarse when nothing came or went for a second. What is still to come then is a retransmission that has been
// put off for so long already, or a heartbeat.
constexpr Duration kIdleAfter = 1s;
constexpr Duration kIdleTick = 100ms;

bool is_over(State state) { return state == State::kFailed || state == State::kClosed; }

}  // namespace

Association::Association(const Options& options)
    : options_(options),
      queue_({options.send_buffer_size, options.per_stream_send_queue_limit,
              options.buffered_amount_low_threshold}),
      reassembly_(options.max_receive_message_size) {}

Association::~Association() = default;

void Association::connect() {
  if (state_ != State::kNew) return;
  state_ = State::kConnecting;
  deadline_ = Time{};
}

bool Association::begun() const { return socket_ || state_ == State::kConnecting; }

void Association::receive(Bytes packet) {
  if (!begun() || packet.size() < kLeastPacket || packet.size() > kMostPacket) return;
  if (admission_.admit(packet)) inbox_.emplace_back(packet.begin(), packet.end());
}

void Association::poll(Time now) {
  if (!begun()) return;
  Inside inside;
  inside.pass_time(now);
  if (!socket_) socket_ = std::make_unique<Socket>(options_, inside);
  read_packets(inside);
  read(inside);
  request_resets(inside);
  hand_over(now, inside);
  Mailbox& mailbox = socket_->mailbox(inside);
  busy_ = busy_ || !mailbox.empty();
  std::move(mailbox.begin(), mailbox.end(), std::back_inserter(packets_));
  mailbox.clear();
  schedule(now);
}

Time Association::deadline() const { return deadline_; }

// Multiples of the tick, so that all associations of a worker are due together.
void Association::schedule(Time now) {
  if (std::exchange(busy_, false)) last_busy_ = now;
  const Duration tick = now - last_busy_ < kIdleAfter ? kTick : kIdleTick;
  deadline_ = is_over(state_) ? kNever : Time(now.time_since_epoch() / tick * tick + tick);
}

// ---- what usrsctp says

void Association::read_packets(Inside& inside) {
  busy_ = busy_ || !inbox_.empty();
  for (const std::vector<uint8_t>& packet : inbox_) socket_->receive(packet, inside);
  inbox_.clear();
}

void Association::read(Inside& inside) {
  while (!is_over(state_)) {
    const auto said = socket_->read(inside);
    if (!said) return;
    std::visit([&](const auto& what) { on(what, inside); }, *said);
  }
}

void Association::on(const Part& part, Inside&) {
  if (auto message = reassembly_.add(part.stream, part.ppid, part.bytes, part.last))
    messages_.push_back(std::move(*message));
}

void Association::on(const Abandoned&, Inside&) {
  if (reassembly_.begun()) reassembly_.abandon();
}

// Also when the remote has begun anew (RFC 9260, 5.2.2): then nothing is under way any more.
void Association::on(const Up& up, Inside&) {
  state_ = State::kConnected;
  max_outbound_streams_ = up.outbound_streams;
  max_inbound_streams_ = up.inbound_streams;
  resets_.each([&](uint16_t stream, StreamReset&) { queue_.release(stream); });
  resets_.clear();
}

void Association::on(const Down& down, Inside& inside) {
  state_ = down.deliberate ? State::kClosed : State::kFailed;
  if (state_ == State::kFailed) reason_ = down.reason;
  socket_->close(inside);
}

void Association::on(const Reset& reset, Inside&) {
  if (!reset.ours) admission_.reset_done();
  std::vector<uint16_t> streams = reset.streams;
  if (streams.empty()) {
    streams.resize(reset.ours ? max_outbound_streams_ : max_inbound_streams_);
    std::iota(streams.begin(), streams.end(), uint16_t{0});
  }
  for (const uint16_t stream : streams)
    reset.ours ? on_our_reset(stream, reset.done) : on_remote_reset(stream);
}

void Association::on(const Other&, Inside&) {}

// ---- closing streams

void Association::reset_stream(uint16_t stream) {
  queue_.drop(stream);
  if (state_ == State::kConnected) begin_reset(stream, true);
}

void Association::begin_reset(uint16_t stream, bool awaits_answer) {
  if (stream >= max_outbound_streams_) return;
  StreamReset& reset = resets_[stream];
  reset.awaits_answer = reset.awaits_answer || awaits_answer;
  if (std::exchange(reset.under_way, true)) return;
  queue_.hold(stream);
  resets_to_request_.push_back(stream);
}

void Association::request_resets(Inside& inside) {
  if (resets_to_request_.empty() || is_over(state_)) return;
  const auto streams = std::exchange(resets_to_request_, {});
  if (socket_->reset(streams, inside)) return;
  for (const uint16_t stream : streams) on_our_reset(stream, false);
}

void Association::on_our_reset(uint16_t stream, bool done) {
  StreamReset* reset = resets_.find(stream);
  if (!reset) return;
  reset->under_way = false;
  queue_.release(stream);
  if (!done || !reset->awaits_answer) resets_.erase(stream);
}

void Association::on_remote_reset(uint16_t stream) {
  if (stream >= max_inbound_streams_) return;  // usrsctp tells whatever number the request has
  if (StreamReset* reset = resets_.find(stream)) {
    // The answer to ours; or, while ours is under way, the remote's repeated.
    reset->awaits_answer = false;
    if (!reset->under_way) resets_.erase(stream);
    return;
  }
  queue_.drop(stream);
  reset_streams_.push_back(stream);
  begin_reset(stream, false);
}

// ---- sending

Sent Association::send(uint16_t stream, uint32_t ppid, Bytes message, const Reliability& reliability) {
  if (message.empty()) return Sent::kEmpty;
  if (message.size() > options_.max_send_message_size) return Sent::kTooLong;
  if (state_ != State::kConnected || closing_ || stream >= max_outbound_streams_) return Sent::kNotConnected;
  const bool queued = queue_.push({stream, ppid, {message.begin(), message.end()}}, reliability);
  return queued ? Sent::kQueued : Sent::kBufferFull;
}

void Association::hand_over(Time now, Inside& inside) {
  if (is_over(state_)) return;
  queue_.expire(now);
  const size_t window = queue_.front() ? socket_->window(inside) : 0;
  while (const SendQueue::Entry* entry = queue_.front()) {
    const Duration life = entry->expires.value_or(now) - now;
    if (socket_->give(entry->message, entry->reliability, life, window, inside) == Socket::Given::kFull)
      break;
    queue_.pop();
  }
  if (closing_ && !shut_down_ && queue_.empty()) {
    shut_down_ = true;
    socket_->shut_down(inside);
  }
}

size_t Association::buffered(uint16_t stream) const { return queue_.buffered(stream); }

void Association::set_buffered_amount_low_threshold(uint16_t stream, size_t bytes) {
  queue_.set_low_threshold(stream, bytes);
}

void Association::close() {
  closing_ = true;
  if (state_ == State::kConnected || is_over(state_)) return;
  // There is nothing to shut down yet.
  state_ = State::kClosed;
  deadline_ = kNever;
  if (!socket_) return;
  Inside inside;
  socket_->close(inside);
}

// ---- what it is

uint64_t Association::discarded() const { return reassembly_.discarded(); }
State Association::state() const { return state_; }
const std::string& Association::reason() const { return reason_; }
uint16_t Association::max_outbound_streams() const { return max_outbound_streams_; }
uint16_t Association::max_inbound_streams() const { return max_inbound_streams_; }

}  // namespace sfu::sctp
