// Requests whose parts make sense more often than not: every message of the channel, its fields drawn from
// the input so that handles name objects, lists are short, and texts are such as the core knows. Between them
// time passes and packets come. However they are mixed, each is answered or refused.
#include <array>

#include "fuzz/session.hpp"

namespace {

using namespace sfu;

constexpr std::array<std::string_view, 22> kTexts = {"",
                                                     "audio/opus",
                                                     "video/VP8",
                                                     "video/VP9",
                                                     "video/H264",
                                                     "video/AV1",
                                                     "video/rtx",
                                                     "apt",
                                                     "100",
                                                     "101",
                                                     "nack",
                                                     "pli",
                                                     "ccm",
                                                     "fir",
                                                     "127.0.0.1",
                                                     "::1",
                                                     "sha-256",
                                                     "L3T3_KEY",
                                                     "useinbandfec",
                                                     "1",
                                                     "urn:ietf:params:rtp-hdrext:sdes:mid",
                                                     "urn:ietf:params:rtp-hdrext:ssrc-audio-level"};
constexpr std::array<uint32_t, 12> kNumbers = {0,    1,     96,    100,   101,   500,
                                               5000, 48000, 65535, 65536, 90000, 0xffffffff};

class Filler {
 public:
  explicit Filler(Bytes& in) : in_(in) {}

  template <class M>
  M make() {
    M message;
    M::fields(message, *this);
    return message;
  }

  template <class T>
  void operator()(uint32_t, T& field) {
    fill(field);
  }

 private:
  uint8_t byte() {
    const auto one = take<1>(in_);
    return one ? one->u8<0>() : uint8_t{0};
  }
  // Mostly the handle of something.
  uint32_t number() {
    const uint8_t choice = byte();
    return choice < 192 ? choice % 16 : kNumbers[choice % kNumbers.size()];
  }

  void fill(bool& field) { field = byte() % 2 != 0; }
  template <std::integral T>
  void fill(T& field) {
    field = static_cast<T>(number());
  }
  template <class T>
  requires std::is_enum_v<T>
  void fill(T& field) { field = static_cast<T>(byte() % (static_cast<uint32_t>(last_of(field)) + 1)); }
  void fill(std::string& field) {
    const uint8_t choice = byte();
    if (choice < 240) {
      field = kTexts[choice % kTexts.size()];
    } else if (const auto raw = take(in_, std::min<size_t>(choice - 240, in_.size()))) {
      field.assign(raw->begin(), raw->end());
    }
  }
  void fill(std::vector<uint8_t>& field) {
    if (const auto raw = take(in_, std::min<size_t>(byte(), in_.size())))
      field.assign(raw->begin(), raw->end());
  }
  void fill(std::pair<std::string, std::string>& field) {
    fill(field.first);
    fill(field.second);
  }
  template <class T>
  void fill(std::optional<T>& field) {
    if (byte() % 4 != 0) fill(field.emplace());
  }
  template <class T>
  void fill(std::vector<T>& field) {
    field.resize(byte() % 4);
    for (T& each : field) fill(each);
  }
  template <class M>
  requires requires(M m, Filler& filler) { M::fields(m, filler); }
  void fill(M& field) { M::fields(field, *this); }

  Bytes& in_;
};

template <class M>
constexpr bool kForCore = requires(Sfu& core, const M& message, Turn& turn) {
  core.handle(message, turn);
};

// The request of that number, with fields from the input.
void ask(fuzz::Session& session, uint8_t method, Bytes& in) {
  uint32_t number = 0;
  channel::each_request([&]<class M>() {
    if (number++ != method) return;
    if constexpr (kForCore<M>) session.request(Filler(in).make<M>());
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Session session;
  Bytes in(data, size);
  while (const auto head = take<2>(in)) {
    const uint8_t kind = head->u8<0>(), argument = head->u8<1>();
    if (kind < 224) {
      ask(session, argument % 80, in);
    } else if (kind < 240) {
      session.pass(std::chrono::milliseconds(argument * 10));
    } else if (const auto body = take(in, std::min<size_t>(argument, in.size()))) {
      session.datagram(2 + argument % 2, Address::v4(127, 0, 0, 1, argument % 2 == 0 ? 5003 : 5002), *body);
    }
  }
  return 0;
}
