// SHA-256 (FIPS 180-4), for manifests: which data a model was trained on, which model wrote a
// piece.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sage {

/// Incremental SHA-256.
class Sha256 {
 public:
  Sha256& update(std::span<const std::uint8_t> bytes);
  Sha256& update(std::string_view text);
  /// The digest as 64 lower-case hexadecimal digits. The object is spent afterwards.
  std::string hex();

 private:
  void block(const std::uint8_t* bytes);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> buffer_ = {};
  std::uint64_t length_ = 0;  // bytes seen
};

inline std::string sha256_hex(std::span<const std::uint8_t> bytes) {
  return Sha256().update(bytes).hex();
}

}  // namespace sage
