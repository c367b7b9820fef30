// One SCTP association (RFC 9260) of one transport, over usrsctp, which here has no threads and no sockets:
// packets come by receive() and leave by packets(). What carries them (DTLS, RFC 8261, or plain UDP) is not
// its business.
//
// A message is queued by its stream and handed to usrsctp while that has room, the streams taking turns, so
// that a slow stream cannot fill the buffer before a quick one, and what waits of each is known.
//
// usrsctp is one for the whole process: the workers of other threads may run its timers, and then it speaks
// of our association on their threads. So all that it says waits until poll() takes it, on ours, under the
// lock of library.hpp; an object of this class belongs to one thread, like everything else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/flat_map.hpp"
#include "core/base/time.hpp"
#include "core/sctp/admission.hpp"
#include "core/sctp/message.hpp"
#include "core/sctp/reassembly.hpp"
#include "core/sctp/send_queue.hpp"

namespace sfu::sctp {

enum class State : uint8_t { kNew, kConnecting, kConnected, kFailed, kClosed };

struct Options {
  uint16_t port = 5000;  // of both sides
  // usrsctp keeps about 50 bytes for each, used or not: 65535 both ways would be 6.6 MB.
  uint16_t max_outbound_streams = 1024;
  uint16_t max_inbound_streams = 1024;
  size_t max_send_message_size = 262'144;
  size_t max_receive_message_size = 262'144;
  size_t send_buffer_size = 2'000'000;             // of all streams
  size_t per_stream_send_queue_limit = 2'000'000;  // of each
  size_t max_receive_window = 5'242'880;           // never less than twice max_receive_message_size
  size_t buffered_amount_low_threshold = 1024;     // of each stream, until it is set
  size_t mtu = 1191;
};

// kNotConnected: the association is not up, or the remote takes no stream of that number.
enum class Sent : uint8_t { kQueued, kBufferFull, kTooLong, kEmpty, kNotConnected };

// Of library.hpp and socket.hpp.
class Inside;
class Socket;
struct Part;
struct Up;
struct Down;
struct Reset;
struct Abandoned;
struct Other;

class Association {
 public:
  explicit Association(const Options& options);
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  // ---- the lower layer
  // It is up: the association is set up from both sides (RFC 9260, 5.2.1). Once.
  void connect();
  // One packet; garbage is ignored.
  void receive(Bytes packet);
  // Runs what is due and takes what usrsctp has said: call it after anything else, and at deadline().
  void poll(Time now);
  Time deadline() const;

  // ---- messages
  Sent send(uint16_t stream, uint32_t ppid, Bytes message, const Reliability& reliability);
  // Bytes of a stream that wait to be sent.
  size_t buffered(uint16_t stream) const;
  void set_buffered_amount_low_threshold(uint16_t stream, size_t bytes);
  // No more is sent on it: what waits is dropped, and the remote told (RFC 6525, 4.1). What is sent on it
  // later waits until the remote has agreed.
  void reset_stream(uint16_t stream);
  // Shut down in order: what waits is sent before (RFC 9260, 9.2).
  void close();

  // ---- what came of it since the caller last took it; he clears what he took
  std::vector<std::vector<uint8_t>>& packets() { return packets_; }  // to be sent
  std::vector<Message>& messages() { return messages_; }             // that came
  // Streams whose buffered amount fell to their threshold from above it.
  std::vector<uint16_t>& low_streams() { return queue_.low(); }
  // That the remote closed, and we with it (RFC 8831, 6.7). Its answer to our own reset is not told.
  std::vector<uint16_t>& reset_streams() { return reset_streams_; }
  uint64_t discarded() const;  // messages longer than we take

  State state() const;
  const std::string& reason() const;  // when failed
  // As negotiated; known when connected.
  uint16_t max_outbound_streams() const;
  uint16_t max_inbound_streams() const;

 private:
  struct StreamReset {
    bool under_way = false;      // of our side; nothing can be sent
    bool awaits_answer = false;  // the remote's side is to follow
  };

  bool begun() const;  // and has, or is about to have, a socket
  void read_packets(Inside& inside);
  void read(Inside& inside);
  void on(const Part& part, Inside& inside);
  void on(const Up& up, Inside& inside);
  void on(const Down& down, Inside& inside);
  void on(const Reset& reset, Inside& inside);
  void on(const Abandoned& abandoned, Inside& inside);
  void on(const Other& other, Inside& inside);
  void on_our_reset(uint16_t stream, bool done);
  void on_remote_reset(uint16_t stream);
  void begin_reset(uint16_t stream, bool awaits_answer);
  void request_resets(Inside& inside);
  void hand_over(Time now, Inside& inside);
  void schedule(Time now);

  Options options_;
  State state_ = State::kNew;
  std::string reason_;
  uint16_t max_outbound_streams_ = 0;
  uint16_t max_inbound_streams_ = 0;
  std::unique_ptr<Socket> socket_;
  SendQueue queue_;
  Reassembly reassembly_;
  std::vector<std::vector<uint8_t>> inbox_;  // until the next poll, which knows the time
  FlatMap<uint16_t, StreamReset> resets_;
  std::vector<uint16_t> resets_to_request_;
  Admission admission_;
  bool closing_ = false;
  bool shut_down_ = false;
  bool busy_ = false;  // packets came or went since the last poll
  Time last_busy_{};
  Time deadline_ = kNever;

  std::vector<std::vector<uint8_t>> packets_;
  std::vector<Message> messages_;
  std::vector<uint16_t> reset_streams_;
};

}  // namespace sfu::sctp
