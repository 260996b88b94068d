// The safetensors container: named tensors and string metadata in one file, read without trust.
//
// Layout: u64 header size (little endian), a JSON header, then the tensors' bytes without holes.
// Files written here carry a checksum over every byte in the metadata key "sage.xxh3". Knows bytes,
// shapes and element types; does not know models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "kernels/dtype.h"

namespace sage {

/// As in the header: "F32", "BF16", "I8"; kI4, of which a byte holds two, "U8".
std::string_view name_of(DType dtype);

struct TensorView {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;      // row major; empty for a scalar; of kI4 in bytes
  std::span<const std::uint8_t> bytes;  // little endian, somebody else's
};

/// The elements of a kF32 tensor; tensors are aligned in memory and in mapped files.
inline std::span<const float> floats_of(const TensorView& tensor) {
  return {reinterpret_cast<const float*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(float)};
}

struct SafetensorsFile {
  std::map<std::string, std::string> metadata;
  std::vector<TensorView> tensors;  // by name
};

/// The metadata key of the checksum: 32 lower-case hexadecimal digits of the XXH3-128 of the whole
/// file, computed with these digits as '0'. A program that changes a file must drop or renew it.
inline constexpr std::string_view kChecksumKey = "sage.xxh3";

/// Parses a file held in memory. The tensors are views into `bytes`, which must start at an address
/// aligned to 4 and outlive them. Refuses headers above 8 MiB, element types other than DType's,
/// shapes that do not fit their bytes, overlaps, holes, bytes that no tensor owns, tensors not
/// aligned to their elements and, where the file has a checksum, any byte that is not as it was
/// written.
Result<SafetensorsFile> parse_safetensors(std::span<const std::uint8_t> bytes);

/// Writes a file with checksum, atomically. Tensors start at multiples of 64 bytes as long as the
/// sizes of those before them allow (the format has no holes), so the sizes with the largest power
/// of two go first. Refuses reserved or repeated names, text that is not UTF-8 and bytes that do
/// not fit the shape.
Result<void> write_safetensors(const std::filesystem::path& path,
                               const std::map<std::string, std::string>& metadata,
                               std::span<const TensorView> tensors);

}  // namespace sage
