#include "train/export.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/file.h"
#include "nn/safetensors.h"
#include "train/checkpoint.h"

namespace sage {
namespace {

/// Rounds to nearest even. The weights of a finished run are finite.
std::vector<std::uint8_t> to_bf16(std::span<const std::uint8_t> floats) {
  std::vector<std::uint8_t> out(floats.size() / 2);
  for (std::size_t i = 0; i < floats.size() / 4; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, floats.data() + 4 * i, 4);
    bits += 0x7fff + ((bits >> 16) & 1);
    const auto high = static_cast<std::uint16_t>(bits >> 16);
    std::memcpy(out.data() + 2 * i, &high, 2);
  }
  return out;
}

}  // namespace

Result<void> export_model(const ExportOptions& options) {
  const auto file = MappedFile::open(options.checkpoint);
  if (!file) return tl::unexpected<Error>(file.error());
  auto parsed = parse_safetensors(file->bytes());
  if (!parsed) return fail(options.checkpoint.string(), parsed.error());
  parsed->metadata.erase(std::string(kChecksumKey));
  parsed->metadata.erase(std::string(kStateKey));
  std::vector<std::vector<std::uint8_t>> converted;
  std::vector<TensorView> tensors;
  for (TensorView& tensor : parsed->tensors) {
    if (tensor.name.starts_with(kMomentPrefix)) continue;
    if (options.bf16 && tensor.dtype == DType::kF32 && tensor.shape.size() > 1) {
      converted.push_back(to_bf16(tensor.bytes));
      tensor.dtype = DType::kBf16;
      tensor.bytes = converted.back();
    }
    tensors.push_back(tensor);
  }
  return write_safetensors(options.output, parsed->metadata, tensors);
}

}  // namespace sage
