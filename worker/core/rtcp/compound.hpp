// The messages of one RTCP datagram, compound (RFC 3550, 6.1) or reduced-size (RFC 5506), one after the
// other. A message is a view: it lasts as long as the datagram.
//
//   for (rtcp::Reader reader(datagram); auto message = reader.next();) std::visit(…, *message);
#pragma once

#include <variant>

#include "core/rtcp/bye.hpp"
#include "core/rtcp/ccfb.hpp"
#include "core/rtcp/fir.hpp"
#include "core/rtcp/nack.hpp"
#include "core/rtcp/pli.hpp"
#include "core/rtcp/receiver_report.hpp"
#include "core/rtcp/remb.hpp"
#include "core/rtcp/sdes.hpp"
#include "core/rtcp/sender_report.hpp"
#include "core/rtcp/transport_cc.hpp"
#include "core/rtcp/xr.hpp"

namespace sfu::rtcp {

using Message =
    std::variant<SenderReport, ReceiverReport, Sdes, Bye, Nack, TransportCc, Ccfb, Pli, Fir, Remb, Xr>;

class Reader {
 public:
  explicit Reader(Bytes datagram) : rest_(datagram) {}

  // The next message of a kind that we know; nullopt at the end, or at the first malformed packet.
  std::optional<Message> next();
  bool malformed() const { return malformed_; }

 private:
  Bytes rest_;
  bool malformed_ = false;
};

}  // namespace sfu::rtcp
