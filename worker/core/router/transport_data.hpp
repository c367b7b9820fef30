// The data of one transport: its SCTP association if it has one, and the data producers and consumers on it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/base/flat_map.hpp"
#include "core/base/result.hpp"
#include "core/link/link.hpp"
#include "core/router/data_consumer.hpp"
#include "core/router/data_producer.hpp"
#include "core/sctp/association.hpp"

namespace sfu {

class TransportData {
 public:
  enum class Carries : uint8_t { kMessages, kMessagesWithSubchannels };

  // Without options: no data.
  TransportData(uint32_t owner, link::Link& link, const std::optional<channel::SctpOptions>& options,
                Carries carries);
  // Direct: messages come from the controller and go to it.
  TransportData(uint32_t owner, link::Link& link, size_t max_send_message_size,
                size_t max_receive_message_size);

  bool has_sctp() const { return association_ != nullptr; }
  bool carries_subchannels() const { return carries_ == Carries::kMessagesWithSubchannels; }
  const sctp::Association* association() const { return association_.get(); }
  size_t low_threshold() const { return low_threshold_; }

  // ---- the controller; Router alone adds and removes
  Result<DataProducer*> add(std::unique_ptr<DataProducer> producer);
  Result<DataConsumer*> add(std::unique_ptr<DataConsumer> consumer);
  void remove(const DataProducer& producer);
  void remove(const DataConsumer& consumer, Turn& turn);
  const std::vector<std::unique_ptr<DataProducer>>& producers() const { return producers_; }
  const std::vector<std::unique_ptr<DataConsumer>>& consumers() const { return consumers_; }

  // ---- the link
  void on_packet(Bytes packet, Turn& turn);
  void on_link_changed(Turn& turn);
  Time deadline() const { return association_ ? association_->deadline() : kNever; }
  void wake(Turn& turn) { settle(turn); }
  void close(Turn& turn);

  // ---- messages
  // From the controller, over a direct link.
  void receive(DataProducer& producer, const DataMessage& message, Turn& turn);
  sctp::Sent send(const DataConsumer& consumer, const DataMessage& message, Turn& turn);
  size_t buffered(uint16_t stream) const { return association_ ? association_->buffered(stream) : 0; }
  void set_low_threshold(uint16_t stream, size_t bytes) {
    if (association_) association_->set_buffered_amount_low_threshold(stream, bytes);
  }

 private:
  std::optional<Error> check(bool with_stream) const;
  void settle(Turn& turn);
  void deliver(const sctp::Message& message, Turn& turn);
  void tell_state(Turn& turn);
  void tell_low(uint16_t stream, Turn& turn);

  uint32_t owner_;
  link::Link& link_;
  Carries carries_ = Carries::kMessages;
  size_t max_send_message_size_ = 0;
  size_t max_receive_message_size_ = 0;
  size_t low_threshold_ = 0;
  std::unique_ptr<sctp::Association> association_;
  sctp::State told_state_ = sctp::State::kNew;
  std::vector<std::unique_ptr<DataProducer>> producers_;
  std::vector<std::unique_ptr<DataConsumer>> consumers_;
  FlatMap<uint16_t, DataProducer*> producers_by_stream_;
  FlatMap<uint16_t, DataConsumer*> consumers_by_stream_;
};

}  // namespace sfu
