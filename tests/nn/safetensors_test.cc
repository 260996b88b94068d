// The container: there and back, and refusal of everything that is not as it should be.
#include "nn/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <numeric>

#include "base/file.h"
#include "base/random.h"

namespace sage {
namespace {

using Bytes = std::vector<std::uint8_t>;

class Safetensors : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("sage_safetensors_" + std::to_string(testing::UnitTest::GetInstance()->random_seed()) +
             testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  /// A file as any program may write it, without checksum.
  static Bytes assemble(const std::string& header, std::size_t data_bytes) {
    Bytes bytes(8 + header.size() + data_bytes);
    const std::uint64_t length = header.size();
    std::memcpy(bytes.data(), &length, 8);
    std::memcpy(bytes.data() + 8, header.data(), header.size());
    return bytes;
  }

  Bytes write_small() {
    std::iota(data_.begin(), data_.end(), std::uint8_t{1});
    const std::span<const std::uint8_t> all(data_);
    const TensorView tensors[] = {{"odd", DType::kI8, {3}, all.first(3)},
                                  {"matrix", DType::kF32, {2, 8}, all.first(64)},
                                  {"empty", DType::kF32, {0, 5}, {}},
                                  {"half", DType::kBf16, {1, 1, 5}, all.first(10)},
                                  {"scalar", DType::kF32, {}, all.first(4)}};
    EXPECT_TRUE(write_safetensors(path_, {{"key", "value \"}{\" \\"}, {"a", ""}}, tensors));
    return read_file(path_).value();
  }

  std::filesystem::path path_;
  Bytes data_ = Bytes(64);
};

TEST_F(Safetensors, ReadsWhatItWrote) {
  const Bytes bytes = write_small();
  const auto file = parse_safetensors(bytes);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->metadata.at("key"), "value \"}{\" \\");
  EXPECT_EQ(file->metadata.at(std::string(kChecksumKey)).size(), 32u);
  ASSERT_EQ(file->tensors.size(), 5u);
  EXPECT_EQ(file->tensors[2].name, "matrix");
  EXPECT_EQ(file->tensors[2].shape, (std::vector<std::int64_t>{2, 8}));
  for (const TensorView& tensor : file->tensors)
    EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(), data_.begin()));
  EXPECT_EQ((file->tensors[2].bytes.data() - bytes.data()) % 64, 0);
}

TEST_F(Safetensors, RefusesEveryTruncation) {
  const Bytes bytes = write_small();
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(parse_safetensors(std::span(bytes).first(n))) << n;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse_safetensors(longer));
}

TEST_F(Safetensors, NoChangedByteGoesUnnoticed) {
  const Bytes bytes = write_small();
  Random random(1);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int repeat = 0; repeat < 4; ++repeat) {
      Bytes changed = bytes;
      changed[i] ^= static_cast<std::uint8_t>(1 + random.below(255));
      const auto file = parse_safetensors(changed);
      // A changed key is another key; model files must have the right one, see Weights::load.
      if (file) {
        EXPECT_FALSE(file->metadata.contains(std::string(kChecksumKey))) << i;
      }
    }
}

TEST_F(Safetensors, AcceptsFilesOfOthers) {
  const auto file = parse_safetensors(assemble(
      R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}, "a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}    )",
      12));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->metadata.empty());
  EXPECT_EQ(file->tensors[1].bytes.size(), 8u);
}

TEST_F(Safetensors, RefusesHostileHeaders) {
  const struct {
    const char* header;
    std::size_t data;
  } cases[] = {
      {"", 0},
      {"{", 0},
      {"[]", 0},
      {"null", 0},
      {R"({"__metadata__":{"a":1}})", 0},
      {R"({"__metadata__":[]})", 0},
      {R"({"a":null})", 0},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4},
      {R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 8},
      {R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 8},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0},
      {R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[4],"data_offsets":[2,6]}})",
       6},
      {R"({"__metadata__":{"sage.xxh3":"0"}})", 0},
      {R"({"__metadata__":{"sage.xxh3":"00000000000000000000000000000000"}})", 0},
  };
  for (const auto& c : cases) {
    const auto file = parse_safetensors(assemble(c.header, c.data));
    EXPECT_FALSE(file) << c.header;
    if (!file) {
      EXPECT_EQ(file.error().message.find('\n'), std::string::npos);
    }
  }
  Bytes huge = assemble("{}", 0);
  std::memset(huge.data(), 0xff, 8);
  EXPECT_FALSE(parse_safetensors(huge));
}

TEST_F(Safetensors, RefusesTensorsThatAreNotAligned) {
  const std::string header =
      R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})";
  EXPECT_FALSE(parse_safetensors(assemble(header, 5)));
}

TEST_F(Safetensors, NoBytesMakeItCrash) {
  Random random(2);
  const Bytes good = assemble(
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[4],"data_offsets":[8,12]}})",
      12);
  for (int repeat = 0; repeat < 20'000; ++repeat) {
    Bytes bytes = good;
    for (std::uint32_t n = 1 + random.below(4); n > 0; --n)
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] =
          static_cast<std::uint8_t>(random.next());
    if (random.below(4) == 0) bytes.resize(random.below(static_cast<std::uint32_t>(bytes.size())));
    const auto file = parse_safetensors(bytes);
    if (!file) continue;
    for (const TensorView& tensor : file->tensors) {
      ASSERT_GE(tensor.bytes.data(), bytes.data());
      ASSERT_LE(tensor.bytes.data() + tensor.bytes.size(), bytes.data() + bytes.size());
    }
  }
}

TEST_F(Safetensors, WritesNothingThatItWouldNotRead) {
  const TensorView tensor = {"a", DType::kF32, {1}, std::span(data_).first(4)};
  const TensorView twice[] = {tensor, tensor};
  EXPECT_FALSE(write_safetensors(path_, {}, twice));
  const TensorView reserved = {"__metadata__", DType::kF32, {1}, tensor.bytes};
  EXPECT_FALSE(write_safetensors(path_, {}, {&reserved, 1}));
  const TensorView short_of_bytes = {"a", DType::kF32, {2}, tensor.bytes};
  EXPECT_FALSE(write_safetensors(path_, {}, {&short_of_bytes, 1}));
  EXPECT_FALSE(write_safetensors(path_, {{"a", "\xff"}}, {&tensor, 1}));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace sage
