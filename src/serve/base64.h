// Base64 (RFC 4648), for bytes in JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sage::serve {

std::string to_base64(std::span<const std::uint8_t> bytes);
/// Refuses other characters and wrong padding; line breaks are no part of it.
Result<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace sage::serve
