// The way that suggests itself: one packet at a time, and for each receiver a copy, libsrtp and a sendmsg.
#pragma once

#include <memory>
#include <vector>

#include "bench/loop.hpp"
#include "bench/receivers.hpp"

struct srtp_ctx_t_;

namespace sfu::bench {

class NaiveLoop : public Loop {
 public:
  // master_of(0) are the source's keys, master_of(1 + i) those of receiver i, whose SSRC is the same number.
  NaiveLoop(srtp::Profile profile, const Receivers& receivers);

  const Address& local() const override { return socket_.local(); }
  void take_turn() override;

 private:
  struct Free {
    void operator()(srtp_ctx_t_* context) const;
  };
  using Context = std::unique_ptr<srtp_ctx_t_, Free>;
  struct Destination {
    Address address;
    Context context;
    uint32_t ssrc;
  };
  static Context make_context(srtp::Profile profile, size_t number, bool inbound);
  void forward(Bytes packet);

  LoopbackSocket socket_;
  Poll poll_;
  Context source_;
  std::vector<Destination> destinations_;
};

}  // namespace sfu::bench
