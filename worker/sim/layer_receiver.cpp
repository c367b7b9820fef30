#include "sim/layer_receiver.hpp"

#include <algorithm>

#include "core/rtp/parse.hpp"

namespace sfu::sim {
namespace {

constexpr int64_t kAsked = 300;  // numbers back
// In pictures: until what was lost before the core has come, or nobody waits for it any more. With dependency
// descriptors that is long, as all waits for the structure.
constexpr uint32_t kRepair = 7, kRepairDescribed = 40;

template <class... Parts>
std::string text(const Parts&... parts) {
  std::string out;
  const auto add = [&](const auto& part) {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(part)>>)
      out += std::to_string(part);
    else
      out += part;
  };
  (add(parts), ...);
  return out;
}

}  // namespace

void LayerReceiver::receive(Bytes datagram, uint32_t stint) {
  rtp::Packet packet;
  packet.size = static_cast<uint16_t>(datagram.size());
  std::ranges::copy(datagram, packet.bytes.begin());
  constexpr rtp::NegotiatedExtension kDescriptor[] = {
      {rtp::Extension::kDependencyDescriptor, Encoder::kDescriptorId}};
  if (!rtp::parse(packet, rtp::ExtensionTable(kDescriptor)))
    return changed_.push_back("what was sent is not RTP");
  Bytes payload = packet.payload_bytes();
  uint16_t sequence = packet.sequence;
  const bool repair = packet.ssrc != ssrc_;
  if (repair) {
    const auto original = take<2>(payload);
    if (!original) return changed_.push_back("a repair has no original sequence number");
    sequence = original->u16<0>();
  }
  const int64_t number = repair ? order_.peek(sequence) : order_.unwrap(sequence);
  Got got{.timestamp = packet.timestamp,
          .marker = packet.marker,
          .empty = payload.empty(),
          .stint = stint,
          .payload = {payload.begin(), payload.end()}};
  const Bytes descriptor = packet.extension(rtp::Extension::kDependencyDescriptor);
  if (descriptor.size() >= 3) got.number = load16(descriptor.data() + 1);
  if (const auto known = got_.find(number); known != got_.end()) {
    const Got& other = known->second;
    if (other.payload != got.payload || other.timestamp != got.timestamp || other.marker != got.marker ||
        other.number != got.number)
      changed_.push_back(text("number ", number, " was sent again as another packet"));
    return;
  }
  if (!got.empty) {
    const auto content = content_of(payload);
    if (!content) return changed_.push_back("what was sent is not what the encoder made");
    got.frame = content->frame;
    got.index = content->index;
    const bool vp8 = mode_.codec == Mode::Codec::kVp8 && !mode_.described,
               vp9 = mode_.codec == Mode::Codec::kVp9;
    if (vp8 || vp9) got.picture_id = load16(payload.data() + (vp8 ? 2 : 1)) & 0x7fff;
    if (vp8 || (vp9 && !mode_.flexible)) got.tl0 = payload[4];
    const EncodedFrame& frame = frame_of(got);
    if (++of_frame_[got.frame] == frame.packets) undecided_.insert(frame.id);
  }
  // What comes late belongs to where its number is.
  if (const auto above = got_.upper_bound(number); above != got_.end()) got.stint = above->second.stint;
  empty_ += got.empty ? 1 : 0;
  got_[number] = std::move(got);
}

std::vector<uint16_t> LayerReceiver::missing() const {
  std::vector<uint16_t> out;
  if (got_.empty()) return out;
  const int64_t newest = got_.rbegin()->first;
  for (int64_t number = std::max(got_.begin()->first, newest - kAsked); number < newest; ++number)
    if (!got_.contains(number)) out.push_back(static_cast<uint16_t>(number));
  return out;
}

std::vector<uint32_t> LayerReceiver::take_decoded() {
  std::vector<uint32_t> out;
  for (auto next = undecided_.begin(); next != undecided_.end();) {
    const EncodedFrame& frame = encoder_.frames()[*next];
    const bool decodable =
        std::ranges::all_of(frame.references, [&](uint32_t id) { return decoded_.contains(id); });
    if (decodable) decoded_.insert(frame.id), out.push_back(frame.id);
    const bool old = frame.picture + 90 < encoder_.pictures();
    next = decodable || old ? undecided_.erase(next) : std::next(next);
  }
  return out;
}

std::vector<std::string> LayerReceiver::faults(const Arrivals& arrivals, std::optional<uint32_t> max_shift,
                                               uint32_t newest_picture) const {
  std::vector<std::string> out = changed_;
  check_frames(arrivals, newest_picture, out);
  check_numbers(arrivals, newest_picture, out);
  check_timestamps(max_shift, out);
  check_markers(arrivals, newest_picture, out);
  check_picture_ids(arrivals, out);
  check_frame_numbers(out);
  return out;
}

bool LayerReceiver::arrived(const Arrivals& arrivals, const EncodedFrame& frame) const {
  for (int64_t i = 0; i < frame.packets; ++i)
    if (!arrivals.packets[frame.stream].contains(frame.first_sequence + i)) return false;
  return true;
}

// Pictures just before a pause: what of them came late was not asked for in time.
std::set<std::pair<uint32_t, uint32_t>> LayerReceiver::left_behind() const {
  std::set<std::pair<uint32_t, uint32_t>> out;
  const uint32_t repair = mode_.described ? kRepairDescribed : kRepair;
  const Got* before = nullptr;
  for (const auto& [number, got] : got_) {
    if (got.empty) continue;
    if (before && before->stint != got.stint)
      for (uint32_t back = 0; back < repair; ++back)
        out.insert({before->stint, frame_of(*before).picture - back});
    before = &got;
  }
  return out;
}

// A frame of which anything was sent must be sent whole, behind all that it rests on; but for what never came
// to be sent, and for the last picture before the client was given another stream, or nothing.
void LayerReceiver::check_frames(const Arrivals& arrivals, uint32_t newest_picture,
                                 std::vector<std::string>& out) const {
  std::map<uint32_t, std::pair<int64_t, int64_t>> span;  // of numbers
  std::set<uint32_t> ended;                              // pictures' frames behind which another stream came
  const Got* before = nullptr;
  for (const auto& [number, got] : got_) {
    if (got.empty) continue;
    auto [entry, fresh] = span.try_emplace(got.frame, number, number);
    entry->second.second = number;
    if (before && (frame_of(*before).stream != frame_of(got).stream || before->stint != got.stint))
      ended.insert(frame_of(*before).picture * kSpatialLayers + frame_of(*before).stream);
    before = &got;
  }
  const auto left = left_behind();
  for (const auto& [id, numbers] : span) {
    const EncodedFrame& frame = encoder_.frames()[id];
    if (left.contains({got_.at(numbers.first).stint, frame.picture})) continue;
    const bool cut_off = ended.contains(frame.picture * kSpatialLayers + frame.stream);
    const bool whole = of_frame_.at(id) == frame.packets;
    if (frame.picture + 20 > newest_picture) continue;
    if (!whole && !cut_off && arrived(arrivals, frame))
      out.push_back(text("frame ", id, " (S", frame.spatial, "T", frame.temporal, " of stream ", frame.stream,
                         ", picture ", frame.picture, ") was sent in part"));
    for (const uint32_t other : frame.references) {
      const EncodedFrame& needed = encoder_.frames()[other];
      if (!arrived(arrivals, needed)) continue;
      const auto sent = span.find(other);
      if (sent == span.end() || of_frame_.at(other) != needed.packets)
        out.push_back(text("frame ", id, " (S", frame.spatial, "T", frame.temporal, " of stream ",
                           frame.stream, ", picture ", frame.picture, ") rests on ", other, " (S",
                           needed.spatial, "T", needed.temporal, ", picture ", needed.picture,
                           "), which was not sent"));
      else if (sent->second.second > numbers.first)
        out.push_back(text("frame ", id, " was sent before ", other, ", on which it rests"));
    }
  }
}

// A gap is as long as what was lost before the core at most.
void LayerReceiver::check_numbers(const Arrivals& arrivals, uint32_t newest_picture,
                                  std::vector<std::string>& out) const {
  const auto left = left_behind();
  std::optional<std::pair<int64_t, const Got*>> before;
  int64_t gap = 0, last = 0;
  for (const auto& [number, got] : got_) {
    if (before) gap += number - last - 1;
    last = number;
    if (got.empty) continue;
    if (before && gap > 0) {
      const Got& other = *before->second;
      int64_t lost = 0;
      const uint8_t stream = frame_of(got).stream;
      if (frame_of(other).stream == stream && other.stint == got.stint)
        for (int64_t source = source_of(other) + 1; source < source_of(got); ++source)
          lost += arrivals.packets[stream].contains(source) ? 0 : 1;
      if (gap > lost && frame_of(got).picture + kRepairDescribed < newest_picture &&
          !left.contains({got.stint, frame_of(got).picture}))
        out.push_back(text("before number ", number, " of picture ", frame_of(got).picture, " ", gap,
                           " are missing, but ", lost, " were lost"));
    }
    gap = 0;
    before = {number, &got};
  }
}

std::vector<LayerReceiver::Picture> LayerReceiver::pictures() const {
  std::vector<Picture> out;
  for (const auto& [number, got] : got_) {
    if (got.empty) continue;
    const EncodedFrame& frame = frame_of(got);
    const bool same_epoch =
        !out.empty() && out.back().stream == frame.stream && out.back().stint == got.stint;
    if (!same_epoch || out.back().picture != frame.picture)
      out.push_back({frame.picture, frame.stream, got.stint,
                     out.empty() ? 0 : out.back().epoch + (same_epoch ? 0 : 1)});
    out.back().numbers.push_back(number);
  }
  return out;
}

void LayerReceiver::check_timestamps(std::optional<uint32_t> max_shift, std::vector<std::string>& out) const {
  std::optional<uint32_t> base, newest;
  for (const Picture& picture : pictures()) {
    const uint32_t timestamp = got_.at(picture.numbers.front()).timestamp;
    for (const int64_t number : picture.numbers)
      if (got_.at(number).timestamp != timestamp)
        out.push_back(text("picture ", picture.picture, " has several timestamps"));
    const uint32_t shift = timestamp - picture.picture * Encoder::kTicks;
    if (!base) base = shift;
    if (newest && !is_newer(timestamp, *newest))
      out.push_back(text("the timestamp goes back at picture ", picture.picture));
    if (max_shift && static_cast<uint32_t>(shift - *base + 3) > *max_shift + 6)
      out.push_back(text("the timestamp of picture ", picture.picture, " is shifted by ",
                         static_cast<int32_t>(shift - *base)));
    newest = timestamp;
  }
}

// The last packet of each picture, and no other, has the marker.
void LayerReceiver::check_markers(const Arrivals& arrivals, uint32_t newest_picture,
                                  std::vector<std::string>& out) const {
  std::set<std::pair<uint8_t, uint32_t>> disturbed;
  for (const EncodedFrame& frame : encoder_.frames())
    if (arrivals.disturbed_pictures[frame.stream].contains(frame.picture) || !arrived(arrivals, frame))
      disturbed.insert({frame.stream, frame.picture});
  const std::vector<Picture> all = pictures();
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    const Picture& picture = all[i];
    if (all[i + 1].epoch != picture.epoch || picture.picture + 20 > newest_picture) continue;
    const bool undisturbed = !disturbed.contains({picture.stream, picture.picture});
    for (const int64_t number : picture.numbers)
      if (undisturbed && number != picture.numbers.back() && got_.at(number).marker)
        out.push_back(text("picture ", picture.picture, " goes on behind its marker"));
    if (undisturbed && !got_.at(picture.numbers.back()).marker)
      out.push_back(text("picture ", picture.picture, " has no marker"));
  }
}

// Within a stream the numbers keep their distances, which references are; from stream to stream they go on.
void LayerReceiver::check_frame_numbers(std::vector<std::string>& out) const {
  if (!mode_.described) return;
  std::optional<uint16_t> newest;
  std::optional<uint16_t> offset;
  uint32_t epoch = 0;
  for (const Picture& picture : pictures())
    for (const int64_t packet : picture.numbers) {
      const Got& got = got_.at(packet);
      if (!got.number) return out.push_back("a descriptor is missing");
      const auto own = static_cast<uint16_t>(*got.number - frame_of(got).number);
      if (offset && epoch == picture.epoch && own != *offset)
        out.push_back(text("frame ", got.frame, " has a number at another distance"));
      if (offset && epoch != picture.epoch && !is_newer(*got.number, *newest))
        out.push_back(text("the frame number goes back at picture ", picture.picture));
      offset = own;
      epoch = picture.epoch;
      if (!newest || is_newer(*got.number, *newest)) newest = *got.number;
    }
}

void LayerReceiver::check_picture_ids(const Arrivals& arrivals, std::vector<std::string>& out) const {
  const bool vp8 = mode_.codec == Mode::Codec::kVp8 && !mode_.described;
  if (!vp8 && mode_.codec != Mode::Codec::kVp9) return;
  const std::vector<Picture> all = pictures();
  for (size_t i = 1; i < all.size(); ++i) {
    const Picture &before = all[i - 1], &now = all[i];
    const Got &was = got_.at(before.numbers.front()), &is = got_.at(now.numbers.front());
    for (const int64_t number : now.numbers)
      if (got_.at(number).picture_id != is.picture_id)
        out.push_back(text("picture ", now.picture, " has several ids"));
    const auto step = static_cast<uint16_t>((is.picture_id - was.picture_id) & 0x7fff);
    const auto tl0_step = static_cast<uint8_t>(is.tl0 - was.tl0);
    const bool new_epoch = now.epoch != before.epoch;
    const auto source_step =
        static_cast<uint16_t>((frame_of(is).picture_id - frame_of(was).picture_id) & 0x7fff);
    int64_t allowed = 1;
    if (vp8 && !new_epoch)
      for (uint32_t between = before.picture + 1; between < now.picture; ++between)
        allowed += arrivals.late_pictures[now.stream].contains(between) ||
                           !arrivals.pictures[now.stream].contains(between)
                       ? 1
                       : 0;
    if (new_epoch ? step != 1 : vp8 ? step < 1 || step > allowed : step != source_step)
      out.push_back(
          text("the id of picture ", now.picture, " steps by ", step, new_epoch ? " to another stream" : ""));
    const auto tl0_source = static_cast<uint8_t>(frame_of(is).tl0 - frame_of(was).tl0);
    if (!mode_.flexible && tl0_step != (new_epoch ? 1 : tl0_source))
      out.push_back(text("TL0PICIDX of picture ", now.picture, " steps by ", tl0_step));
  }
}

}  // namespace sfu::sim
