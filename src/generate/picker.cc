#include "generate/picker.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sage {
namespace {

// Where more of the context than this is used, it is read again before streams branch off.
constexpr double kRoomyContext = 0.8;

// Up to so many ranges of legal ids their logits are computed range by range.
constexpr std::size_t kMostRanges = TokenMask::kCapacity;

// A guess is read along if it and those before it come true with this probability: about what one
// more token costs a pass of the model (docs/results/speed.md).
constexpr double kWorthReading = 0.3;

bool is_single(std::span<const IdRange> ids) {
  return ids.size() == 1 && ids.front().end == ids.front().begin + 1;
}

}  // namespace

Picker::Picker(std::shared_ptr<const Engine> engine, const SamplerOptions& sampler,
               std::uint64_t seed, const PickerOptions& options)
    : engine_(std::move(engine)),
      merges_(engine_->tokenizer().trie()),
      random_(seed),
      sampler_(sampler, engine_->tokenizer().size()),
      cache_(engine_->model().config(), {.type = engine_->cache_type()}),
      workspace_(options.workspace != nullptr
                     ? options.workspace
                     : std::make_shared<Workspace>(engine_->model().config(),
                                                   WorkspaceOptions{.threads = options.threads})),
      logits_(static_cast<std::size_t>(engine_->tokenizer().size())),
      fields_(static_cast<std::size_t>(engine_->model().config().fields)) {
  if (options.drafts && options.workspace == nullptr && fields_ == 1) drafter_.emplace();
}

void Picker::forget() {
  cache_.truncate(0);
  forwarded_ = 0;
  drafted_ = 0;
  pass_.clear();
  if (drafter_) drafter_->forget();
}

std::span<const IdRange> Picker::legal(const EventReader& reader) {
  if (engine_->tokenizer().has_merges()) {
    merges_.allowed(reader, legal_);
    return legal_;
  }
  reader.allowed(mask_);
  return mask_.ranges();
}

/// Up to the last whole step.
void Picker::read(const TokenHistory& history) {
  const auto capacity = static_cast<std::size_t>(engine_->context());
  const std::size_t begun = history.size() % fields_, whole = history.size() - begun;
  settle_drafts(history.all().subspan(forwarded_, whole - forwarded_));
  const std::size_t unread = (whole - forwarded_) / fields_;
  if (static_cast<std::size_t>(cache_.length()) + unread > capacity) {
    engine_->model().forward(fresh_context(history, begun), cache_, *workspace_);
    pass_.clear();
  } else if (unread > 0) {
    advance(history.all().subspan(forwarded_, unread * fields_), history);
  }
  forwarded_ = whole;
}

/// What the model reads in place of a history that is too long, into an empty cache; but for the
/// fields of a step that is only begun.
std::vector<TokenId> Picker::fresh_context(const TokenHistory& history, std::size_t begun) {
  cache_.truncate(0);
  const auto budget = static_cast<std::size_t>(engine_->kept_context());
  auto context = history.context(budget * fields_ + begun);
  context.resize(context.size() - begun);
  return context;
}

/// Guesses that have come true count as read; if that leaves something unread, the others were
/// wrong, and the cache forgets them.
void Picker::settle_drafts(std::span<const TokenId> unread) {
  const auto guesses = std::span<const TokenId>(pass_).last(drafted_);
  const auto right = static_cast<std::size_t>(
      std::mismatch(unread.begin(), unread.end(), guesses.begin(), guesses.end()).first -
      unread.begin());
  forwarded_ += right;
  drafted_ -= right;
  counts_.accepted += static_cast<std::int64_t>(right);
  if (right == unread.size()) {
    if (!pass_.empty())
      engine_->model().select(*workspace_, static_cast<int>(pass_.size() - drafted_) - 1);
    return;
  }
  cache_.truncate(cache_.length() - static_cast<std::int64_t>(drafted_));
  drafted_ = 0;
}

/// Lets the model read what is new, and guesses behind it.
void Picker::advance(std::span<const TokenId> unread, const TokenHistory& history) {
  const auto block = static_cast<std::size_t>(workspace_->block());
  pass_.clear();
  if (unread.size() < block) ++counts_.passes;  // long prompts apart
  if (drafter_) drafter_->read(history.all());
  if (!drafter_ || unread.size() >= block) {
    engine_->model().forward(unread, cache_, *workspace_);
    return;
  }
  const std::size_t room =
      std::min(block, static_cast<std::size_t>(engine_->context() - cache_.length())) -
      unread.size();
  const auto draft = drafter_->draft(kWorthReading);
  pass_.assign(unread.begin(), unread.end());
  drafted_ = std::min(draft.size(), room);
  pass_.insert(pass_.end(), draft.begin(), draft.begin() + static_cast<std::ptrdiff_t>(drafted_));
  engine_->model().forward_steps(pass_, cache_, *workspace_);
  engine_->model().select(*workspace_, static_cast<int>(unread.size()) - 1);
  counts_.drafted += static_cast<std::int64_t>(drafted_);
}

void Picker::read_rows(DelayedSteps& steps, const TokenHistory& history) {
  if (steps.rows() > static_cast<std::size_t>(engine_->context())) {
    cache_.truncate(0);
    const auto budget = static_cast<std::size_t>(engine_->kept_context());
    steps.start(history.context(budget * fields_));
  }
  const auto first = static_cast<std::size_t>(cache_.length());
  rows_.resize((steps.rows() - first) * fields_);
  for (std::size_t at = 0; at < rows_.size(); at += fields_)
    steps.copy_row(first + at / fields_, std::span(rows_).subspan(at, fields_));
  engine_->model().forward(rows_, cache_, *workspace_);
}

std::optional<TokenId> Picker::forced(const EventReader& reader) {
  const auto ids = legal(reader);
  return is_single(ids) ? std::optional(ids.front().begin) : std::nullopt;
}

TokenId Picker::pick(const EventReader& reader, const TokenHistory& history) {
  const auto ids = legal(reader);
  if (is_single(ids)) return ids.front().begin;
  read(history);
  return draw(static_cast<int>(history.size() % fields_), ids, history);
}

TokenId Picker::draw(const EventReader& reader, const TokenHistory& history) {
  return draw(static_cast<int>(history.size() % fields_), legal(reader), history);
}

std::span<const TokenId> Picker::hand_over(const TokenHistory& history) {
  auto unread = history.all().subspan(forwarded_);
  forwarded_ = history.size();
  if (unread.empty()) {
    // A BAR that the request refused left the history as it was, or the history was read to its end
    // before: the last token is read once more. It need not be the history's, since behind BAR a
    // context says more.
    cache_.truncate(cache_.length() - 1);
  } else if (static_cast<std::size_t>(cache_.length()) + unread.size() >
             static_cast<std::size_t>(engine_->context())) {
    rows_ = fresh_context(history, 0);
    unread = rows_;
  }
  if (unread.size() > static_cast<std::size_t>(workspace_->block()) / 4) {
    engine_->model().forward(unread.first(unread.size() - 1), cache_, *workspace_);
    unread = unread.last(1);
  }
  if (!unread.empty())
    handed_.assign(unread.begin(), unread.end());
  else
    handed_.erase(handed_.begin(), handed_.end() - 1);
  return handed_;
}

void Picker::read_ahead(const TokenHistory& history) {
  const auto unread = history.all().subspan(forwarded_);
  const bool fits = unread.size() < static_cast<std::size_t>(engine_->context());
  if (!fits || unread.size() < 2) return;
  engine_->model().forward(unread.first(unread.size() - 1), cache_, *workspace_);
  forwarded_ = history.size() - 1;
}

void Picker::prepare_branches(const TokenHistory& history) {
  cache_.truncate(cache_.length() - static_cast<std::int64_t>(drafted_));
  drafted_ = 0;
  pass_.clear();
  const auto length = static_cast<std::size_t>(cache_.length()) + history.size() - forwarded_;
  if (static_cast<double>(length) <= kRoomyContext * engine_->context()) {
    read_ahead(history);
    return;
  }
  const auto context = fresh_context(history, 0);
  engine_->model().forward(context, cache_, *workspace_);
  forwarded_ = history.size();
  handed_.assign(1, context.back());  // hand_over() has it read once more
}

void Picker::start_like(const Picker& other) {
  cache_ = other.cache_.fork();
  forwarded_ = other.forwarded_;
  handed_ = other.handed_;
}

double Picker::log_odds(TokenId a, TokenId b, const TokenHistory& history) {
  const IdRange ids[] = {{a, a + 1}, {b, b + 1}};
  const auto logits = logits_of(static_cast<int>(history.size() % fields_), ids, history);
  return static_cast<double>(logits[0]) - static_cast<double>(logits[1]);
}

TokenId Picker::pick_field(int field, const TokenMask& mask, const TokenHistory& history) {
  const auto ids = mask.ranges();
  return mask.count() > 1 ? draw(field, ids, history) : ids.front().begin;
}

TokenId Picker::draw(int field, std::span<const IdRange> ids, const TokenHistory& history) {
  return sampler_.sample(ids, logits_of(field, ids, history), history.body(), random_);
}

/// The logits of the ids in a field of the step that is being written, one after another.
std::span<const float> Picker::logits_of(int field, std::span<const IdRange> ids,
                                         const TokenHistory& history) {
  std::size_t count = 0;
  for (const IdRange& range : ids) count += static_cast<std::size_t>(range.end - range.begin);
  const auto out = std::span(logits_).first(count);
  if (ids.size() <= kMostRanges) {
    std::array<RowRange, kMostRanges> rows;
    std::size_t used = 0;
    for (const IdRange& range : ids) rows[used++] = {range.begin, range.end};
    // Where fields are delayed, or heard by no other, what stands here matters to nobody.
    const auto chosen = history.all().last(history.size() % fields_);
    engine_->model().field_logits(*workspace_, field, chosen, std::span(rows).first(used), out);
    return out;
  }
  // Merged tokens are legal here and there: all rows at once are cheaper than each alone.
  engine_->model().logits(*workspace_, logits_);
  auto to = logits_.begin();
  for (const IdRange& range : ids)
    to = std::copy(logits_.begin() + range.begin, logits_.begin() + range.end, to);
  return out;
}

}  // namespace sage
