// Programs in the header's order: what is written, what is read, what is refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "random_music.h"
#include "tokens/configs.h"
#include "tokens/merges.h"

namespace sage {
namespace {

std::vector<Tokenizer> header_order_tokenizers() {
  auto all = test::default_grid_tokenizers();
  std::erase_if(all, [](const Tokenizer& tokenizer) {
    return tokenizer.config().order != ProgramOrder::kHeader;
  });
  return all;
}

/// The programs of a piece in an order that the test draws, with one that has no notes.
std::vector<int> drawn_order(const Quantised& piece) {
  std::vector<int> order;
  for (const Track& track : piece.score.tracks) order.push_back(track.program_or_drum());
  for (int program = 0; program < kProgramCount; ++program)
    if (std::find(order.begin(), order.end(), program) == order.end()) {
      order.push_back(program);
      break;
    }
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
  return order;
}

RC_GTEST_PROP(ProgramOrder, AnyOrderDecodesToTheSameScoreAndIsKeptAtEveryPosition, ()) {
  const Score score = *test::any_score();
  for (const Tokenizer& tokenizer : header_order_tokenizers()) {
    const auto piece = tokenizer.quantise(score).value();
    const std::vector<int> order = drawn_order(piece);
    const auto ids = tokenizer.write(piece, {.order = order});
    RC_ASSERT(tokenizer.decode(ids).value() == piece.score);

    const auto rank = [&](int program) {
      return std::find(order.begin(), order.end(), program) - order.begin();
    };
    const auto reader = tokenizer.reader();
    std::pair<std::int64_t, std::ptrdiff_t> last = {-1, -1};  // position, rank
    for (const TokenId id : ids) {
      const ReadEvent event = reader->push(id);
      if (event.type != ReadEvent::Type::kNote) continue;
      const std::pair<std::int64_t, std::ptrdiff_t> now = {event.onset.count, rank(event.program)};
      RC_ASSERT(last <= now);
      last = now;
    }
  }
}

TEST(ProgramOrder, WithoutAHeaderProgramsAscend) {
  for (const Tokenizer& tokenizer : header_order_tokenizers()) {
    TokenizerConfig plain = tokenizer.config();
    plain.order = ProgramOrder::kNumber;
    const auto piece = tokenizer.quantise(test::band_score(3)).value();
    const EncodeOptions bare = {.header = false, .order = {5, 3}};
    EXPECT_EQ(tokenizer.write(piece, bare), Tokenizer::create(plain)->write(piece, bare));
  }
}

TEST(ProgramOrder, TheReaderRefusesAProgramTwiceAndOneOutOfOrder) {
  const auto tokenizer = Tokenizer::create({.order = ProgramOrder::kHeader}).value();
  const Vocabulary& v = tokenizer.vocabulary();
  const auto reader = tokenizer.reader();
  const auto accepts = [&](Kind kind, int value = 0) {
    return reader->push(v.id(kind, value)).type != ReadEvent::Type::kIllegal;
  };
  ASSERT_TRUE(accepts(Kind::kBos));
  ASSERT_TRUE(accepts(Kind::kProgram, 73));
  ASSERT_TRUE(accepts(Kind::kProgram, 32));
  EXPECT_FALSE(accepts(Kind::kProgram, 73)) << "listed already";
  ASSERT_TRUE(accepts(Kind::kStart));
  ASSERT_TRUE(accepts(Kind::kBar));
  ASSERT_TRUE(accepts(Kind::kTimeSignature, *v.meter_index({4, 4})));
  ASSERT_TRUE(accepts(Kind::kTempo, 20));
  ASSERT_TRUE(accepts(Kind::kPosition, 0));
  ASSERT_TRUE(accepts(Kind::kProgram, 32));
  ASSERT_TRUE(accepts(Kind::kPitch, 40));
  ASSERT_TRUE(accepts(Kind::kDuration, 11));
  EXPECT_FALSE(accepts(Kind::kProgram, 73)) << "the header has 73 before 32";
  EXPECT_TRUE(accepts(Kind::kProgram, 5)) << "what the header does not list comes last";
  ASSERT_TRUE(accepts(Kind::kPitch, 60));
  ASSERT_TRUE(accepts(Kind::kDuration, 11));
  EXPECT_FALSE(accepts(Kind::kProgram, 4)) << "ascending among those not listed";
  EXPECT_TRUE(accepts(Kind::kPosition, 12));
  EXPECT_TRUE(accepts(Kind::kProgram, 73));
}

TEST(ProgramOrder, SchemesWithAnOrderOfTheirOwnRefuseIt) {
  for (const Tokenization* scheme : tokenization_registry()) {
    if (scheme->can_order_by_header()) continue;
    const auto made =
        Tokenizer::create({.scheme = std::string(scheme->name()), .order = ProgramOrder::kHeader});
    ASSERT_FALSE(made) << scheme->name();
    EXPECT_NE(made.error().message.find("header"), std::string::npos);
  }
}

TEST(ProgramOrder, TheConfigKeepsIt) {
  const TokenizerConfig config = {.order = ProgramOrder::kHeader};
  EXPECT_EQ(tokenizer_config_from_json(to_json(config)).value(), config);
  EXPECT_FALSE(to_json(TokenizerConfig{}).contains("order")) << "older readers know no order";
}

}  // namespace
}  // namespace sage
