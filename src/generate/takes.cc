#include "generate/takes.h"

#include <algorithm>
#include <utility>

namespace sage {

Result<Takes> Takes::create(std::shared_ptr<const Engine> engine, const Request& request, int count,
                            int threads) {
  if (count < 1 || count > 1'000)
    return fail(ErrorCode::kInvalidArgument, "takes must lie between 1 and 1000");
  if (engine->model().output().compound)
    return fail(ErrorCode::kUnsupported,
                "a model whose steps have several fields writes one take at a time");
  auto workspace =
      std::make_shared<Workspace>(engine->model().config(), WorkspaceOptions{.threads = threads});
  Takes takes(std::move(engine), std::move(workspace));
  for (int i = 0; i < count; ++i) {
    Request one = request;
    one.seed += static_cast<std::uint64_t>(i);
    auto stream =
        Generator::create(takes.engine_, one, {.drafts = false, .workspace = takes.workspace_});
    if (!stream) return tl::unexpected(stream.error());
    takes.add(*std::move(stream));
    Generator& first = takes.streams_.front();
    Generator& last = takes.streams_.back();
    if (!first.prompt_) continue;  // without a prompt each names its own ensemble
    if (i == 0)
      first.picker_.read_ahead(first.history_);
    else if (std::ranges::equal(first.tokens(), last.tokens()))
      last.picker_.start_like(first.picker_);
  }
  return takes;
}

bool Takes::advance() {
  bool alive = false;
  for (Generator& stream : streams_) {
    if (!stream.settle()) continue;
    alive = true;
    const auto unread = stream.picker_.hand_over(stream.history_);
    if (ids_.size() + unread.size() > static_cast<std::size_t>(workspace_->block())) draw();
    ids_.insert(ids_.end(), unread.begin(), unread.end());
    caches_.insert(caches_.end(), unread.size(), &stream.picker_.cache());
    waiting_.push_back({&stream, static_cast<int>(ids_.size()) - 1});
  }
  draw();
  return alive;
}

int Takes::bars() const {
  int bars = 0;
  for (const Generator& stream : streams_)
    bars += stream.steering_.bars_begun() - stream.prompt_bars_;
  return bars;
}

/// One pass for all that wait, and a token for each.
void Takes::draw() {
  if (waiting_.empty()) return;
  engine_->model().forward_batch(ids_, caches_, *workspace_);
  for (const auto& [stream, last] : waiting_) {
    engine_->model().select(*workspace_, last);
    const TokenId id = stream->picker_.draw(stream->steering_, stream->history_);
    stream->judge_end(id);
    stream->take(id);
  }
  ids_.clear();
  caches_.clear();
  waiting_.clear();
}

}  // namespace sage
