#include "generate/history.h"

#include <algorithm>

namespace sage {
namespace {

/// Whether a note may begin with a token of this kind, after any other note. In a scheme of
/// metrical steps POSITION is the second field of one, and a note needs one before it.
bool begins_a_place(Kind kind, const Vocabulary& vocabulary) {
  if (vocabulary.has(Kind::kMetrical)) return kind == Kind::kMetrical;
  return kind == Kind::kPosition || kind == Kind::kTimeShift || kind == Kind::kNote;
}

/// What may follow BAR before the first note.
bool is_head(Kind kind) {
  return kind == Kind::kTimeSignature || kind == Kind::kTempo || kind == Kind::kPad;
}

}  // namespace

void TokenHistory::push(TokenId id) {
  for (const TokenId base : tokenizer_->expansion(id)) push_base(base);
  tokens_.push_back(id);
  if (base_.size() == base_body_) body_ = tokens_.size();
}

void TokenHistory::push_base(TokenId id) {
  switch (tokenizer_->vocabulary().event(id).kind) {
    case Kind::kStart:
      base_body_ = base_.size() + static_cast<std::size_t>(tokenizer_->stride());
      break;
    case Kind::kBar: {
      const BarMark last = bars_.empty() ? BarMark{0, -1, -1} : bars_.back();
      bars_.push_back({base_.size(), last.meter, last.tempo});
      break;
    }
    case Kind::kTimeSignature:
      bars_.back().meter = id;
      break;
    case Kind::kTempo:
      bars_.back().tempo = id;
      break;
    default:
      break;
  }
  base_.push_back(id);
}

void TokenHistory::cut(std::size_t size) {
  tokens_.resize(size);
  base_.resize(size);
  while (!bars_.empty() && bars_.back().index >= size) bars_.pop_back();
}

std::vector<TokenId> TokenHistory::context(std::size_t budget) const {
  if (tokens_.size() <= budget) return tokens_;
  if (!tokenizer_->has_merges()) return base_context(budget);
  // How many base ids make `budget` tokens shows only when they are merged; never more tokens than
  // ids. The first guess is what the stream needed so far.
  const double ratio = static_cast<double>(base_.size()) / static_cast<double>(tokens_.size());
  for (auto ids = static_cast<std::size_t>(ratio * static_cast<double>(budget)); ids > budget;
       ids = ids * 9 / 10) {
    auto context = tokenizer_->merge(base_context(ids));
    if (context.size() <= budget) return context;
  }
  return tokenizer_->merge(base_context(budget));
}

std::vector<TokenId> TokenHistory::base_context(std::size_t budget) const {
  const Vocabulary& vocabulary = tokenizer_->vocabulary();
  const auto kind = [&](std::size_t i) { return vocabulary.event(base_[i]).kind; };
  const std::vector<TokenId> tail(
      base_.end() - static_cast<std::ptrdiff_t>(std::min(budget, base_.size())), base_.end());
  // Header, BAR, TIME_SIGNATURE, TEMPO.
  const std::size_t prefix = base_body_ + 3 * static_cast<std::size_t>(tokenizer_->stride());
  if (bars_.empty() || prefix >= budget) return tail;
  if (base_.size() <= budget) return base_;
  const std::size_t earliest = base_.size() - (budget - prefix);
  auto mark = std::find_if(bars_.begin(), bars_.end(),
                           [&](const BarMark& bar) { return bar.index >= earliest; });
  // Whole bars, if they fill at least half of the budget. After a very long bar, the few short bars
  // alone would be too little context.
  const bool is_enough =
      mark != bars_.end() && 2 * (base_.size() - mark->index) >= base_.size() - earliest;
  if (!is_enough && mark != bars_.begin()) --mark;
  std::size_t first = mark->index + 1;
  while (first < base_.size() && is_head(kind(first))) ++first;
  if (first < earliest) {
    first = earliest;
    while (first < base_.size() && !begins_a_place(kind(first), vocabulary)) ++first;
    if (first == base_.size()) return tail;
  }
  std::vector<TokenId> context(base_.begin(),
                               base_.begin() + static_cast<std::ptrdiff_t>(base_body_));
  for (const TokenId id : {vocabulary.id(Kind::kBar), mark->meter, mark->tempo})
    if (id >= 0) tokenizer_->put_structure(id, context);
  context.insert(context.end(), base_.begin() + static_cast<std::ptrdiff_t>(first), base_.end());
  return context;
}

}  // namespace sage
