// A worker that also makes and measures media: sources, which send on producers of its direct transports, and
// sinks, which check what its consumers bring. Driven over the same channel, by the same controller.
#pragma once

#include <list>
#include <vector>

#include "host/host.hpp"
#include "load/sinks.hpp"
#include "load/source.hpp"

namespace sfu::load {

class LoadHost : public host::Host {
 public:
  using Host::handle;
  using Host::Host;

  Result<channel::Done> handle(const channel::StartSource& request, Turn& turn);
  Result<channel::Done> handle(const channel::StopSource& request, Turn& turn);
  Result<channel::Done> handle(const channel::StartSink& request, Turn& turn);
  Result<channel::SinkStats> handle(const channel::TakeSinkStats& request, Turn& turn);

 private:
  std::optional<channel::Reply> answer_more(const channel::Request& request, Turn& turn) override;
  Time own_deadline() const override;
  void act(Turn& turn) override;
  void take_own(std::vector<channel::Event>& events) override;
  bool takes(const channel::Event& event);

  std::list<Source> sources_;
  Sinks sinks_;
};

}  // namespace sfu::load
