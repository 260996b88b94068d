// What counting alone can predict: n-gram models of base tokens, to set beside a trained model.
#pragma once

#include <atomic>
#include <vector>

#include "base/error.h"
#include "study/token_corpus.h"

namespace sage {

inline constexpr int kMostNgram = 5;

/// Nats of all held-out tokens but the first of each piece, under models learnt from the training
/// pieces: [0] uniform, [1] unigram, [n] n-gram, up to `order`. Interpolated with the next lower
/// order by the rule of Witten and Bell (1991): with c(h) tokens seen after a context h, T(h) of
/// them different,
///   p_n(w | h) = (c(h w) + T(h) p_{n-1}(w | h')) / (c(h) + T(h)),  p_0 = 1 / vocabulary,
/// h' being h without its first token; a context that was never seen, or reaches beyond the piece,
/// leaves it at p_{n-1}. Contexts do not cross pieces. Memory: some 20 bytes a training token, one
/// order at a time. Refuses orders above kMostNgram, vocabularies above 4,096 and an interruption.
Result<std::vector<double>> ngram_nats(const TokenCorpus& training, const TokenCorpus& held_out,
                                       int vocabulary, int order,
                                       const std::atomic<bool>* stop = nullptr);

}  // namespace sage
