#include "generate/likelihood.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "generate/delayed_steps.h"
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

/// A piece under a model, step by step.
class Scorer {
 public:
  Scorer(const Engine& engine, std::span<const TokenId> ids, Workspace& workspace)
      : engine_(engine),
        tokenizer_(engine.tokenizer()),
        output_(engine.model().output()),
        fields_(static_cast<std::size_t>(engine.model().config().fields)),
        size_(static_cast<std::size_t>(tokenizer_.size())),
        attributes_(tokenizer_.attributes()),
        ids_(ids),
        workspace_(workspace),
        cache_(engine.model().config(), {.type = engine.cache_type()}),
        history_(tokenizer_),
        reader_(tokenizer_.reader()),
        grammar_(tokenizer_.trie()) {}

  Result<Likelihood> run() {
    if (auto ok = check(); !ok) return tl::unexpected(ok.error());
    if (ids_.empty()) return total_;
    read(0);
    if (output_.shifted) {
      delayed_.emplace(*reader_, static_cast<int>(fields_));
      delayed_->start(ids_.first(fields_));
    }
    // The last fields of the last delayed steps stand in rows of their own.
    const std::size_t steps = ids_.size() / fields_ + (output_.shifted ? fields_ - 1 : 0);
    for (std::size_t next = 0; next + 1 < steps;) {
      const std::size_t fresh = fill(next, steps - 1 - next);
      for (std::size_t i = 0; i < fresh; ++i, ++next) {
        const auto row = std::span(logits_).subspan((old_ + i) * fields_ * size_, fields_ * size_);
        if (output_.shifted)
          score_row(next + 1, row);
        else
          score_step(next + 1, row);
        for (std::size_t k = next * fields_; k < (next + 1) * fields_; ++k) history_.push(id(k));
      }
    }
    return total_;
  }

 private:
  TokenId id(std::size_t i) const { return i < ids_.size() ? ids_[i] : kPadId; }

  /// Reads the piece to its end, counting its notes.
  Result<void> check() {
    if (ids_.size() % fields_ != 0)
      return fail(ErrorCode::kMalformed, "the last step is not complete");
    for (std::size_t i = 0; i < ids_.size(); ++i)
      if (ids_[i] < 0 || ids_[i] >= tokenizer_.size())
        return fail(ErrorCode::kMalformed, "token " + std::to_string(i) + " is " +
                                               std::to_string(ids_[i]) +
                                               ", which is not in the vocabulary");
    const auto reader = tokenizer_.reader();
    for (std::size_t i = 0; i < ids_.size(); ++i)
      for (const TokenId base : tokenizer_.expansion(ids_[i])) {
        const ReadEvent event = reader->push(base);
        if (event.type == ReadEvent::Type::kIllegal)
          return fail(ErrorCode::kMalformed, "token " + std::to_string(i) + " (" +
                                                 tokenizer_.describe(ids_[i]) +
                                                 ") may not stand here");
        if (event.type == ReadEvent::Type::kNote) ++total_.notes;
      }
    return {};
  }

  /// Gives a step to the reader.
  void read(std::size_t step) {
    for (const TokenId id : ids_.subspan(step * fields_, fields_))
      for (const TokenId base : tokenizer_.expansion(id)) reader_->push(base);
  }

  /// Reads the context before step `next` again and as many new steps as it has room for, at most
  /// `most`; returns their number.
  std::size_t fill(std::size_t next, std::size_t most) {
    const auto context = static_cast<std::size_t>(engine_.context());
    block_ = history_.context(context / 2 * fields_);
    old_ = block_.size() / fields_;
    const std::size_t fresh = std::min(context - old_, most);
    for (std::size_t k = next * fields_; k < (next + fresh + 1) * fields_; ++k)
      block_.push_back(id(k));
    if (output_.shifted) {
      rows_.resize(block_.size());
      shift_fields<TokenId>(block_, fields_, rows_);
      block_.swap(rows_);
    }
    const auto all = std::span<const TokenId>(block_);
    cache_.truncate(0);
    logits_.resize((all.size() - fields_) * size_);
    engine_.model().forward_all(all.first(all.size() - fields_), cache_, workspace_, logits_,
                                all.subspan(fields_));
    return fresh;
  }

  void add(std::span<const float> logits, TokenId target, std::span<const IdRange> legal) {
    ++total_.tokens;
    if (output_.compound && target == kPadId) return;
    const IdRange everything[] = {{0, static_cast<TokenId>(size_)}};
    const double logit = logits[static_cast<std::size_t>(target)];
    const double nats = log_sum(logits, everything) - logit;
    total_.nats += nats;
    total_.nats_of[attributes_[static_cast<std::size_t>(target)]] += nats;
    total_.nats_legal += log_sum(logits, legal) - logit;
  }

  void score_step(std::size_t step, std::span<const float> row) {
    for (std::size_t field = 0; field < fields_; ++field) {
      const TokenId target = ids_[step * fields_ + field];
      grammar_.allowed(*reader_, legal_);
      add(row.subspan(field * size_, size_), target, legal_);
      for (const TokenId base : tokenizer_.expansion(target)) reader_->push(base);
    }
  }

  /// The fields in one row of delayed steps, the first of which is field 0 of step `step`. A piece
  /// in its order is legal in theirs, for what is missing is taken for the lowest.
  void score_row(std::size_t step, std::span<const float> row) {
    const auto score = [&](int field, const TokenMask& mask, const EventReader&) {
      const auto s = static_cast<std::size_t>(field);
      const TokenId target = ids_[(step - s) * fields_ + s];
      add(row.subspan(s * size_, size_), target, mask.ranges());
      return target;
    };
    delayed_->write_row(*reader_, step * fields_ < ids_.size(), score);
    if (step >= fields_) read(step - (fields_ - 1));
  }

  const Engine& engine_;
  const Tokenizer& tokenizer_;
  OutputSpec output_;
  std::size_t fields_, size_;
  std::vector<std::uint8_t> attributes_;  // of each token
  std::span<const TokenId> ids_;
  Workspace& workspace_;
  KvCache cache_;
  TokenHistory history_;
  std::unique_ptr<EventReader> reader_;
  MergeGrammar grammar_;
  std::optional<DelayedSteps> delayed_;
  std::vector<IdRange> legal_;
  std::vector<TokenId> block_, rows_;  // the steps in the model's context, and the one that follows
  std::size_t old_ = 0;                // of these, steps that were scored before
  std::vector<float> logits_;
  Likelihood total_;
};

}  // namespace

Result<Likelihood> likelihood(const Engine& engine, std::span<const TokenId> ids,
                              Workspace& workspace) {
  return Scorer(engine, ids, workspace).run();
}

}  // namespace sage
