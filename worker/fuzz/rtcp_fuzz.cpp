// Any bytes are read without harm, and what was read and written again reads as the same.
#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

#include "core/base/check.hpp"
#include "core/rtcp/builder.hpp"
#include "core/rtcp/compound.hpp"

using namespace sfu;
using namespace sfu::rtcp;

namespace {

using Buffer = std::array<uint8_t, Builder::kMaxSize>;

Message read_back(Bytes datagram) {
  Reader reader(datagram);
  auto message = reader.next();
  CHECK(message.has_value() && !reader.next() && !reader.malformed());
  return *message;
}

template <class M>
void check(const M& message) {
  Buffer first, second;
  Builder one(first), two(second);
  if (!one.add(message)) return;
  const Message again = read_back(one.written());
  CHECK(std::holds_alternative<M>(again));
  CHECK(two.add(*std::get_if<M>(&again)));
  CHECK(std::ranges::equal(one.written(), two.written()));
}

void check(const Ccfb& feedback) {
  size_t statuses = 0;
  feedback.each([&](const Ccfb::Status& status) { statuses += status.ecn <= 3; });
  CHECK(statuses <= feedback.streams.size() / 2);
}

// Twelve days on, where also an arrival before the reference time is a time.
constexpr Time kEpoch = Time((1 << 24) * TransportCc::kReferenceUnit);

std::vector<Time> arrivals_in(const TransportCc& feedback) {
  std::vector<Time> arrivals;
  feedback.each([&](const TransportCc::Status& status) {
    const Time reference = kEpoch + feedback.reference_time * TransportCc::kReferenceUnit;
    arrivals.push_back(status.received ? reference + status.since_reference : kNever);
  });
  return arrivals;
}

// Two reference times may differ by the 24 bits that a message does not carry.
bool same(Time a, Time b) {
  if (a == kNever || b == kNever) return a == b;
  return (a - b) % kEpoch.time_since_epoch() == Duration(0);
}

void check(const TransportCc& feedback) {
  const std::vector<Time> arrivals = arrivals_in(feedback);
  CHECK(arrivals.size() == feedback.status_count);
  std::span<const Time> rest(arrivals);
  while (std::ranges::any_of(rest, [](Time at) { return at != kNever; })) {
    Buffer buffer;
    Builder builder(buffer);
    const size_t count = TransportCcReport::fitting(rest, builder.room());
    if (count == 0) return;  // too many lost ones before the next
    CHECK(builder.add(TransportCcReport{.arrivals = rest.first(count)}));
    const Message again = read_back(builder.written());
    const auto* report = std::get_if<TransportCc>(&again);
    CHECK(report && std::ranges::equal(arrivals_in(*report), rest.first(count), same));
    rest = rest.subspan(count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes datagram(data, size);
  is_rtcp(datagram);
  Reader reader(datagram);
  while (const auto message = reader.next()) std::visit([](const auto& kind) { check(kind); }, *message);
  CHECK(!reader.next());
  return 0;
}
