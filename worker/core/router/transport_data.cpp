#include "core/router/transport_data.hpp"

#include <algorithm>

namespace sfu {
namespace {

// The data channel establishment protocol (RFC 8832) is between clients; the API names streams itself.
constexpr uint32_t kDcep = 50;

sctp::Options to_options(const channel::SctpOptions& options, size_t header) {
  return {.max_outbound_streams = static_cast<uint16_t>(std::clamp(options.max_outbound_streams, 1u, 65535u)),
          .max_inbound_streams = static_cast<uint16_t>(std::clamp(options.max_inbound_streams, 1u, 65535u)),
          .max_send_message_size = options.max_send_message_size + header,
          .max_receive_message_size = options.max_receive_message_size + header,
          .send_buffer_size = options.send_buffer_size + header,
          .per_stream_send_queue_limit = options.per_stream_send_queue_limit + header,
          .max_receive_window = options.max_receiver_window_buffer_size,
          .buffered_amount_low_threshold = options.buffered_amount_low_threshold};
}

}  // namespace

TransportData::TransportData(uint32_t owner, link::Link& link,
                             const std::optional<channel::SctpOptions>& options, Carries carries)
    : owner_(owner), link_(link), carries_(carries) {
  if (!options) return;
  low_threshold_ = options->buffered_amount_low_threshold;
  max_send_message_size_ = options->max_send_message_size;
  association_ = std::make_unique<sctp::Association>(
      to_options(*options, carries_subchannels() ? DataMessage::kMaxPipeHeader : 0));
}

TransportData::TransportData(uint32_t owner, link::Link& link, size_t max_send_message_size,
                             size_t max_receive_message_size)
    : owner_(owner),
      link_(link),
      max_send_message_size_(max_send_message_size),
      max_receive_message_size_(max_receive_message_size) {}

// ---- the controller

std::optional<Error> TransportData::check(bool with_stream) const {
  if (link_.direct() && with_stream)
    return Error::type("sctpStreamParameters must not be given on a direct transport");
  if (link_.direct()) return std::nullopt;
  if (!association_) return Error::type("the transport was created without enableSctp");
  if (!with_stream) return Error::type("sctpStreamParameters is missing");
  return std::nullopt;
}

Result<DataProducer*> TransportData::add(std::unique_ptr<DataProducer> producer) {
  if (auto error = check(producer->stream().has_value())) return *error;
  if (producer->stream()) {
    if (producers_by_stream_.contains(*producer->stream()))
      return Error::type("sctpStreamParameters.streamId: another data producer of this transport has it");
    producers_by_stream_[*producer->stream()] = producer.get();
  }
  producers_.push_back(std::move(producer));
  return producers_.back().get();
}

Result<DataConsumer*> TransportData::add(std::unique_ptr<DataConsumer> consumer) {
  if (auto error = check(consumer->stream().has_value())) return *error;
  if (consumer->stream()) {
    if (consumers_by_stream_.contains(*consumer->stream()))
      return Error::type("sctpStreamParameters.streamId: another data consumer of this transport has it");
    consumers_by_stream_[*consumer->stream()] = consumer.get();
    association_->set_buffered_amount_low_threshold(*consumer->stream(), low_threshold_);
  }
  consumers_.push_back(std::move(consumer));
  return consumers_.back().get();
}

void TransportData::remove(const DataProducer& producer) {
  if (producer.stream()) producers_by_stream_.erase(*producer.stream());
  std::erase_if(producers_, [&](const auto& owned) { return owned.get() == &producer; });
}

// The remote's data channel closes (RFC 8831, 6.7).
void TransportData::remove(const DataConsumer& consumer, Turn& turn) {
  if (consumer.stream()) {
    consumers_by_stream_.erase(*consumer.stream());
    association_->reset_stream(*consumer.stream());
  }
  std::erase_if(consumers_, [&](const auto& owned) { return owned.get() == &consumer; });
  settle(turn);
}

// ---- the link

void TransportData::on_packet(Bytes packet, Turn& turn) {
  if (!association_) return turn.drop(Drop::kNotAProtocol);
  association_->receive(packet);
  settle(turn);
}

void TransportData::on_link_changed(Turn& turn) {
  if (!association_ || association_->state() != sctp::State::kNew || !link_.data_ready()) return;
  association_->connect();
  settle(turn);
}

void TransportData::close(Turn& turn) {
  if (!association_) return;
  association_->close();
  association_->poll(turn.now);
  for (const std::vector<uint8_t>& packet : association_->packets()) link_.send_data(packet, turn);
  association_->packets().clear();
}

// Carries away what the association has to say after it was touched.
void TransportData::settle(Turn& turn) {
  if (!association_) return;
  association_->poll(turn.now);
  tell_state(turn);
  // A message may be answered over the same association: what comes meanwhile is settled in its turn.
  const std::vector<sctp::Message> messages = std::exchange(association_->messages(), {});
  for (const sctp::Message& message : messages) deliver(message, turn);
  for (const uint16_t stream : std::exchange(association_->low_streams(), {})) tell_low(stream, turn);
  association_->reset_streams().clear();  // the association has answered; closing is for signalling to say
  for (const std::vector<uint8_t>& packet : std::exchange(association_->packets(), {}))
    link_.send_data(packet, turn);
}

void TransportData::deliver(const sctp::Message& message, Turn& turn) {
  if (message.ppid == kDcep) return;
  DataProducer** producer = producers_by_stream_.find(message.stream);
  if (!producer) return turn.drop(Drop::kUnknownStream);
  if (!carries_subchannels())
    return (*producer)->receive({.ppid = message.ppid, .bytes = message.bytes}, turn);
  const auto piped = from_pipe(message.ppid, message.bytes);
  if (!piped) return turn.drop(Drop::kUnknownStream);
  (*producer)->receive(*piped, turn);
}

void TransportData::tell_state(Turn& turn) {
  const sctp::State state = association_->state();
  if (std::exchange(told_state_, state) == state) return;
  static_assert(static_cast<int>(sctp::State::kClosed) == static_cast<int>(channel::SctpState::kClosed));
  channel::SctpStateChange event{.state = static_cast<channel::SctpState>(state)};
  if (state == sctp::State::kConnected) {
    event.max_outbound_streams = association_->max_outbound_streams();
    event.max_inbound_streams = association_->max_inbound_streams();
  }
  if (state == sctp::State::kFailed) event.reason = association_->reason();
  turn.tell(owner_, std::move(event));
}

void TransportData::tell_low(uint16_t stream, Turn& turn) {
  DataConsumer** consumer = consumers_by_stream_.find(stream);
  if (!consumer) return;
  turn.tell((*consumer)->handle(),
            channel::BufferedAmountLow{static_cast<uint32_t>(association_->buffered(stream))});
}

// ---- messages

void TransportData::receive(DataProducer& producer, const DataMessage& message, Turn& turn) {
  if (!link_.direct()) return turn.drop(Drop::kNotAProtocol);
  if (message.bytes.size() > max_receive_message_size_) return turn.drop(Drop::kTooLarge);
  producer.receive(message, turn);
}

sctp::Sent TransportData::send(const DataConsumer& consumer, const DataMessage& message, Turn& turn) {
  if (message.bytes.size() > max_send_message_size_) return sctp::Sent::kTooLong;
  if (link_.direct()) {
    if (turn.controller_behind) {
      turn.drop(Drop::kControllerBehind);
      return sctp::Sent::kBufferFull;
    }
    turn.tell(consumer.handle(),
              channel::DataMessage{message.ppid, {message.bytes.begin(), message.bytes.end()}});
    return sctp::Sent::kQueued;
  }
  if (!association_ || !consumer.stream()) return sctp::Sent::kNotConnected;
  const std::vector<uint8_t> piped = carries_subchannels() ? to_pipe(message) : std::vector<uint8_t>{};
  const sctp::Sent sent =
      association_->send(*consumer.stream(), message.ppid,
                         carries_subchannels() ? Bytes(piped) : message.bytes, consumer.reliability());
  if (sent == sctp::Sent::kQueued) settle(turn);
  return sent;
}

}  // namespace sfu
