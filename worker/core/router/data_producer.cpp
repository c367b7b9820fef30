#include "core/router/data_producer.hpp"

#include "core/router/data_consumer.hpp"

namespace sfu {

DataProducer::DataProducer(const channel::ProduceData& request, Transport& transport)
    : handle_(request.data_producer), transport_(transport), paused_(request.paused) {
  if (request.sctp_stream_parameters)
    stream_ = static_cast<uint16_t>(request.sctp_stream_parameters->stream_id & 0xffff);
}

void DataProducer::receive(const DataMessage& message, Turn& turn) {
  ++counts_.messages;
  counts_.bytes += message.bytes.size();
  if (paused_) return;
  for (DataConsumer* consumer : consumers) consumer->forward(message, turn);
}

}  // namespace sfu
