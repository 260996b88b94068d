#include "data/shard_format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

#include <memory>

namespace sage {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

std::uint64_t checksum_of(std::span<const std::uint8_t> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::vector<std::uint8_t> compress(std::span<const std::uint8_t> bytes, int level) {
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  std::vector<std::uint8_t> frame(ZSTD_compressBound(bytes.size()));
  frame.resize(ZSTD_compressCCtx(context.get(), frame.data(), frame.size(), bytes.data(),
                                 bytes.size(), level));
  return frame;
}

bool decompress(std::span<const std::uint8_t> frame, std::span<std::uint8_t> to) {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  return ZSTD_decompressDCtx(context.get(), to.data(), to.size(), frame.data(), frame.size()) ==
         to.size();
}

}  // namespace sage
