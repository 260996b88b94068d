#include "nn/model.h"

#include <algorithm>
#include <utility>

#include "nn/field_head.h"
#include "nn/forward_pass.h"

namespace sage {
namespace {

/// Rows of the output head that lie in ranges, as a job of one step.
struct Projection {
  void (*matmul)(const MatmulArgs&) noexcept;
  const PackedLinear& head;
  const MatmulArgs& args;  // but for rows
  std::span<const RowRange> ranges;
  float* out;
  std::int64_t rows;  // of all ranges
  int parts;

  int items(int) const noexcept { return parts; }
  /// Where a part begins: at whole panels, as far as the ranges allow.
  std::int64_t begin_of(int part) const {
    return part == parts ? rows : rows * part / parts / kPanelRows * kPanelRows;
  }
  void run(int, int part, int) const noexcept {
    const std::int64_t begin = begin_of(part), end = begin_of(part + 1);
    std::int64_t first = 0;  // row of `out` where a range begins
    for (const RowRange& range : ranges) {
      const std::int64_t count = range.end - range.begin;
      const std::int64_t from = std::max(begin, first), to = std::min(end, first + count);
      if (from < to) {
        MatmulArgs some = args;
        const std::int64_t row = range.begin + from - first;
        const std::int64_t panel_row = row / kPanelRows * kPanelRows;
        some.weight = head.panels(0, panel_row);
        some.scale = head.scales_of(0, panel_row);
        some.row_begin = row - panel_row;
        some.row_end = some.row_begin + to - from;
        some.y = out + from;
        matmul(some);
      }
      first += count;
    }
  }
};

}  // namespace

Model::Model(std::shared_ptr<const Weights> weights, const KernelTable& kernels)
    : weights_(std::move(weights)),
      packed_(*weights_),
      kernels_(&kernels),
      output_(output_of(config())) {
  for (int layer = 0; layer < config().layers; ++layer) {
    const AttentionSpec attention = attention_of(config(), layer);
    QueryHeads& heads = query_heads_.emplace_back(static_cast<std::size_t>(attention.kv_heads));
    for (int head = 0; head < attention.query_heads; ++head) {
      const int group = attention.kv_head_of[static_cast<std::size_t>(head)];
      heads[static_cast<std::size_t>(group)].push_back(head);
    }
  }
}

std::int64_t Model::advance(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
                            Outputs outputs, AttentionObserver* observer) const noexcept {
  const auto fields = static_cast<std::size_t>(config().fields);
  const std::size_t steps = ids.size() / fields;
  const std::size_t count = std::min(steps, static_cast<std::size_t>(workspace.block_));
  if (outputs == Outputs::kLast && count < steps) outputs = Outputs::kNone;
  KvCache* const caches[] = {&cache};
  run(ids.first(count * fields), caches, workspace, outputs, observer);
  return static_cast<std::int64_t>(count);
}

void Model::run(std::span<const std::int32_t> ids, std::span<KvCache* const> caches,
                Workspace& workspace, Outputs outputs, AttentionObserver* observer) const noexcept {
  ForwardPass({*weights_, packed_, *kernels_, query_heads_, caches, workspace, observer}, ids,
              outputs)
      .run();
  if (outputs != Outputs::kNone)
    select(workspace, static_cast<int>(ids.size()) / config().fields - 1);
}

void Model::select(Workspace& workspace, int i) const noexcept {
  const std::size_t d = workspace.d_model_;
  std::copy_n(workspace.states_.as_floats() + static_cast<std::size_t>(i) * d, d,
              workspace.hidden_.as_floats());
}

void Model::forward_steps(std::span<const std::int32_t> ids, KvCache& cache,
                          Workspace& workspace) const noexcept {
  KvCache* const caches[] = {&cache};
  run(ids, caches, workspace, Outputs::kAll);
}

void Model::forward_batch(std::span<const std::int32_t> ids, std::span<KvCache* const> caches,
                          Workspace& workspace) const noexcept {
  run(ids, caches, workspace, Outputs::kAll);
}

void Model::forward(std::span<const std::int32_t> ids, KvCache& cache,
                    Workspace& workspace) const noexcept {
  while (!ids.empty()) {
    const std::int64_t count = advance(ids, cache, workspace, Outputs::kLast);
    ids = ids.subspan(static_cast<std::size_t>(count * config().fields));
  }
}

void Model::forward_all(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
                        std::span<float> out, std::span<const std::int32_t> next) const noexcept {
  const RowRange everything = {0, config().vocab_size};
  const int fields = config().fields;
  const std::int64_t stride = std::int64_t{fields} * everything.end;
  float* at = out.data();
  while (!ids.empty()) {
    const std::int64_t count = advance(ids, cache, workspace, Outputs::kAll);
    const float* const states = workspace.states_.as_floats();
    for (int field = 0; field < fields; ++field) {
      const float* rows = states;
      if (output_.compound)
        rows = FieldHead(*weights_, packed_, *kernels_, workspace, field, states, count, next,
                         static_cast<std::size_t>(fields))
                   .run();
      project(workspace, rows, count, {&everything, 1}, at + field * everything.end, stride);
    }
    at += count * stride;
    const auto used = static_cast<std::size_t>(count * fields);
    ids = ids.subspan(used);
    if (!next.empty()) next = next.subspan(used);
  }
}

void Model::observe(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
                    AttentionObserver& observer) const noexcept {
  const auto fields = static_cast<std::size_t>(config().fields);
  while (!ids.empty())
    ids = ids.subspan(fields * static_cast<std::size_t>(
                                   advance(ids, cache, workspace, Outputs::kAll, &observer)));
}

void Model::logits(Workspace& workspace, std::span<const RowRange> rows,
                   std::span<float> out) const noexcept {
  field_logits(workspace, 0, {}, rows, out);
}

void Model::logits(Workspace& workspace, std::span<float> out) const noexcept {
  const RowRange everything = {0, config().vocab_size};
  field_logits(workspace, 0, {}, {&everything, 1}, out);
}

void Model::field_logits(Workspace& workspace, int field, std::span<const std::int32_t> chosen,
                         std::span<const RowRange> rows, std::span<float> out) const noexcept {
  const float* state = workspace.hidden_.as_floats();
  if (output_.compound)
    state = FieldHead(*weights_, packed_, *kernels_, workspace, field, state, 1, chosen, 0).run();
  project(workspace, state, 1, rows, out.data(), static_cast<std::int64_t>(out.size()));
}

void Model::project(Workspace& workspace, const float* states, std::int64_t tokens,
                    std::span<const RowRange> ranges, float* out,
                    std::int64_t stride) const noexcept {
  const PackedLinear& head = packed_.head();
  std::int64_t rows = 0;
  for (const RowRange& range : ranges) rows += range.end - range.begin;
  MatmulArgs args;
  args.in = head.in;
  args.index = workspace.identity_.data();
  args.tokens = tokens;
  args.x = states;
  args.x_stride = head.in;
  args.y_stride = stride;
  if (head.type == WeightType::kI8) {
    Workspace::Local& local = workspace.locals_.front();
    auto* const narrowed = reinterpret_cast<std::int8_t*>(local.narrowed.bytes());
    for (std::int64_t token = 0; token < tokens; ++token)
      kernels_->quantise(states + token * head.in, head.in,
                         narrowed + token * workspace.operand_stride_,
                         &local.scale[static_cast<std::size_t>(token)]);
    args.x = narrowed;
    args.x_stride = workspace.operand_stride_;
    args.x_scale = local.scale.data();
  }
  Projection job = {kernels_->matmul(head.type), head, args, ranges, out, rows, 1};
  if (rows * tokens * head.in < kWorthSharing) return job.run(0, 0, 0);
  job.parts = workspace.threads();
  workspace.team_.run(job, 1);
}

}  // namespace sage
