// What an input changed in the paths that are a link's, for the worker's tables.
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/ice/ufrag_key.hpp"

namespace sfu::link {

struct Changes {
  std::optional<Path> added;
  std::optional<Path> removed;
  std::optional<ice::UfragKey> retired;
};

}  // namespace sfu::link
