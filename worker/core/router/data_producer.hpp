// Messages that a remote (or the controller) sends to its router, and the data consumers that they go to.
#pragma once

#include <optional>
#include <vector>

#include "core/link/turn.hpp"
#include "core/router/data_message.hpp"

namespace sfu {

class DataConsumer;
class Transport;

class DataProducer {
 public:
  struct Counts {
    uint64_t messages = 0;
    uint64_t bytes = 0;
  };

  DataProducer(const channel::ProduceData& request, Transport& transport);

  uint32_t handle() const { return handle_; }
  Transport& transport() const { return transport_; }
  // On SCTP.
  std::optional<uint16_t> stream() const { return stream_; }
  bool paused() const { return paused_; }
  const Counts& counts() const { return counts_; }

  void pause() { paused_ = true; }
  void resume() { paused_ = false; }
  void receive(const DataMessage& message, Turn& turn);

  // In the order in which they were added; Router adds and removes them.
  std::vector<DataConsumer*> consumers;

 private:
  uint32_t handle_;
  Transport& transport_;
  std::optional<uint16_t> stream_;
  bool paused_;
  Counts counts_;
};

}  // namespace sfu
