// Cutting words and encoding allocate nothing once warm: every operator new of this program is
// counted.
#include <gtest/gtest.h>

#include "base/random.h"
#include "count_allocations.h"
#include "score/transform.h"
#include "tokens/bpe/boundary.h"
#include "tokens/bpe/trainer.h"
#include "tokens/tokenizer.h"

namespace sage {
namespace {

std::vector<std::uint16_t> made_up_piece(const Tokenizer& tokenizer) {
  Random random(1);
  Score score;
  score.tracks.resize(1);
  for (std::int64_t onset = 0; onset < 480 * 200; onset += 120 * random.below(3))
    score.tracks[0].notes.push_back({Tick{onset}, Tick{120 + 120 * random.below(3)},
                                     static_cast<std::uint8_t>(60 + random.below(12)), 80});
  normalise(score);
  const auto ids = tokenizer.encode(score).value();
  return {ids.begin(), ids.end()};
}

TEST(Allocation, WordsAndTokensOfASecondCallAllocateNothing) {
  const auto tokenizer = Tokenizer::create({}).value();
  const auto ids = made_up_piece(tokenizer);
  for (const Boundary boundary : kBoundaries) {
    const Segmenter segmenter(tokenizer.tokenization(), tokenizer.config(), tokenizer.vocabulary(),
                              boundary);
    std::vector<std::uint32_t> ends;
    segmenter.words(ids, ends);
    BpeTrainerOptions options;
    options.base_size = tokenizer.vocabulary().size();
    options.merges = 100;
    BpeTrainer trainer(options);
    ASSERT_TRUE(trainer.add(ids, ends).has_value());
    const auto bpe = Bpe::create(options.base_size, trainer.learn()->merges).value();
    BpeScratch scratch;
    std::vector<std::uint16_t> encoded, decoded;
    bpe.encode(ids, ends, scratch, encoded);
    bpe.decode(encoded, decoded);
    EXPECT_LT(encoded.size(), ids.size());
    const long before = allocations.load();
    segmenter.words(ids, ends);
    encoded.clear();
    bpe.encode(ids, ends, scratch, encoded);
    decoded.clear();
    bpe.decode(encoded, decoded);
    EXPECT_EQ(allocations.load(), before) << boundary_name(boundary);
    EXPECT_EQ(decoded, ids);
  }
}

}  // namespace
}  // namespace sage
