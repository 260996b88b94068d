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

}  // namespace
}  // namespace sage
