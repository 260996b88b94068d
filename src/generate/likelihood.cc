#include "generate/likelihood.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "generate/history.h"
#include "tokens/bpe/grammar.h"

namespace sage {
namespace {

/// log sum exp of the logits of a set of ids.
double log_sum(std::span<const float> logits, std::span<const IdRange> ranges) {
  float top = -INFINITY;
  for (const IdRange& range : ranges)
    for (TokenId id = range.begin; id < range.end; ++id)
      top = std::max(top, logits[static_cast<std::size_t>(id)]);
  double sum = 0.0;
  for (const IdRange& range : ranges)
    for (TokenId id = range.begin; id < range.end; ++id)
      sum += std::exp(static_cast<double>(logits[static_cast<std::size_t>(id)] - top));
  return top + std::log(sum);
}

}  // namespace

Result<Likelihood> likelihood(const Engine& engine, std::span<const TokenId> ids,
                              Workspace& workspace) {
  const Tokenizer& tokenizer = engine.tokenizer();
  const auto context = static_cast<std::size_t>(engine.context());
  const auto size = static_cast<std::size_t>(tokenizer.size());
  const IdRange everything[] = {{0, tokenizer.size()}};
  KvCache cache(engine.model().config(), {.type = engine.cache_type()});
  TokenHistory history(tokenizer);
  const auto reader = tokenizer.reader();
  MergeGrammar grammar(tokenizer.trie());
  std::vector<IdRange> legal;
  Likelihood total;
  const auto read = [&](std::size_t i) -> Result<void> {
    for (const TokenId base : tokenizer.expansion(ids[i])) {
      const ReadEvent event = reader->push(base);
      if (event.type == ReadEvent::Type::kIllegal)
        return fail(ErrorCode::kMalformed, "token " + std::to_string(i) + " (" +
                                               tokenizer.describe(ids[i]) + ") may not stand here");
      if (event.type == ReadEvent::Type::kNote) ++total.notes;
    }
    return {};
  };
  std::vector<float> logits;
  std::vector<TokenId> block;

  for (std::size_t next = 0; next + 1 < ids.size();) {
    // Refill the context, then read as many new tokens as it has room for.
    block = history.context(context / 2);
    const std::size_t old = block.size();
    const std::size_t fresh = std::min(context - old, ids.size() - 1 - next);
    block.insert(block.end(), ids.begin() + static_cast<std::ptrdiff_t>(next),
                 ids.begin() + static_cast<std::ptrdiff_t>(next + fresh));
    cache.truncate(0);
    logits.resize(block.size() * size);
    engine.model().forward_all(block, cache, workspace, logits);
    for (std::size_t i = 0; i < fresh; ++i, ++next) {
      if (auto ok = read(next); !ok) return tl::unexpected(ok.error());
      history.push(ids[next]);
      grammar.allowed(*reader, legal);
      const auto row = std::span(logits).subspan((old + i) * size, size);
      const double logit = row[static_cast<std::size_t>(ids[next + 1])];
      total.nats += log_sum(row, everything) - logit;
      total.nats_legal += log_sum(row, legal) - logit;
      ++total.tokens;
    }
  }
  // The last token is scored above, but not read.
  if (!ids.empty())
    if (auto ok = read(ids.size() - 1); !ok) return tl::unexpected(ok.error());
  return total;
}

}  // namespace sage
