// The backend of this machine's processor: a Model, a pool of K/V pages, a cache a sequence.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "nn/backend.h"
#include "nn/kv_cache.h"
#include "nn/workspace.h"

namespace sage {

class CpuBackend final : public Backend {
 public:
  struct Options {
    int threads = 1;
    int block = WorkspaceOptions{}.block;
    DType cache = DType::kF32;
    int sequences = 1024;  // at most
  };

  /// The model must outlive the backend.
  CpuBackend(const Model& model, const Options& options);

  int block() const override { return workspace_.block(); }
  int fields() const override { return model_.config().fields; }
  int vocabulary() const override { return model_.config().vocab_size; }
  Result<Sequence> create() override;
  void release(Sequence sequence) noexcept override;
  void share(Sequence from, std::int64_t steps, Sequence to) noexcept override;
  void truncate(Sequence sequence, std::int64_t steps) noexcept override;
  void append(std::span<const Piece> pieces, bool last_only) noexcept override;
  void logits(int row, int field, std::span<const std::int32_t> chosen,
              std::span<const RowRange> ranges, std::span<float> out) noexcept override;
  std::size_t bytes() const override { return pool_->bytes(); }

 private:
  KvCache& cache(Sequence sequence) { return *caches_[static_cast<std::size_t>(sequence)]; }

  const Model& model_;
  int most_;
  Workspace workspace_;
  std::shared_ptr<KvPool> pool_;
  std::vector<std::optional<KvCache>> caches_;  // by sequence
  int in_use_ = 0;
  // The pass at hand: its ids, and the cache of each row.
  std::vector<std::int32_t> ids_;
  std::vector<KvCache*> rows_;
  int selected_ = -1;  // the row whose logits are to be had
};

}  // namespace sage
