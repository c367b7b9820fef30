#include "core/base/address.hpp"

#include <arpa/inet.h>

namespace sfu {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Address mapped(const uint8_t* four, uint16_t port) {
  Address address;
  std::memcpy(address.ip.data(), kMappedPrefix.data(), kMappedPrefix.size());
  std::memcpy(address.ip.data() + 12, four, 4);
  address.port = port;
  return address;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view ip, uint16_t port) {
  const std::string text(ip);
  uint8_t bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return mapped(bytes, port);
  if (inet_pton(AF_INET6, text.c_str(), bytes) != 1) return std::nullopt;
  Address address{.ip = {}, .port = port, .v6 = true};
  std::memcpy(address.ip.data(), bytes, 16);
  return address;
}

Address Address::v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
  const uint8_t four[4] = {a, b, c, d};
  return mapped(four, port);
}

std::string Address::ip_text() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (v6)
    inet_ntop(AF_INET6, ip.data(), text, sizeof text);
  else
    inet_ntop(AF_INET, ip.data() + 12, text, sizeof text);
  return text;
}

std::string Address::text() const {
  std::string out(v6 ? "[" : "");
  out.append(ip_text()).append(v6 ? "]:" : ":").append(std::to_string(port));
  return out;
}

}  // namespace sfu
