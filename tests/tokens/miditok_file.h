// A tokenizer.json as MidiTok saves it, made by hand, and what tests of import and export share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "tokens/foreign/miditok.h"

namespace sage::test {

using nlohmann::json;
using Notes = std::vector<std::string>;

/// Character i + 33, as MidiTok gives one to its base token i.
inline std::string character(std::size_t i) {
  const auto c = static_cast<unsigned>(i + 33);
  if (c < 0x80) return {static_cast<char>(c)};
  return {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
}

/// A tokenizer.json as MidiTok saves it, with these base tokens; merges are pairs of strings over
/// their characters.
struct File {
  std::string tokenization = "REMI";
  json settings = {{"pitch_range", {21, 109}},
                   {"beat_res", {{"0_4", 8}, {"4_12", 4}}},
                   {"num_velocities", 32},
                   {"encode_ids_split", "bar"},
                   {"use_velocities", true},
                   {"use_programs", true},
                   {"use_tempos", true},
                   {"use_time_signatures", true},
                   {"additional_params", {{"max_bar_embedding", nullptr}}}};
  std::vector<std::string> base = {"PAD_None", "BOS_None", "EOS_None", "MASK_None"};
  json merges = json::array();
  json model = {{"type", "BPE"}, {"continuing_subword_prefix", ""}, {"end_of_word_suffix", ""}};
  json pre_tokenizer = nullptr;

  /// The base token's character.
  std::string add(const std::string& token) {
    base.push_back(token);
    return character(base.size() - 1);
  }
  json whole() const {
    json characters, ids;
    for (std::size_t i = 0; i < base.size(); ++i) {
      characters[character(i)] = base[i];
      ids[base[i]] = i;
    }
    json encoder = {{"version", "1.0"}, {"pre_tokenizer", pre_tokenizer}, {"model", model}};
    encoder["model"]["merges"] = merges;
    return {{"config", settings},         {"tokenization", tokenization},
            {"miditok_version", "3.0.4"}, {"_vocab_base", ids},
            {"_model", encoder.dump()},   {"_vocab_base_byte_to_token", characters}};
  }
};

class MidiTok : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) / (std::string(info->name()) + ".json");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  Result<Tokenizer> import_text(const std::string& text) {
    EXPECT_TRUE(write_text(path_, text));
    notes_.clear();
    return import_miditok(path_, notes_);
  }
  Result<Tokenizer> import_file(const File& file) { return import_text(file.whole().dump()); }
  bool noted(const std::string& words) const {
    return std::any_of(notes_.begin(), notes_.end(), [&](const std::string& note) {
      return note.find(words) != std::string::npos;
    });
  }
  void expect_refusal(const Result<Tokenizer>& result, ErrorCode code, const std::string& words) {
    ASSERT_FALSE(result) << words;
    const std::string& message = result.error().message;
    EXPECT_EQ(result.error().code, code) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find(path_.string()), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), path_.string().size() + 200);
  }

  std::filesystem::path path_;
  Notes notes_;
};

}  // namespace sage::test
