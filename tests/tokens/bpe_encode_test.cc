// Encoding against naive replacement: one merge after the other over the whole word.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.h"
#include "tokens/bpe/bpe.h"

namespace sage {
namespace {

using Ids = std::vector<std::uint16_t>;
using Ends = std::vector<std::uint32_t>;

/// What the merges mean: each in order, from left to right, wherever its pair occurs.
Ids replace_naively(Ids word, const Bpe& bpe) {
  for (std::size_t m = 0; m < bpe.merges().size(); ++m) {
    const Merge merge = bpe.merges()[m];
    Ids replaced;
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool pair = i + 1 < word.size() && word[i] == merge.left && word[i + 1] == merge.right;
      replaced.push_back(pair ? static_cast<std::uint16_t>(bpe.base_size() + static_cast<int>(m))
                              : word[i]);
      if (pair) ++i;
    }
    word = std::move(replaced);
  }
  return word;
}

Ids encode_naively(const Ids& ids, const Ends& ends, const Bpe& bpe) {
  Ids all;
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    const Ids word = replace_naively({ids.begin() + begin, ids.begin() + end}, bpe);
    all.insert(all.end(), word.begin(), word.end());
    begin = end;
  }
  return all;
}

/// Merges of anything with anything, so that they nest, overlap and repeat one id.
Bpe any_bpe(Random& random, int base_size, int merges) {
  std::vector<Merge> made;
  while (static_cast<int>(made.size()) < merges) {
    const auto known =
        static_cast<std::uint32_t>(base_size) + static_cast<std::uint32_t>(made.size());
    const auto any = [&] { return static_cast<TokenId>(random.below(known)); };
    made.push_back({any(), any()});
    if (!Bpe::create(base_size, made)) made.pop_back();  // there already, or too long
  }
  return Bpe::create(base_size, std::move(made)).value();
}

Ids any_ids(Random& random, int base_size, std::size_t size) {
  Ids ids(size);
  for (auto& id : ids)
    id = static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(base_size)));
  return ids;
}

/// Words of up to `longest` tokens.
Ends any_ends(Random& random, std::size_t size, std::uint32_t longest) {
  Ends ends;
  for (std::uint32_t end = 0; end < size;) {
    end = std::min(end + 1 + random.below(longest), static_cast<std::uint32_t>(size));
    ends.push_back(end);
  }
  return ends;
}

RC_GTEST_PROP(BpeProperty, EncodesLikeNaiveReplacementAndDecodesBack, ()) {
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const int base_size = *rc::gen::inRange(1, 6);
  const Bpe bpe = any_bpe(random, base_size, *rc::gen::inRange(0, base_size == 1 ? 8 : 60));
  BpeScratch scratch;
  for (const std::uint32_t longest : {2, 6, 20, 1000}) {
    const Ids ids = any_ids(random, base_size, *rc::gen::inRange<std::size_t>(0, 400));
    const Ends ends = any_ends(random, ids.size(), longest);
    Ids encoded = {9}, decoded = {9};  // to be kept
    bpe.encode(ids, ends, scratch, encoded);
    RC_ASSERT(encoded.front() == 9);
    encoded.erase(encoded.begin());
    RC_ASSERT(encoded == encode_naively(ids, ends, bpe));
    bpe.decode(encoded, decoded);
    decoded.erase(decoded.begin());
    RC_ASSERT(decoded == ids);
  }
}

// Runs of one id, where occurrences overlap and the order of the lists matters.
TEST(Bpe, MergesRunsFromLeftToRight) {
  const auto bpe = Bpe::create(2, {{0, 0}, {2, 2}, {2, 0}, {1, 3}, {3, 3}, {3, 2}}).value();
  BpeScratch scratch;
  for (std::size_t size = 1; size <= 100; ++size) {
    for (const bool led : {false, true}) {
      Ids ids(size, 0), encoded;
      if (led) ids.insert(ids.begin(), 1);
      bpe.encode(ids, Ends{static_cast<std::uint32_t>(ids.size())}, scratch, encoded);
      ASSERT_EQ(encoded, replace_naively(ids, bpe)) << size;
    }
  }
}

TEST(Bpe, WithoutMergesIsTheIdentity) {
  const auto bpe = Bpe::create(4, {}).value();
  const Ids ids = {0, 1, 2, 3, 3, 2};
  BpeScratch scratch;
  Ids encoded, decoded;
  bpe.encode(ids, Ends{2, 6}, scratch, encoded);
  bpe.decode(encoded, decoded);
  EXPECT_EQ(encoded, ids);
  EXPECT_EQ(decoded, ids);
  EXPECT_EQ(bpe.size(), 4);
}

TEST(Bpe, KnowsWhatItsTokensStandFor) {
  const auto bpe = Bpe::create(3, {{0, 1}, {3, 2}, {4, 4}}).value();
  const auto expansion = bpe.expansion(5);
  EXPECT_EQ(Ids(expansion.begin(), expansion.end()), (Ids{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(bpe.expansion(2).front(), 2);
  EXPECT_EQ(bpe.merged(3, 2), 4);
  EXPECT_EQ(bpe.merged(2, 3), -1);
  EXPECT_EQ(bpe.merged(-1, 99'999), -1);
  EXPECT_TRUE(bpe.contains(5));
  EXPECT_FALSE(bpe.contains(6));
}

TEST(Bpe, OneScratchServesTablesOfAnySize) {
  Random random(5);
  BpeScratch scratch;
  for (const int merges : {50, 3, 200, 1}) {
    const Bpe bpe = any_bpe(random, 4, merges);
    const Ids ids = any_ids(random, 4, 300);
    Ids encoded;
    bpe.encode(ids, Ends{300}, scratch, encoded);
    EXPECT_EQ(encoded, replace_naively(ids, bpe));
  }
}

TEST(Bpe, RefusesTablesThatMakeNoSense) {
  const auto refused = [](int base_size, std::vector<Merge> merges, ErrorCode code) {
    const auto bpe = Bpe::create(base_size, std::move(merges));
    ASSERT_FALSE(bpe.has_value());
    EXPECT_EQ(bpe.error().code, code) << bpe.error().message;
  };
  refused(0, {}, ErrorCode::kInvalidArgument);
  refused(Bpe::kMaxTokens + 1, {}, ErrorCode::kInvalidArgument);
  refused(Bpe::kMaxTokens, {{0, 0}}, ErrorCode::kLimit);
  refused(4, {{0, 4}}, ErrorCode::kMalformed);  // itself
  refused(4, {{-1, 0}}, ErrorCode::kMalformed);
  refused(4, {{0, 1}, {2, 3}, {0, 1}}, ErrorCode::kMalformed);
  std::vector<Merge> doublings = {{0, 0}};
  while (doublings.size() < 12) {
    const auto last = static_cast<TokenId>(doublings.size());
    doublings.push_back({last, last});
  }
  EXPECT_TRUE(Bpe::create(1, doublings).has_value());  // 4096 base tokens
  doublings.push_back({12, 0});
  refused(1, doublings, ErrorCode::kLimit);
  EXPECT_TRUE(Bpe::create(Bpe::kMaxTokens, {}).has_value());
}

TEST(Bpe, RefusesExpansionsThatWouldFillTheMemory) {
  std::vector<Merge> merges;
  for (TokenId id = 0; id < 11; ++id)  // doublings up to 2048 base tokens of one kind
    merges.push_back({id == 0 ? 0 : 9'999 + id, id == 0 ? 0 : 9'999 + id});
  const auto longest = static_cast<TokenId>(10'000 + merges.size() - 1);
  for (TokenId id = 0; id < 9'999; ++id) merges.push_back({longest, id});
  const auto bpe = Bpe::create(10'000, merges);
  ASSERT_FALSE(bpe.has_value());
  EXPECT_EQ(bpe.error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace sage
