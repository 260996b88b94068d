#include "generate/read_history.h"

#include <utility>

namespace sage {
namespace {

constexpr std::size_t kSpareTokens = 8;

}  // namespace

ReadHistory::ReadHistory(std::shared_ptr<const Engine> engine, int threads)
    : engine_(std::move(engine)),
      cache_(engine_->model().config(), {.type = engine_->cache_type()}),
      threads_(threads),
      workspace_(std::make_unique<Workspace>(engine_->model().config(),
                                             WorkspaceOptions{.threads = threads})) {}

ReadHistory::ReadHistory(const ReadHistory& other, KvCache cache)
    : engine_(other.engine_),
      cache_(std::move(cache)),
      threads_(other.threads_),
      workspace_(std::make_unique<Workspace>(engine_->model().config(),
                                             WorkspaceOptions{.threads = threads_})),
      forwarded_(other.forwarded_),
      verbatim_(other.verbatim_),
      stale_(true) {}

ReadHistory ReadHistory::fork() const { return ReadHistory(*this, cache_.fork()); }

void ReadHistory::read(const TokenHistory& history) {
  const auto all = history.all();
  if (stale_ && forwarded_ == all.size()) cut(forwarded_);
  stale_ = false;
  const auto unread = all.subspan(forwarded_);
  if (unread.empty()) return;
  if (!fits(unread.size())) {
    const auto budget = static_cast<std::size_t>(engine_->kept_context());
    const std::vector<TokenId> context = history.context(budget);
    std::size_t same = 0;
    while (same < context.size() &&
           context[context.size() - 1 - same] == all[all.size() - 1 - same])
      ++same;
    verbatim_ = all.size() - same;
    cache_.truncate(0);
    engine_->model().forward(context, cache_, *workspace_);
  } else {
    engine_->model().forward(unread, cache_, *workspace_);
  }
  forwarded_ = all.size();
}

bool ReadHistory::read_some(const TokenHistory& history, std::size_t tokens) {
  const auto unread = history.all().subspan(forwarded_);
  if (unread.size() <= tokens || !fits(unread.size())) {
    read(history);
    return true;
  }
  engine_->model().forward(unread.first(tokens), cache_, *workspace_);
  forwarded_ += tokens;
  stale_ = false;
  return false;
}

bool ReadHistory::fits(std::size_t unread) const {
  const auto length = static_cast<std::size_t>(cache_.length());
  return length + unread + kSpareTokens <= static_cast<std::size_t>(engine_->context());
}

void ReadHistory::cut(std::size_t size) {
  // The state behind the last token left is gone, so that token is read once more.
  const std::size_t wanted = size > 0 ? size - 1 : 0;
  if (wanted >= forwarded_) return;
  if (wanted <= verbatim_) {
    cache_.truncate(0);
    forwarded_ = verbatim_ = 0;
  } else {
    cache_.truncate(cache_.length() - static_cast<std::int64_t>(forwarded_ - wanted));
    forwarded_ = wanted;
  }
}

void ReadHistory::propose(TokenId id) { engine_->model().forward({&id, 1}, cache_, *workspace_); }

void ReadHistory::retract() {
  cache_.truncate(cache_.length() - 1);
  stale_ = true;
}

void ReadHistory::logits(std::span<const IdRange> ids, std::vector<float>& out) {
  rows_.clear();
  std::size_t count = 0;
  for (const IdRange& range : ids) {
    rows_.push_back({range.begin, range.end});
    count += static_cast<std::size_t>(range.end - range.begin);
  }
  out.resize(count);
  engine_->model().logits(*workspace_, rows_, out);
}

}  // namespace sage
