#include "apps/bench/kernels.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <vector>

namespace sage::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRuns = 40;

/// A job of one step: the team does the parts of `body(part, parts)`.
template <class Body>
struct Parts {
  const Body& body;
  int parts;
  int items(int) const { return parts; }
  void run(int, int part, int) const { body(part, parts); }
};

/// Seconds of the fastest of several runs.
template <class Body>
double fastest(Team& team, const Body& body) {
  Parts<Body> job = {body, team.size() == 1 ? 1 : 2 * team.size()};
  double best = 1e9;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = Clock::now();
    team.run(job, 1);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

/// One token's operands for any layer, and room for its results.
struct Operands {
  explicit Operands(const ModelConfig& config)
      : width(static_cast<std::size_t>(std::max({config.d_model, config.d_ff, config.vocab_size}))),
        x(width, 0.5f),
        y(width) {
    x8.assign(width + 7, 64);
    group_sums.assign(static_cast<std::size_t>(group_count(static_cast<std::int64_t>(width))),
                      kGroupColumns * 64);
  }
  std::size_t width;
  std::vector<float> x, y;
  std::vector<std::int8_t> x8;
  std::vector<std::int32_t> group_sums;
  RowScale scale = {1, 0};
  std::int32_t index = 0;
};

/// Rows of one linear layer, part `part` of `parts`.
void multiply(const KernelTable& kernels, const PackedLinear& linear, Operands& operands, int part,
              int parts) {
  if (linear.out == 0) return;
  const std::int64_t panels = panel_count(linear.out);
  MatmulArgs args;
  args.weight = linear.panels(0);
  args.scale = linear.scales_of(0);
  args.group_scale = linear.group_scales_of(0);
  args.group_sums = operands.group_sums.data();
  args.in = linear.in;
  args.row_begin = std::min(linear.out, panels * part / parts * kPanelRows);
  args.row_end = std::min(linear.out, panels * (part + 1) / parts * kPanelRows);
  args.index = &operands.index;
  args.tokens = 1;
  args.x =
      is_integer(linear.type) ? static_cast<const void*>(operands.x8.data()) : operands.x.data();
  args.x_scale = &operands.scale;
  args.y = operands.y.data() + args.row_begin;
  kernels.matmul(linear.type)(args);
}

/// Attention of one token over whole pages of the cache, every query head of every layer.
void attend(const KernelTable& kernels, const ModelConfig& config,
            std::span<const AttentionSpec> specs, const KvCache& cache, int context, int part,
            int parts) {
  const int pages = context / kPageTokens, dim = config.head_dim();
  const std::vector<float> query(static_cast<std::size_t>(dim), 0.1f);
  const std::vector<std::int8_t> query8(static_cast<std::size_t>(dim) + 3, 1);
  const RowScale scale = {0.1f, dim};
  const void* const row =
      cache.type() == DType::kI8 ? static_cast<const void*>(query8.data()) : query.data();
  std::vector<float> out(static_cast<std::size_t>((part_width(dim) + 2) * config.heads));
  const auto heads = static_cast<std::size_t>(config.heads);
  std::vector<const void*> queries(heads, row);
  std::vector<const RowScale*> scales(heads, &scale);
  std::vector<float*> outs;
  for (int i = 0; i < config.heads; ++i) outs.push_back(out.data() + i * (part_width(dim) + 2));
  for (int layer = 0; layer < config.layers; ++layer) {
    const AttentionSpec& spec = specs[static_cast<std::size_t>(layer)];
    for (int head = 0; head < spec.kv_heads; ++head)
      for (int page = pages * part / parts; page < pages * (part + 1) / parts; ++page) {
        const auto plane = cache.plane(head, layer, std::int64_t{page} * kPageTokens);
        AttendArgs args;
        args.keys = plane.keys;
        args.values = plane.values;
        args.key_scale = plane.key_scale;
        args.value_scale = plane.value_scale;
        args.head_dim = dim;
        args.end = kPageTokens;
        args.queries =
            static_cast<int>(std::count(spec.kv_head_of.begin(), spec.kv_head_of.end(), head));
        args.query = queries.data();
        args.query_scale = scales.data();
        args.out = outs.data();
        kernels.attend(cache.type())(args);
      }
  }
}

}  // namespace

double read_bandwidth(const KernelTable& kernels, Team& team, std::size_t bytes) {
  const auto lines = static_cast<std::int64_t>(bytes) / kLineBytes;
  const AlignedBuffer memory(static_cast<std::size_t>(lines * kLineBytes));
  std::memset(memory.bytes(), 1, static_cast<std::size_t>(lines * kLineBytes));
  std::atomic<std::int32_t> sink{0};
  const double seconds = fastest(team, [&](int part, int parts) {
    const std::int64_t begin = lines * part / parts, end = lines * (part + 1) / parts;
    sink += kernels.read(memory.bytes() + begin * kLineBytes, (end - begin) * kLineBytes);
  });
  return static_cast<double>(lines * kLineBytes) / seconds;
}

Json bench_kernels(const Engine& engine, const KvCache& cache, int context, Team& team) {
  const Model& model = engine.model();
  const ModelConfig& config = model.config();
  const KernelTable& kernels = model.kernels();
  std::vector<AttentionSpec> specs;
  for (int layer = 0; layer < config.layers; ++layer) specs.push_back(attention_of(config, layer));
  Operands operands(config);
  Json rows = Json::array();
  const auto add = [&](const std::string& name, std::size_t bytes, double seconds) {
    const double bandwidth = read_bandwidth(kernels, team, bytes);
    rows.push_back({{"kernel", name},
                    {"bytes", bytes},
                    {"microseconds", seconds * 1e6},
                    {"bytes_per_second", static_cast<double>(bytes) / seconds},
                    {"read_bytes_per_second", bandwidth},
                    {"share_of_reading", static_cast<double>(bytes) / seconds / bandwidth}});
  };
  using Layer = PackedWeights::Layer;
  const auto linears = [&](const std::string& name,
                           std::initializer_list<PackedLinear Layer::*> members) {
    std::size_t bytes = 0;
    for (int i = 0; i < config.layers; ++i)
      for (const auto member : members) bytes += (model.packed().layer(i).*member).bytes_a_bank();
    add(name, bytes, fastest(team, [&](int part, int parts) {
          for (int i = 0; i < config.layers; ++i)
            for (const auto member : members)
              multiply(kernels, model.packed().layer(i).*member, operands, part, parts);
        }));
  };
  linears("q, k, v", {&Layer::q, &Layer::k, &Layer::v});
  if (context >= kPageTokens) {
    const std::size_t tokens = static_cast<std::size_t>(context / kPageTokens) * kPageTokens;
    add("attention", tokens * cache.bytes_per_token(), fastest(team, [&](int part, int parts) {
          attend(kernels, config, specs, cache, context, part, parts);
        }));
  }
  linears("output", {&Layer::o});
  linears("gate, up", {&Layer::gate, &Layer::up});
  linears("down", {&Layer::down});
  add("logits", model.packed().head().bytes_a_bank(), fastest(team, [&](int part, int parts) {
        multiply(kernels, model.packed().head(), operands, part, parts);
      }));
  return rows;
}

}  // namespace sage::cli
