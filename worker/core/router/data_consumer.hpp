// The messages of one data producer on their way to one remote (or the controller): those of the subchannels
// that it has.
#pragma once

#include <optional>
#include <vector>

#include "core/link/turn.hpp"
#include "core/router/data_message.hpp"
#include "core/sctp/association.hpp"

namespace sfu {

class DataProducer;
class Transport;

class DataConsumer {
 public:
  struct Counts {
    uint64_t messages = 0;
    uint64_t bytes = 0;
  };

  DataConsumer(const channel::ConsumeData& request, Transport& transport, DataProducer& producer);

  uint32_t handle() const { return handle_; }
  Transport& transport() const { return transport_; }
  DataProducer& producer() const { return producer_; }
  // On SCTP.
  std::optional<uint16_t> stream() const { return stream_; }
  const sctp::Reliability& reliability() const { return reliability_; }
  bool paused() const { return paused_; }
  const Counts& counts() const { return counts_; }
  const std::vector<uint16_t>& subchannels() const { return subchannels_; }
  void set_subchannels(const std::vector<uint32_t>& subchannels);
  size_t buffered() const;
  size_t low_threshold() const { return low_threshold_; }
  void set_low_threshold(size_t bytes);

  void pause() { paused_ = true; }
  void resume() { paused_ = false; }

  // A message of the producer's.
  void forward(const DataMessage& message, Turn& turn);
  // A message of the controller's own.
  sctp::Sent send(const DataMessage& message, Turn& turn);

 private:
  bool wants(const DataMessage& message) const;
  bool has(uint16_t subchannel) const;

  uint32_t handle_;
  Transport& transport_;
  DataProducer& producer_;
  std::optional<uint16_t> stream_;
  sctp::Reliability reliability_;
  bool paused_;
  size_t low_threshold_;
  std::vector<uint16_t> subchannels_;  // sorted
  Counts counts_;
};

}  // namespace sfu
