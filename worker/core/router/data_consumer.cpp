#include "core/router/data_consumer.hpp"

#include <algorithm>

#include "core/router/transport.hpp"

namespace sfu {

DataConsumer::DataConsumer(const channel::ConsumeData& request, Transport& transport, DataProducer& producer)
    : handle_(request.data_consumer),
      transport_(transport),
      producer_(producer),
      paused_(request.paused),
      low_threshold_(transport.data().low_threshold()) {
  set_subchannels(request.subchannels);
  if (!request.sctp_stream_parameters) return;
  const channel::SctpStreamParameters& stream = *request.sctp_stream_parameters;
  stream_ = static_cast<uint16_t>(stream.stream_id & 0xffff);
  reliability_ = {stream.ordered, stream.max_packet_life_time, stream.max_retransmits};
}

void DataConsumer::set_subchannels(const std::vector<uint32_t>& subchannels) {
  subchannels_.clear();
  for (const uint32_t each : subchannels) subchannels_.push_back(static_cast<uint16_t>(each & 0xffff));
  std::ranges::sort(subchannels_);
  subchannels_.erase(std::unique(subchannels_.begin(), subchannels_.end()), subchannels_.end());
}

size_t DataConsumer::buffered() const { return stream_ ? transport_.data().buffered(*stream_) : 0; }

void DataConsumer::set_low_threshold(size_t bytes) {
  low_threshold_ = bytes;
  if (stream_) transport_.data().set_low_threshold(*stream_, bytes);
}

bool DataConsumer::has(uint16_t subchannel) const {
  return std::ranges::binary_search(subchannels_, subchannel);
}

// A pipe takes all: who wants what is decided behind it.
bool DataConsumer::wants(const DataMessage& message) const {
  if (transport_.data().carries_subchannels()) return true;
  if (message.required_subchannel && !has(*message.required_subchannel)) return false;
  if (message.ignored_subchannel && has(*message.ignored_subchannel)) return false;
  return message.subchannels.empty() ||
         std::ranges::any_of(message.subchannels, [&](uint16_t each) { return has(each); });
}

void DataConsumer::forward(const DataMessage& message, Turn& turn) {
  if (!paused_ && wants(message)) (void)send(message, turn);
}

sctp::Sent DataConsumer::send(const DataMessage& message, Turn& turn) {
  const sctp::Sent sent = transport_.data().send(*this, message, turn);
  if (sent == sctp::Sent::kQueued) {
    ++counts_.messages;
    counts_.bytes += message.bytes.size();
  } else if (sent == sctp::Sent::kBufferFull) {
    turn.tell(handle_, channel::SendBufferFull{});
  }
  return sent;
}

}  // namespace sfu
