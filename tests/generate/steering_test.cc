// The request's wishes hold for copies of the reader too: merged tokens are judged by them.
#include "generate/steering.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

TEST(Steering, ACopyMadeEarlierTakesOverHowManyBarsThereAreToBe) {
  const auto tokenizer = Tokenizer::create({.scheme = "midi-like"}).value();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  Steering steering(tokenizer, {});
  const auto copy = steering.clone();
  steering.push(vocabulary.id(Kind::kBos));
  steering.push(vocabulary.id(Kind::kStart));
  steering.follow_request(3);
  steering.push(vocabulary.id(Kind::kBar));
  steering.push(vocabulary.id(Kind::kTimeSignature, *vocabulary.meter_index({4, 4})));
  steering.push(vocabulary.id(Kind::kTempo, vocabulary.tempo_index(120)));
  steering.push(vocabulary.id(Kind::kTimeShift, 10));
  steering.push(vocabulary.id(Kind::kProgram, 0));
  steering.push(vocabulary.id(Kind::kPitch, 60));
  copy->copy_from(steering);
  TokenMask own, copied;
  steering.allowed(own);
  copy->allowed(copied);
  // 11 of 48 steps are over: in a bar that is not the last one, a shift stays within it.
  EXPECT_TRUE(own.allows(vocabulary.id(Kind::kTimeShift, 35)));
  EXPECT_FALSE(own.allows(vocabulary.id(Kind::kTimeShift, 36)));
  EXPECT_TRUE(copied.allows(vocabulary.id(Kind::kTimeShift, 35)));
  EXPECT_FALSE(copied.allows(vocabulary.id(Kind::kTimeShift, 36)));
}

TEST(Steering, FavoursWhoeverWasAskedForAndIsSilent) {
  const auto tokenizer = Tokenizer::create({.scheme = "remi+", .velocity = false}).value();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  Steering steering(tokenizer, {.presence = 1.5});
  const auto push = [&](Kind kind, int value = 0) {
    return steering.push(vocabulary.id(kind, value)).type;
  };
  const auto bar = [&] { ASSERT_EQ(push(Kind::kBar), ReadEvent::Type::kBar); };
  const auto note = [&](int program) {
    push(Kind::kPosition, 0);
    push(Kind::kProgram, program);
    push(Kind::kPitch, 40);
    return push(Kind::kDuration, 5);
  };
  push(Kind::kBos), push(Kind::kProgram, 0), push(Kind::kProgram, 33), push(Kind::kStart);
  ProgramSet expected;
  expected.set(0).set(33);
  steering.expect(expected);
  steering.follow_request(9);
  bar();
  push(Kind::kTimeSignature, *vocabulary.meter_index({4, 4}));
  push(Kind::kTempo, vocabulary.tempo_index(120));
  ASSERT_EQ(note(0), ReadEvent::Type::kNote);
  bar();
  EXPECT_TRUE(steering.favours().empty());  // the bass still has its two bars
  bar();
  ASSERT_EQ(note(0), ReadEvent::Type::kNote);
  bar();
  const auto favours = steering.favours();
  ASSERT_EQ(favours.size(), 1U);
  EXPECT_EQ(favours[0].id, vocabulary.id(Kind::kProgram, 33));
  EXPECT_DOUBLE_EQ(favours[0].logit, 2 * 1.5);
  ASSERT_EQ(note(0), ReadEvent::Type::kNote);
  ASSERT_EQ(note(33), ReadEvent::Type::kNote);
  EXPECT_TRUE(steering.favours().empty());
  for (int rest = 1; rest <= 2; ++rest) {
    bar();
    ASSERT_EQ(note(33), ReadEvent::Type::kNote);
    EXPECT_TRUE(steering.favours().empty()) << rest;
  }
  bar();
  const auto again = steering.favours();  // the piano has rested for long enough
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].id, vocabulary.id(Kind::kProgram, 0));
  EXPECT_DOUBLE_EQ(again[0].logit, 1.5);
  // Held over two more bars, a note is heard in them.
  push(Kind::kPosition, 0), push(Kind::kProgram, 0), push(Kind::kPitch, 40);
  ASSERT_EQ(push(Kind::kDuration, vocabulary.duration_index(3 * 48)), ReadEvent::Type::kNote);
  for (int after = 1; after <= 4; ++after) {
    bar();
    if (after == 1) note(0);  // a short one beside it
    ASSERT_EQ(note(33), ReadEvent::Type::kNote);
    EXPECT_TRUE(steering.favours().empty()) << after;
  }
  bar();
  EXPECT_EQ(steering.favours().size(), 1U);
}

}  // namespace
}  // namespace sage
