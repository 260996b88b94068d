#include "metrics/sequence.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <set>

#include "pieces.h"
#include "score/transform.h"

namespace sage {
namespace {

using test::note;
using test::part;

TEST(Sequence, OnsetClasses) {
  EXPECT_EQ(onset_class(0), 0);
  EXPECT_EQ(onset_class(24), 24);
  EXPECT_EQ(onset_class(25), 25);  // above two quarters: up to four
  EXPECT_EQ(onset_class(48), 25);
  EXPECT_EQ(onset_class(49), 26);
  EXPECT_LT(onset_class(std::int64_t{1} << 40), 128);
}

TEST(Sequence, SaysIntervalAndTime) {
  const Track a = part(0, {note(0, 1, 60), note(12, 1, 64), note(12, 1, 67)});
  const Track b = part(0, {note(48, 5, 40), note(60, 9, 44), note(60, 1, 47)});
  const Track c = part(0, {note(0, 1, 60), note(12, 1, 63), note(12, 1, 67)});
  EXPECT_EQ(symbols_of(a), symbols_of(b));
  EXPECT_NE(symbols_of(a), symbols_of(c));
  EXPECT_EQ(symbols_of(a).size(), 2u);
  EXPECT_TRUE(symbols_of(part(0, {})).empty());
}

TEST(Sequence, DistinctByHand) {
  const std::vector<std::vector<Symbol>> sequences = {{1, 2, 1, 2}, {2, 1}};
  EXPECT_NEAR(distinct_ngrams(sequences, 2), 2.0 / 4, 1e-12);  // 12 21 12, 21
  EXPECT_NEAR(distinct_ngrams(sequences, 1), 2.0 / 6, 1e-12);
  EXPECT_TRUE(std::isnan(distinct_ngrams(sequences, 5)));
}

RC_GTEST_PROP(Sequence, DistinctAgreesWithASet,
              (const std::vector<std::vector<std::uint8_t>>& random)) {
  std::vector<std::vector<Symbol>> sequences;
  for (const auto& values : random) {
    sequences.emplace_back();
    for (const auto value : values) sequences.back().push_back(value % 4);
  }
  std::multiset<std::vector<Symbol>> all;
  for (const auto& s : sequences)
    for (std::size_t i = 0; i + 3 <= s.size(); ++i) all.insert({s[i], s[i + 1], s[i + 2]});
  const std::set<std::vector<Symbol>> distinct(all.begin(), all.end());
  const double value = distinct_ngrams(sequences, 3);
  if (all.empty()) {
    RC_ASSERT(std::isnan(value));
  } else {
    RC_ASSERT(std::abs(value - static_cast<double>(distinct.size()) /
                                   static_cast<double>(all.size())) < 1e-12);
  }
}

}  // namespace
}  // namespace sage
