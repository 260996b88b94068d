// Tokenizers on disk, good and bad.
#include "tokens/tokenizer_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "support.h"
#include "tokens/merges.h"

namespace sage {
namespace {

class TokenizerFile : public testing::Test {
 protected:
  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / "sage_tokenizer_file_test" / "tokenizer.json";
  Tokenizer tokenizer_ =
      test::with_merges(Tokenizer::create({.layout = Layout::kFull}).value(), Boundary::kBeat, 40);

  nlohmann::json good() {
    EXPECT_TRUE(write_tokenizer_file(path_, tokenizer_, {{"pieces", 6}}).has_value());
    return nlohmann::json::parse(read_text(path_).value());
  }
  /// The error when this file is read.
  std::string complaint(const std::string& text) {
    EXPECT_TRUE(write_text(path_, text).has_value());
    const auto read = read_tokenizer_file(path_);
    EXPECT_FALSE(read.has_value());
    const std::string message = read ? "" : read.error().message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message;
  }
};

TEST_F(TokenizerFile, ReadsWhatWasWritten) {
  EXPECT_EQ(good()["training"]["pieces"], 6);
  const auto read = read_tokenizer_file(path_);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->config(), tokenizer_.config());
  EXPECT_EQ(read->size(), tokenizer_.size());
}

TEST_F(TokenizerFile, WhatIsNoTokenizerIsRefused) {
  EXPECT_NE(complaint("{").find("not valid JSON"), std::string::npos);
  EXPECT_NE(complaint("[1, 2]").find("sage-music tokenizer"), std::string::npos);
  EXPECT_NE(complaint(R"({"format": "sage-music tokens"})").find("bpe train"), std::string::npos);
  auto json = good();
  json["version"] = 7;
  EXPECT_NE(complaint(json.dump()).find("version"), std::string::npos);
  json = good();
  json.erase("base_tokens");
  EXPECT_NE(complaint(json.dump()).find("lacks"), std::string::npos);
  EXPECT_FALSE(read_tokenizer_file(path_ / "nowhere").has_value());
}

TEST_F(TokenizerFile, AnotherVocabularyIsNamed) {
  auto json = good();
  json["base_tokens"][100] = "Something else";
  EXPECT_NE(complaint(json.dump()).find("token 100 is \"Something else\" there"),
            std::string::npos);
  json = good();
  json["base_tokens"].erase(0);
  EXPECT_NE(complaint(json.dump()).find("this program"), std::string::npos);
  json = good();
  json["tokenizer"]["scheme"] = "octuple";
  EXPECT_NE(complaint(json.dump()).find("octuple"), std::string::npos);
}

TEST_F(TokenizerFile, MergesThatCannotBeAreRefused) {
  for (const nlohmann::json& bad :
       {nlohmann::json{0, 60'000}, nlohmann::json{-1, 4}, nlohmann::json{1.5, 4}, nlohmann::json{1},
        nlohmann::json("x"), nlohmann::json{{1, 2}, 3}}) {
    auto json = good();
    json["tokenizer"]["merges"]["pairs"][3] = bad;
    EXPECT_NE(complaint(json.dump()), "");
  }
  auto json = good();
  json["tokenizer"]["merges"]["boundary"] = "phrase";
  EXPECT_NE(complaint(json.dump()).find("phrase"), std::string::npos);
  json = good();
  json["tokenizer"]["merges"]["pairs"][5] = json["tokenizer"]["merges"]["pairs"][4];
  EXPECT_NE(complaint(json.dump()), "");
}

}  // namespace
}  // namespace sage
