#include "core/dtls/srtp_keys.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace sfu::dtls {

SrtpKeys split_keying_material(srtp::Profile profile, Bytes material, Role role) {
  CHECK(material.size() == keying_material_size(profile));
  const size_t key = srtp::key_size(profile);
  const size_t salt = srtp::salt_size(profile);
  SrtpKeys keys{.profile = profile, .send = {}, .receive = {}};
  srtp::Master& client = role == Role::kClient ? keys.send : keys.receive;
  srtp::Master& server = role == Role::kClient ? keys.receive : keys.send;
  std::ranges::copy(material.first(key), client.key.begin());
  std::ranges::copy(material.subspan(key, key), server.key.begin());
  std::ranges::copy(material.subspan(2 * key, salt), client.salt.begin());
  std::ranges::copy(material.subspan(2 * key + salt, salt), server.salt.begin());
  return keys;
}

}  // namespace sfu::dtls
