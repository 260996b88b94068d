#include "nn/safetensors.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/file.h"

namespace sage {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "tensors are used in place");

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLengthBytes = 8;
// A parsed header takes up to some 60 times its text, so this bounds a hostile one to half a
// gigabyte.
constexpr std::size_t kMaxHeader = std::size_t{8} << 20;
constexpr std::size_t kMaxRank = 8;
constexpr std::string_view kMetadata = "__metadata__";
constexpr std::string_view kNoDigits = "00000000000000000000000000000000";

constexpr std::pair<DType, std::string_view> kDTypes[] = {
    {DType::kF32, "F32"}, {DType::kBf16, "BF16"}, {DType::kI8, "I8"}, {DType::kI4, "U8"}};

tl::unexpected<Error> bad_file(std::string message,
                               std::optional<std::size_t> offset = std::nullopt) {
  return fail(ErrorCode::kMalformed, "safetensors: " + std::move(message), offset);
}

/// The bytes that a tensor of this shape fills, or nothing if that overflows.
std::optional<std::size_t> byte_count(const std::vector<std::int64_t>& shape, DType dtype) {
  std::size_t count = size_of(dtype);
  for (const std::int64_t n : shape)
    if (n < 0 || __builtin_mul_overflow(count, static_cast<std::size_t>(n), &count)) return {};
  return count;
}

/// The checksum of a file whose digits lie at `digits`.
std::string checksum(std::span<const std::uint8_t> bytes, std::size_t digits) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, bytes.data(), digits);
  XXH3_128bits_update(&state, kNoDigits.data(), kNoDigits.size());
  const auto rest = bytes.subspan(digits + kNoDigits.size());
  XXH3_128bits_update(&state, rest.data(), rest.size());
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text;
}

Result<void> verify_checksum(std::span<const std::uint8_t> bytes, std::string_view header,
                             const std::string& digits) {
  const std::string quoted = '"' + digits + '"';
  const std::size_t at = header.find(quoted);
  if (digits.size() != kNoDigits.size() || at == std::string_view::npos)
    return bad_file("the checksum is not 32 hexadecimal digits");
  if (checksum(bytes, kLengthBytes + at + 1) != digits)
    return bad_file("the checksum does not match; the file is damaged, fetch it again");
  return {};
}

Result<TensorView> parse_tensor(const std::string& name, const json& entry,
                                std::span<const std::uint8_t> data) {
  TensorView tensor;
  tensor.name = name;
  const auto& dtype_name = entry.at("dtype").get_ref<const std::string&>();
  const auto* dtype = std::find_if(std::begin(kDTypes), std::end(kDTypes),
                                   [&](const auto& d) { return d.second == dtype_name; });
  if (dtype == std::end(kDTypes))
    return fail(ErrorCode::kUnsupported, "safetensors: tensor '" + name +
                                             "' has the element type '" + dtype_name +
                                             "'; supported are F32, BF16, I8, U8");
  tensor.dtype = dtype->first;
  const json& shape = entry.at("shape");
  const json& offsets = entry.at("data_offsets");
  if (!shape.is_array() || shape.size() > kMaxRank || !offsets.is_array() || offsets.size() != 2)
    return bad_file("tensor '" + name + "' has no valid shape and offsets");
  for (const json& n : shape) {
    if (!n.is_number_unsigned()) return bad_file("tensor '" + name + "' has an invalid shape");
    tensor.shape.push_back(n.get<std::int64_t>());
  }
  if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
    return bad_file("tensor '" + name + "' has invalid offsets");
  const auto begin = offsets[0].get<std::uint64_t>();
  const auto end = offsets[1].get<std::uint64_t>();
  if (begin > end || end > data.size())
    return bad_file("tensor '" + name + "' lies outside the file; it may be cut short");
  if (byte_count(tensor.shape, tensor.dtype) != end - begin)
    return bad_file("tensor '" + name + "' has " + std::to_string(end - begin) +
                    " bytes, which is not what its shape needs");
  tensor.bytes = data.subspan(begin, end - begin);
  return tensor;
}

/// Every byte belongs to exactly one tensor, and every tensor can be read in place.
Result<void> check_layout(const std::vector<TensorView>& tensors,
                          std::span<const std::uint8_t> data, std::size_t data_offset) {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
    return std::pair(a->bytes.data(), a->bytes.size()) <
           std::pair(b->bytes.data(), b->bytes.size());
  });
  std::size_t expected = 0;
  for (const TensorView* tensor : order) {
    const auto begin = static_cast<std::size_t>(tensor->bytes.data() - data.data());
    if (begin != expected)
      return bad_file("tensor '" + tensor->name + "' overlaps another or leaves a hole",
                      data_offset + begin);
    if ((data_offset + begin) % size_of(tensor->dtype) != 0)
      return bad_file("tensor '" + tensor->name + "' is not aligned to its elements",
                      data_offset + begin);
    expected = begin + tensor->bytes.size();
  }
  if (expected != data.size())
    return bad_file("bytes at the end belong to no tensor", data_offset + expected);
  return {};
}

/// The largest power of two, up to the alignment, that divides the size of a tensor.
std::size_t granularity(const TensorView& tensor) {
  return std::size_t{1} << std::countr_zero(tensor.bytes.size() | kAlignment);
}

Result<json> describe(const std::map<std::string, std::string>& metadata,
                      const std::vector<const TensorView*>& order) {
  json header;
  header[kMetadata] = metadata;
  header[kMetadata][kChecksumKey] = kNoDigits;
  std::size_t offset = 0;
  for (const TensorView* tensor : order) {
    if (tensor->name == kMetadata || header.contains(tensor->name))
      return fail(ErrorCode::kInvalidArgument,
                  "safetensors: the tensor name '" + tensor->name + "' is reserved or used twice");
    if (byte_count(tensor->shape, tensor->dtype) != tensor->bytes.size())
      return fail(ErrorCode::kInvalidArgument,
                  "safetensors: the bytes of tensor '" + tensor->name + "' do not fit its shape");
    header[tensor->name] = {{"dtype", name_of(tensor->dtype)},
                            {"shape", tensor->shape},
                            {"data_offsets", {offset, offset + tensor->bytes.size()}}};
    offset += tensor->bytes.size();
  }
  return header;
}

}  // namespace

std::string_view name_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)].second; }

Result<SafetensorsFile> parse_safetensors(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kLengthBytes + 2) return bad_file("the file is too short to be one");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxHeader)
    return bad_file("the header claims " + std::to_string(length) +
                    " bytes, more than the limit of " + std::to_string(kMaxHeader) +
                    "; this is probably another kind of file");
  if (length > bytes.size() - kLengthBytes)
    return bad_file("the header is cut short", bytes.size());
  const std::size_t data_offset = kLengthBytes + length;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  const auto data = bytes.subspan(data_offset);

  const json header = json::parse(text, nullptr, false);
  if (!header.is_object()) return bad_file("the header is not a JSON object", kLengthBytes);
  SafetensorsFile file;
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name == kMetadata) {
        file.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      auto tensor = parse_tensor(name, entry, data);
      if (!tensor) return tl::unexpected(tensor.error());
      file.tensors.push_back(*std::move(tensor));
    }
  } catch (const json::exception& e) {
    return bad_file(std::string("the header is not as it should be: ") + e.what());
  }
  if (const auto it = file.metadata.find(std::string(kChecksumKey)); it != file.metadata.end())
    if (auto ok = verify_checksum(bytes, text, it->second); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_layout(file.tensors, data, data_offset); !ok)
    return tl::unexpected(ok.error());
  return file;
}

Result<void> write_safetensors(const std::filesystem::path& path,
                               const std::map<std::string, std::string>& metadata,
                               std::span<const TensorView> tensors) {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
    return granularity(*a) > granularity(*b);
  });
  auto header = describe(metadata, order);
  if (!header) return tl::unexpected(header.error());
  std::string text;
  try {
    text = header->dump();
  } catch (const json::exception&) {
    return fail(ErrorCode::kInvalidArgument, "safetensors: names and metadata must be UTF-8");
  }
  text.append((kAlignment - (kLengthBytes + text.size()) % kAlignment) % kAlignment, ' ');
  if (text.size() > kMaxHeader)
    return fail(ErrorCode::kLimit, "safetensors: names and metadata take " +
                                       std::to_string(text.size()) + " bytes, more than the limit");

  const std::uint64_t length = text.size();
  std::vector<std::uint8_t> out(kLengthBytes);
  std::memcpy(out.data(), &length, kLengthBytes);
  out.insert(out.end(), text.begin(), text.end());
  for (const TensorView* tensor : order)
    out.insert(out.end(), tensor->bytes.begin(), tensor->bytes.end());

  // The key with its quotes cannot occur inside another string of the header: there it would be
  // escaped.
  const std::string key = '"' + std::string(kChecksumKey) + "\":\"";
  const std::size_t digits = kLengthBytes + text.find(key) + key.size();
  const std::string sum = checksum(out, digits);
  std::copy(sum.begin(), sum.end(), out.begin() + static_cast<std::ptrdiff_t>(digits));
  return write_file(path, out);
}

}  // namespace sage
