#include "study/token_study.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "folder_of_music.h"
#include "study/token_report.h"

namespace sage {
namespace {

using test::FolderOfMusic;

class TokenStudy : public testing::Test {
 protected:
  FolderOfMusic folder_;
  Tokenizer tokenizer_ = Tokenizer::create({}).value();
  SortedCorpora corpora_ = read_corpora(folder_.files(), tokenizer_, {}).value();

  TokenStudyOptions options() const {
    TokenStudyOptions options;
    options.merges = {0, 20, 60};
    options.boundaries = {Boundary::kNone, Boundary::kNote};
    options.arms = folder_.path() / "arms";
    return options;
  }
};

TEST_F(TokenStudy, MeasuresEveryArmAtEverySize) {
  const auto arms = study_tokens(corpora_, corpora_, options());
  ASSERT_TRUE(arms.has_value()) << arms.error().message;
  ASSERT_EQ(arms->size(), 6U);  // three kinds, two boundaries
  for (const TokenArm& arm : *arms) {
    ASSERT_EQ(arm.sizes.size(), 3U);
    const TokenCorpus& music = corpora_.of(arm.kind);
    const TokenMeasures& base = arm.sizes[0];
    // By hand: all tokens but BOS, the header and START, over all notes.
    std::uint64_t tokens = 0;
    for (const CorpusPiece& piece : music.pieces) {
      const auto ids = music.of(piece);
      const auto start =
          std::find(ids.begin(), ids.end(), tokenizer_.vocabulary().id(Kind::kStart));
      tokens += static_cast<std::uint64_t>(ids.end() - start) - 1;
    }
    EXPECT_NEAR(base.tokens_per_note.mean,
                static_cast<double>(tokens) / static_cast<double>(music.notes), 1e-12);
    EXPECT_NEAR(base.tokens_per_quarter.mean, static_cast<double>(tokens) / music.quarters, 1e-12);
    EXPECT_EQ(base.use.total, tokens);
    EXPECT_EQ(base.table.total, 0U);
    for (std::size_t i = 1; i < 3; ++i) {
      const TokenMeasures& measures = arm.sizes[i];
      EXPECT_LT(measures.tokens_per_note.mean, arm.sizes[i - 1].tokens_per_note.mean);
      EXPECT_LE(measures.tokens_per_note.low, measures.tokens_per_note.mean);
      EXPECT_GE(measures.tokens_per_note.high, measures.tokens_per_note.mean);
      EXPECT_EQ(measures.table.total, static_cast<std::uint64_t>(measures.learned));
      EXPECT_GT(measures.merges_used, 0);
      EXPECT_LE(measures.merges_used, 1);
      EXPECT_TRUE(arm.boundary != Boundary::kNote || measures.table.crosses_note == 0);
    }
  }
}

TEST_F(TokenStudy, ArmsThatAreDoneAreKept) {
  const auto first = study_tokens(corpora_, corpora_, options()).value();
  const auto again = study_tokens(corpora_, corpora_, options()).value();
  ASSERT_EQ(first.size(), again.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    // Learning again would take another time.
    EXPECT_EQ(first[i].seconds, again[i].seconds);
    EXPECT_TRUE(to_json(first[i]) == to_json(again[i]));
  }
  // Damaged ones and those of other settings are not.
  const auto path = options().arms / "multi-track.none.json";
  ASSERT_TRUE(write_text(path, "{\"key\": 1}").has_value());
  ASSERT_TRUE(study_tokens(corpora_, corpora_, options()).has_value());
  auto other = options();
  other.merges = {0, 10};
  const auto changed = study_tokens(corpora_, corpora_, other).value();
  EXPECT_EQ(changed[0].sizes.size(), 2U);
}

TEST_F(TokenStudy, NothingToCompareIsAnError) {
  const auto none = study_tokens(corpora_, SortedCorpora{}, options());
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().message.find("held-out"), std::string::npos);
}

TEST_F(TokenStudy, TheReportHasEveryArmAndItsPlots) {
  TokenReport report;
  report.command = "sage-music study bpe";
  report.arms = study_tokens(corpora_, corpora_, options()).value();
  const auto out = folder_.path() / "report";
  ASSERT_TRUE(write_token_report(report, out).has_value());
  const auto json = nlohmann::json::parse(read_text(out / "report.json").value());
  EXPECT_EQ(json["arms"].size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto arm = token_arm_from_json(json["arms"][i]);
    ASSERT_TRUE(arm.has_value());
    EXPECT_TRUE(to_json(*arm) == to_json(report.arms[i]));
  }
  const auto page = read_text(out / "report.md").value();
  EXPECT_NE(page.find("## Multi-track"), std::string::npos);
  std::size_t pictures = 0;
  for (std::size_t at = page.find("]("); at != std::string::npos; at = page.find("](", at + 1)) {
    const auto file = page.substr(at + 2, page.find(')', at) - at - 2);
    EXPECT_TRUE(read_text(out / file)->starts_with("<svg")) << file;
    ++pictures;
  }
  EXPECT_EQ(pictures, 11U);
}

}  // namespace
}  // namespace sage
