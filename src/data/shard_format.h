// What the writer and the reader of shards share. Internal to data.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"

namespace sage {

struct ShardHead {
  char magic[8] = {'S', 'A', 'G', 'E', 'D', 'A', 'T', 'A'};
  std::uint32_t version = kVersion;
  std::uint32_t zero = 0;
  static constexpr std::uint32_t kVersion = 2;
};
static_assert(sizeof(ShardHead) == 16);

struct ShardFooter {
  std::uint64_t tables = 0;  // where the JSON begins
  std::uint64_t json_bytes = 0;
  std::uint64_t blocks = 0, pieces = 0, tokens = 0;
  std::uint64_t checksum = 0;  // of the tables and the fields above
  char magic[8] = {'S', 'A', 'G', 'E', 'T', 'A', 'I', 'L'};
};
static_assert(sizeof(ShardFooter) == 56);

/// No block is larger than this when decompressed, so that no damaged file asks for more memory.
inline constexpr std::uint32_t kLargestBlock = std::uint32_t{256} << 20;

/// XXH3-64.
std::uint64_t checksum_of(std::span<const std::uint8_t> bytes);

/// One zstd frame. Thread-safe; the context is kept by the thread.
std::vector<std::uint8_t> compress(std::span<const std::uint8_t> bytes, int level);
/// False where the frame is damaged or does not fill `to` exactly.
bool decompress(std::span<const std::uint8_t> frame, std::span<std::uint8_t> to);

template <class T>
std::span<const std::uint8_t> bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace sage
