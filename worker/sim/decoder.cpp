#include "sim/decoder.hpp"

namespace sfu::sim {

std::vector<PictureMark> Decoder::receive(const PictureMark& packet, Time now) {
  Stream& stream = streams_[packet.stream];
  const auto at = stream.try_emplace(packet.number).first;
  at->second.mark = packet;
  at->second.packets.insert(packet.packet);
  std::vector<PictureMark> out;
  if (at->second.decodable || !at->second.complete()) return out;
  // What refers to a frame comes after it.
  for (auto frame = at; frame != stream.end(); ++frame) {
    if (frame->second.decodable || !is_decodable(stream, frame->second)) continue;
    frame->second.decodable = true;
    out.push_back(frame->second.mark);
  }
  if (!out.empty()) last_decoded_ = now;
  while (stream.size() > kKept) stream.erase(stream.begin());
  return out;
}

bool Decoder::is_decodable(const Stream& stream, const Frame& frame) {
  if (!frame.complete()) return false;
  if (frame.mark.is_key()) return true;
  const auto reference = stream.find(frame.mark.refers_to);
  return reference != stream.end() && reference->second.decodable;
}

}  // namespace sfu::sim
