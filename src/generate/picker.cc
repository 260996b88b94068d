#include "generate/picker.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sage {
namespace {

// When the context is full, this share of it is kept and read again behind a fresh header, so that
// the model always sees what it saw in training: a header and whole bars.
constexpr double kKeptContext = 0.6;

// Up to so many ranges of legal ids their logits are computed range by range.
constexpr std::size_t kMostRanges = TokenMask::kCapacity;

}  // namespace

Picker::Picker(std::shared_ptr<const Engine> engine, const SamplerOptions& sampler,
               std::uint64_t seed, int threads)
    : engine_(std::move(engine)),
      merges_(engine_->tokenizer().trie()),
      random_(seed),
      sampler_(sampler, engine_->tokenizer().size()),
      cache_(engine_->model().config(), {.type = engine_->cache_type()}),
      workspace_(std::make_unique<Workspace>(engine_->model().config(),
                                             WorkspaceOptions{.threads = threads})),
      logits_(static_cast<std::size_t>(engine_->tokenizer().size())),
      fields_(static_cast<std::size_t>(engine_->model().config().fields)) {}

void Picker::forget() {
  cache_.truncate(0);
  forwarded_ = 0;
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
  const std::size_t unread = (whole - forwarded_) / fields_;
  if (static_cast<std::size_t>(cache_.length()) + unread > capacity) {
    cache_.truncate(0);
    const auto budget = static_cast<std::size_t>(kKeptContext * engine_->context());
    auto context = history.context(budget * fields_ + begun);
    context.resize(context.size() - begun);
    engine_->model().forward(context, cache_, *workspace_);
  } else if (unread > 0) {
    engine_->model().forward(history.all().subspan(forwarded_, unread * fields_), cache_,
                             *workspace_);
  }
  forwarded_ = whole;
}

void Picker::read_rows(DelayedSteps& steps, const TokenHistory& history) {
  if (steps.rows() > static_cast<std::size_t>(engine_->context())) {
    cache_.truncate(0);
    const auto budget = static_cast<std::size_t>(kKeptContext * engine_->context());
    steps.start(history.context(budget * fields_));
  }
  const auto first = static_cast<std::size_t>(cache_.length());
  rows_.resize((steps.rows() - first) * fields_);
  for (std::size_t at = 0; at < rows_.size(); at += fields_)
    steps.copy_row(first + at / fields_, std::span(rows_).subspan(at, fields_));
  engine_->model().forward(rows_, cache_, *workspace_);
}

TokenId Picker::pick(const EventReader& reader, const TokenHistory& history) {
  const auto ids = legal(reader);
  if (ids.size() == 1 && ids.front().end == ids.front().begin + 1) return ids.front().begin;
  read(history);
  return draw(static_cast<int>(history.size() % fields_), ids, history);
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
