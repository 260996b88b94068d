// Random wishes, pieces that a small random model writes under them, and what a piece has to show
// for each word: worked out from its notes alone, apart from how constraints do it.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "generate/request.h"
#include "generate/wishes.h"
#include "tokens/tokenizer.h"

namespace sage::test {

struct WrittenNote {
  int program, pitch;
  int bar;       // from 0
  int position;  // in steps from the start of the bar
  int onset, end;
};

struct WrittenPiece {
  int grid = 12;
  Meter meter;
  int bar_steps = 48;
  int bars = 0;  // complete ones
  std::vector<int> programs;
  std::vector<WrittenNote> notes;  // in the order in which they were written
};

/// The words that are hard, in the order of the registry.
const std::vector<std::string>& hard_words();
/// Adds a random wish of the word, for instruments of the request.
void add_random_wish(const std::string& word, Random& random, Request& request);
/// An ensemble and a meter.
Request random_request(Random& random);

/// What is wrong with a piece by one word; empty: nothing.
std::string violation(const std::string& word, const Wishes& wishes, const WrittenPiece& piece);

}  // namespace sage::test
