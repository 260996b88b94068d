#include "study/ngram.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace sage {
namespace {

constexpr int kTokenBits = 12;
using Gram = std::uint64_t;  // tokens, the latest in the lowest bits

/// Calls body(gram, index of the last token among all tokens) for every gram of n tokens that ends
/// after the first token of its piece.
template <class Body>
void for_grams(const TokenCorpus& corpus, int n, const Body& body) {
  const Gram mask = (Gram{1} << (kTokenBits * n)) - 1;
  for (const CorpusPiece& piece : corpus.pieces) {
    Gram gram = 0;
    const auto tokens = corpus.of(piece);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      gram = (gram << kTokenBits | tokens[i]) & mask;
      if (i >= 1 && i + 1 >= static_cast<std::size_t>(n)) body(gram, piece.first_token + i);
    }
  }
}

/// All grams of one length, sorted: what follows a context are neighbours.
struct Counts {
  std::vector<Gram> grams;           // different ones, ascending
  std::vector<std::uint64_t> up_to;  // occurrences of those before each, and of all
  std::size_t at(Gram gram) const {
    return static_cast<std::size_t>(std::lower_bound(grams.begin(), grams.end(), gram) -
                                    grams.begin());
  }
};

Counts count(const TokenCorpus& corpus, int n) {
  Counts counts;
  for_grams(corpus, n, [&](Gram gram, std::uint64_t) { counts.grams.push_back(gram); });
  std::sort(counts.grams.begin(), counts.grams.end());
  std::size_t different = 0;
  for (std::size_t i = 0; i < counts.grams.size(); ++i) {
    if (i > 0 && counts.grams[i] == counts.grams[different - 1]) continue;
    counts.grams[different++] = counts.grams[i];
    counts.up_to.push_back(i);
  }
  counts.up_to.push_back(counts.grams.size());
  counts.grams.resize(different);
  return counts;
}

double interpolate(const Counts& counts, Gram gram, double lower) {
  const Gram context = gram >> kTokenBits;
  const std::size_t begin = counts.at(context << kTokenBits);
  const std::size_t end = counts.at((context + 1) << kTokenBits);
  if (begin == end) return lower;
  const std::size_t at = counts.at(gram);
  const bool seen = at < end && counts.grams[at] == gram;
  const auto times = static_cast<double>(seen ? counts.up_to[at + 1] - counts.up_to[at] : 0);
  const auto all = static_cast<double>(counts.up_to[end] - counts.up_to[begin]);
  const auto different = static_cast<double>(end - begin);
  return (times + different * lower) / (all + different);
}

}  // namespace

Result<std::vector<double>> ngram_nats(const TokenCorpus& training, const TokenCorpus& held_out,
                                       int vocabulary, int order, const std::atomic<bool>* stop) {
  if (order < 0 || order > kMostNgram)
    return fail(ErrorCode::kInvalidArgument,
                "n-grams have 0 to " + std::to_string(kMostNgram) + " tokens");
  if (vocabulary < 1 || vocabulary > 1 << kTokenBits)
    return fail(ErrorCode::kUnsupported, "n-grams take vocabularies of up to 4,096 tokens");
  std::vector<double> probability(held_out.tokens.size(), 1.0 / vocabulary);
  std::vector<double> nats;
  const auto total = [&] {
    double sum = 0;
    for_grams(held_out, 1, [&](Gram, std::uint64_t i) { sum -= std::log(probability[i]); });
    return sum;
  };
  nats.push_back(total());
  for (int n = 1; n <= order; ++n) {
    if (stop != nullptr && stop->load()) return fail(ErrorCode::kInterrupted, "interrupted");
    const Counts counts = count(training, n);
    for_grams(held_out, n, [&](Gram gram, std::uint64_t i) {
      probability[i] = interpolate(counts, gram, probability[i]);
    });
    nats.push_back(total());
  }
  return nats;
}

}  // namespace sage
