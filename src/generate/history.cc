#include "generate/history.h"

#include <algorithm>

namespace sage {

void TokenHistory::push(TokenId id) {
  switch (vocabulary_->event(id).kind) {
    case Kind::kStart:
      body_ = tokens_.size() + 1;
      break;
    case Kind::kBar:
      bars_.push_back({tokens_.size(), meter(), tempo()});
      break;
    case Kind::kTimeSignature:
      bars_.back().meter = id;
      break;
    case Kind::kTempo:
      bars_.back().tempo = id;
      break;
    default:
      break;
  }
  tokens_.push_back(id);
}

std::vector<TokenId> TokenHistory::context(std::size_t budget) const {
  if (tokens_.size() <= budget) return tokens_;
  const auto kind = [&](std::size_t i) { return vocabulary_->event(tokens_[i]).kind; };
  const std::vector<TokenId> tail(tokens_.end() - static_cast<std::ptrdiff_t>(budget),
                                  tokens_.end());
  const std::size_t prefix = body_ + 3;  // header, BAR, TIME_SIGNATURE, TEMPO
  if (bars_.empty() || prefix >= budget) return tail;
  const std::size_t earliest = tokens_.size() - (budget - prefix);
  auto mark = std::find_if(bars_.begin(), bars_.end(),
                           [&](const BarMark& bar) { return bar.index >= earliest; });
  if (mark == bars_.end()) --mark;
  std::size_t first = mark->index + 1;
  while (first < tokens_.size() &&
         (kind(first) == Kind::kTimeSignature || kind(first) == Kind::kTempo))
    ++first;
  if (first < earliest) {
    first = earliest;
    while (first < tokens_.size() && kind(first) != Kind::kPosition) ++first;
    if (first == tokens_.size()) return tail;
  }
  std::vector<TokenId> context(tokens_.begin(),
                               tokens_.begin() + static_cast<std::ptrdiff_t>(body_));
  context.push_back(vocabulary_->id(Kind::kBar));
  if (mark->meter >= 0) context.push_back(mark->meter);
  if (mark->tempo >= 0) context.push_back(mark->tempo);
  context.insert(context.end(), tokens_.begin() + static_cast<std::ptrdiff_t>(first),
                 tokens_.end());
  return context;
}

}  // namespace sage
