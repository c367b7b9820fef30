// Which producer's stream an RTP packet belongs to (RFC 8843, 9.2): by SSRC; else by MID, and within the
// media section by RID or repaired RID; else, without a MID, by RID alone. What a packet taught is remembered
// by SSRC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/flat_map.hpp"
#include "core/rtp/packet.hpp"

namespace sfu {

class Producer;

class Demux {
 public:
  struct Route {
    Producer* producer = nullptr;
    uint8_t stream = 0;  // index of the encoding
    bool rtx = false;
  };
  // A peer that keeps making up SSRCs costs at most this many entries.
  static constexpr size_t kMaxSsrcs = 512;

  struct Encoding {
    std::optional<uint32_t> ssrc{};
    std::optional<uint32_t> rtx_ssrc{};
    std::string rid{};
  };
  struct Section {
    Producer* producer = nullptr;
    std::string mid{};
    std::vector<Encoding> encodings{};
    std::vector<uint8_t> media_payload_types{};
    std::vector<uint8_t> rtx_payload_types{};
  };

  // The name of what another producer of this transport already uses ("mid", "ssrc"), or nullopt once added.
  std::optional<std::string_view> add(Section section);
  void remove(const Producer* producer);
  // nullptr: nobody's.
  const Route* find(const rtp::Packet& packet);
  const Route* find_ssrc(uint32_t ssrc) const { return ssrcs_.find(ssrc); }
  template <class Visit>
  void each_ssrc(Visit&& visit) const {
    ssrcs_.each(visit);
  }

 private:
  std::optional<Route> match(const rtp::Packet& packet) const;
  static std::optional<Route> match_in(const Section& section, const rtp::Packet& packet);
  const Route* learn(uint32_t ssrc, const Route& route);

  FlatMap<uint32_t, Route> ssrcs_;
  std::vector<Section> sections_;
};

}  // namespace sfu
