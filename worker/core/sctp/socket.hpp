// One socket of usrsctp's: an association, with the settings of RFC 8831 and RFC 8261. Everything happens
// inside the library.
#pragma once

#include <optional>
#include <span>
#include <variant>

#include "core/sctp/library.hpp"
#include "core/sctp/message.hpp"

struct socket;
union sctp_notification;

namespace sfu::sctp {

struct Options;

// ---- what is read from a socket

struct Part {
  uint16_t stream = 0;
  uint32_t ppid = 0;
  Bytes bytes;  // until the next read
  bool last = false;
};
struct Up {
  uint16_t outbound_streams = 0;
  uint16_t inbound_streams = 0;
};
struct Down {
  bool deliberate = false;  // shut down, or ended by the remote's user
  std::string_view reason;
};
struct Reset {
  bool ours = false;  // the remote has answered our request; otherwise it has closed its side
  bool done = false;
  std::vector<uint16_t> streams{};  // none: all
};
// The message of which there were parts ends without a last one.
struct Abandoned {};
// Not worth telling.
struct Other {};
using Said = std::variant<Other, Part, Up, Down, Reset, Abandoned>;

class Socket {
 public:
  // Sends an INIT.
  Socket(const Options& options, Inside& inside);
  // Ends the association with an ABORT if it is up, and tells nobody any more.
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void receive(Bytes packet, Inside&);
  // The next thing that usrsctp has to say.
  std::optional<Said> read(Inside& inside);

  // How many bytes may be with usrsctp, sent or not, when it is given another message: a full congestion
  // window and a packet more. The others wait in our queues, where streams take turns and what waits is
  // known.
  size_t window(Inside&) const;
  enum class Given : uint8_t { kTaken, kFull, kRefused };
  Given give(const Message& message, const Reliability& reliability, Duration life, size_t window, Inside&);
  // False: the remote cannot, or the association is on its way down.
  bool reset(std::span<const uint16_t> streams, Inside&);
  void shut_down(Inside&);

  // Frees the association. Packets that still come are answered as out of the blue (RFC 9260, 8.4): a remote
  // whose last packet was lost learns in that way that we are done.
  void close(Inside&);

  Mailbox& mailbox(Inside&) { return mailbox_; }

 private:
  Mailbox mailbox_;
  void* address_;
  struct socket* socket_;
};

}  // namespace sfu::sctp
