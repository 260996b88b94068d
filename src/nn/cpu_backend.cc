#include "nn/cpu_backend.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sage {

CpuBackend::CpuBackend(const Model& model, const Options& options)
    : model_(model),
      most_(options.sequences),
      workspace_(model.config(), {.threads = options.threads, .block = options.block}),
      pool_(std::make_shared<KvPool>(model.config(), KvCacheOptions{.type = options.cache})) {
  const auto block = static_cast<std::size_t>(workspace_.block());
  ids_.reserve(block * static_cast<std::size_t>(fields()));
  rows_.reserve(block);
}

Result<Backend::Sequence> CpuBackend::create() {
  if (in_use_ == most_)
    return fail(ErrorCode::kLimit, "all " + std::to_string(most_) + " places are taken");
  ++in_use_;
  auto free = std::find(caches_.begin(), caches_.end(), std::nullopt);
  if (free == caches_.end()) free = caches_.emplace(caches_.end());
  free->emplace(pool_);
  return static_cast<Sequence>(free - caches_.begin());
}

void CpuBackend::release(Sequence sequence) noexcept {
  caches_[static_cast<std::size_t>(sequence)].reset();
  --in_use_;
}

void CpuBackend::share(Sequence from, std::int64_t steps, Sequence to) noexcept {
  cache(to).copy_from(cache(from));
  cache(to).truncate(steps);
}

void CpuBackend::truncate(Sequence sequence, std::int64_t steps) noexcept {
  cache(sequence).truncate(steps);
}

void CpuBackend::append(std::span<const Piece> pieces, bool last_only) noexcept {
  selected_ = -1;
  if (pieces.size() == 1) {
    const Piece& piece = pieces.front();
    if (last_only) {
      model_.forward(piece.ids, cache(piece.sequence), workspace_);
      selected_ = static_cast<int>(piece.ids.size()) / fields() - 1;
    } else {
      model_.forward_steps(piece.ids, cache(piece.sequence), workspace_);
    }
    return;
  }
  ids_.clear();
  rows_.clear();
  for (const Piece& piece : pieces) {
    ids_.insert(ids_.end(), piece.ids.begin(), piece.ids.end());
    rows_.insert(rows_.end(), piece.ids.size() / static_cast<std::size_t>(fields()),
                 &cache(piece.sequence));
  }
  model_.forward_batch(ids_, rows_, workspace_);
}

void CpuBackend::logits(int row, int field, std::span<const std::int32_t> chosen,
                        std::span<const RowRange> ranges, std::span<float> out) noexcept {
  if (std::exchange(selected_, row) != row) model_.select(workspace_, row);
  model_.field_logits(workspace_, field, chosen, ranges, out);
}

}  // namespace sage
