// A transport address (IPv4 or IPv6, and a port) and a Path: which of our sockets talks to which remote
// address. Both are plain values, cheap to compare; the sockets' own address types stay in net/.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace sfu {

struct Address {
  // An IPv4 address is held as its IPv4-mapped IPv6 form (RFC 4291, 2.5.5.2).
  std::array<uint8_t, 16> ip{};
  uint16_t port = 0;
  bool v6 = false;

  static std::optional<Address> parse(std::string_view ip, uint16_t port);
  static Address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
  std::string ip_text() const;
  std::string text() const;  // 192.0.2.1:5000, [2001:db8::1]:5000
  friend bool operator==(const Address&, const Address&) = default;
};

enum class Protocol : uint8_t { kUdp, kTcp };

struct Path {
  uint32_t socket = 0;  // the host's number for a UDP socket or a TCP connection
  Protocol protocol = Protocol::kUdp;
  Address remote;
  uint32_t listener = 0;  // of a TCP connection: the listening socket that it was made to
  friend bool operator==(const Path&, const Path&) = default;
};

struct PathHash {
  size_t operator()(const Path& path) const {
    uint64_t high = 0, low = 0;
    std::memcpy(&high, path.remote.ip.data(), 8);
    std::memcpy(&low, path.remote.ip.data() + 8, 8);
    uint64_t mixed = (high ^ 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;
    mixed = (mixed ^ (mixed >> 32) ^ low) * 0xc4ceb9fe1a85ec53;
    mixed = (mixed ^ (mixed >> 29) ^ (uint64_t{path.socket} << 16 | path.remote.port)) * 0x9e3779b97f4a7c15;
    return static_cast<size_t>(mixed ^ (mixed >> 32));
  }
};

}  // namespace sfu
