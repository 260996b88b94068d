#include "serve/base64.h"

#include <array>

namespace sage::serve {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}();

}  // namespace

std::string to_base64(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = std::uint32_t{bytes[i]} << 16;
    if (left > 1) group |= std::uint32_t{bytes[i + 1]} << 8;
    if (left > 2) group |= bytes[i + 2];
    for (std::size_t digit = 0; digit < 4; ++digit)
      out += digit <= left ? kDigits[group >> (18 - 6 * digit) & 63] : '=';
  }
  return out;
}

Result<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  const auto refuse = [](const char* why, std::size_t at) {
    return fail(ErrorCode::kMalformed, std::string("invalid base64: ") + why, at);
  };
  if (text.size() % 4 != 0) return refuse("its length is no multiple of 4", text.size());
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t digits = i + 4 == text.size() ? 4 - padding : 4;
    std::uint32_t group = 0;
    for (std::size_t digit = 0; digit < 4; ++digit) {
      const int value = digit < digits ? kValues[static_cast<unsigned char>(text[i + digit])] : 0;
      if (value < 0) return refuse("a character that does not belong there", i + digit);
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    for (std::size_t byte = 0; byte + 1 < digits; ++byte)
      bytes.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * byte)));
  }
  return bytes;
}

}  // namespace sage::serve
