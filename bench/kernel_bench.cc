// Kernels and whole forward passes on every instruction set: how near decoding is to memory's speed
// and prefill to the multipliers'. Random weights; rates are per second of processor time.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "base/random.h"
#include "nn/model.h"

namespace sage {
namespace {

std::vector<float> random_floats(std::size_t count) {
  Random random(1);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.uniform() - 0.5);
  return values;
}

/// Reading memory and doing nothing with it, by every thread in a part of its own: the bound of all
/// that follows.
void read(benchmark::State& state, const KernelTable& kernels) {
  const AlignedBuffer memory(static_cast<std::size_t>(state.range(0)) << 20);
  const std::int64_t bytes = state.range(0) << 20;
  std::memset(memory.bytes(), 1, static_cast<std::size_t>(bytes));
  for (auto _ : state) benchmark::DoNotOptimize(kernels.read(memory.bytes(), bytes));
  state.counters["B/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(bytes),
                         benchmark::Counter::kIsRate);
}

/// One linear layer of `tokens` tokens: bytes of weights and multiplications a second.
void matmul(benchmark::State& state, const KernelTable& kernels, DType type) {
  const std::int64_t rows = state.range(0), in = state.range(1), tokens = state.range(2);
  const AlignedBuffer weight(static_cast<std::size_t>(panels_bytes(type, rows, in)));
  std::memset(weight.bytes(), 1, static_cast<std::size_t>(panels_bytes(type, rows, in)));
  const auto scale = random_floats(static_cast<std::size_t>(panel_count(rows) * kPanelRows));
  const auto x = random_floats(static_cast<std::size_t>(tokens * in));
  const std::int64_t groups = group_count(in);
  const std::vector<Bf16> group_scale(
      static_cast<std::size_t>(panels_bytes(DType::kBf16, rows, groups)) / sizeof(Bf16),
      to_bf16(1));
  std::vector<std::int32_t> group_sums(static_cast<std::size_t>(tokens * groups));
  std::vector<std::int8_t> x8(x.size());
  std::vector<RowScale> x_scale(static_cast<std::size_t>(tokens));
  std::vector<float> y(static_cast<std::size_t>(tokens * rows));
  std::vector<std::int32_t> index;
  for (std::int32_t i = 0; i < tokens; ++i) {
    index.push_back(i);
    kernels.quantise(&x[static_cast<std::size_t>(i * in)], in,
                     &x8[static_cast<std::size_t>(i * in)], &x_scale[static_cast<std::size_t>(i)]);
    kernels.sum_groups(&x8[static_cast<std::size_t>(i * in)], in,
                       &group_sums[static_cast<std::size_t>(i * groups)]);
  }
  const MatmulArgs args = {.weight = weight.bytes(),
                           .scale = scale.data(),
                           .group_scale = group_scale.data(),
                           .in = in,
                           .row_end = rows,
                           .index = index.data(),
                           .tokens = tokens,
                           .x = is_integer(type) ? static_cast<const void*>(x8.data()) : x.data(),
                           .x_stride = in,
                           .x_scale = x_scale.data(),
                           .group_sums = group_sums.data(),
                           .y = y.data(),
                           .y_stride = rows};
  for (auto _ : state) {
    kernels.matmul(type)(args);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  using benchmark::Counter;
  const auto runs = static_cast<double>(state.iterations());
  state.counters["weights_B/s"] =
      Counter(runs * static_cast<double>(panels_bytes(type, rows, in)), Counter::kIsRate);
  state.counters["MAC/s"] =
      Counter(runs * static_cast<double>(rows * in * tokens), Counter::kIsRate);
}

/// One page of keys and values, read by `queries` query heads.
void attend(benchmark::State& state, const KernelTable& kernels, DType type) {
  constexpr int kHeadDim = 64;
  const auto queries = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kElements = kPageTokens * kHeadDim;
  const AlignedBuffer keys(kElements * 4), values(kElements * 4);
  std::memset(keys.bytes(), 0, kElements * 4);
  std::memset(values.bytes(), 0, kElements * 4);
  const std::vector<float> scale(kPageTokens, 1);
  const auto q = random_floats(queries * kHeadDim);
  std::vector<std::int8_t> q8(q.size());
  std::vector<RowScale> q_scale(queries);
  std::vector<float> out(queries * (kHeadDim + 2));
  std::vector<const void*> query;
  std::vector<const RowScale*> query_scale;
  std::vector<float*> outs;
  for (std::size_t i = 0; i < queries; ++i) {
    kernels.quantise(&q[i * kHeadDim], kHeadDim, &q8[i * kHeadDim], &q_scale[i]);
    query.push_back(type == DType::kI8 ? static_cast<const void*>(&q8[i * kHeadDim])
                                       : &q[i * kHeadDim]);
    query_scale.push_back(&q_scale[i]);
    outs.push_back(&out[i * (kHeadDim + 2)]);
  }
  const AttendArgs args = {.keys = keys.bytes(),
                           .values = values.bytes(),
                           .key_scale = scale.data(),
                           .value_scale = scale.data(),
                           .head_dim = kHeadDim,
                           .end = kPageTokens,
                           .queries = static_cast<int>(queries),
                           .query = query.data(),
                           .query_scale = query_scale.data(),
                           .out = outs.data()};
  for (auto _ : state) {
    kernels.attend(type)(args);
    benchmark::ClobberMemory();
  }
  using benchmark::Counter;
  const auto runs = static_cast<double>(state.iterations());
  state.counters["keys/s"] = Counter(runs * kPageTokens, Counter::kIsRate);
  state.counters["cache_B/s"] =
      Counter(runs * 2 * kElements * static_cast<double>(size_of(type)), Counter::kIsRate);
}

struct Setting {
  const char* shape;
  const char* attention;
  DType type;  // of weights and cache
};

/// A model of a named shape over 700 tokens of 6 attributes, with a prompt in its cache.
struct Session {
  Session(const Setting& setting, int context, int threads)
      : model(weights(setting, context)),
        cache(model.config(), {.type = setting.type}),
        workspace(model.config(), {.threads = threads}) {
    Random random(2);
    for (int i = 0; i < context; ++i) ids.push_back(static_cast<std::int32_t>(random.below(700)));
  }

  static std::shared_ptr<const Weights> weights(const Setting& setting, int context) {
    ModelConfig config = shape_config(setting.shape).value();
    config.attention = setting.attention;
    config.kv_heads =
        make_attention(setting.attention, config.heads, 0, config.attributes)->kv_heads;
    config.vocab_size = 700;
    for (int id = 0; id < config.vocab_size; ++id)
      config.token_attributes.push_back(
          static_cast<std::uint8_t>(id * config.attributes / config.vocab_size));
    config.context = config.window = context + 1;
    return Weights::random(config, setting.type, 1).value();
  }

  Model model;
  KvCache cache;
  Workspace workspace;
  std::vector<std::int32_t> ids;
};

void decode(benchmark::State& state, const Setting& setting) {
  const int context = static_cast<int>(state.range(0));
  Session session(setting, context, static_cast<int>(state.range(1)));
  session.model.forward(session.ids, session.cache, session.workspace);
  std::vector<float> logits(700);
  for (auto _ : state) {
    session.model.forward(std::span(session.ids).first(1), session.cache, session.workspace);
    session.model.logits(session.workspace, logits);
    session.cache.truncate(context);
  }
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["kv_B/token"] = static_cast<double>(session.cache.bytes_per_token());
}

void prefill(benchmark::State& state, const Setting& setting) {
  const int context = static_cast<int>(state.range(0));
  Session session(setting, context, static_cast<int>(state.range(1)));
  for (auto _ : state) {
    session.cache.truncate(0);
    session.model.forward(session.ids, session.cache, session.workspace);
  }
  state.counters["tokens/s"] = benchmark::Counter(static_cast<double>(state.iterations()) * context,
                                                  benchmark::Counter::kIsRate);
}

void register_all() {
  using benchmark::RegisterBenchmark;
  const DType types[] = {DType::kF32, DType::kBf16, DType::kI8, DType::kI4};
  for (const KernelTable* table : supported_kernels()) {
    RegisterBenchmark(("read/" + std::string(table->name)).c_str(), read, *table)
        ->ArgName("MiB")
        ->Arg(1)
        ->Arg(8)
        ->Arg(16)
        ->Arg(64)
        ->UseRealTime()
        ->ThreadRange(1, 2);
    for (const DType type : types) {
      const std::string suffix = std::string(table->name) + "/" + std::string(to_string(type));
      RegisterBenchmark(("matmul/" + suffix).c_str(), matmul, *table, type)
          ->ArgNames({"rows", "in", "tokens"})
          ->Args({704, 256, 1})
          ->Args({704, 256, 32})
          ->Args({1408, 512, 1})
          ->Args({1408, 512, 32})
          ->Args({16384, 1024, 1});
      if (type == DType::kI4) continue;  // of weights only
      RegisterBenchmark(("attend/" + suffix).c_str(), attend, *table, type)
          ->ArgName("queries")
          ->Arg(1)
          ->Arg(8);
    }
  }
  for (const char* shape : {"small", "base"})
    for (const DType type : {DType::kF32, DType::kBf16, DType::kI8})
      for (const char* attention : {"mha", "mqa", "as-kvhs"}) {
        const Setting setting = {shape, attention, type};
        const std::string name =
            std::string(shape) + "/" + std::string(to_string(type)) + "/" + attention;
        RegisterBenchmark(("decode/" + name).c_str(), decode, setting)
            ->ArgNames({"context", "threads"})
            ->ArgsProduct({{256, 1024, 4096}, {1, 2}})
            ->UseRealTime();
        RegisterBenchmark(("prefill/" + name).c_str(), prefill, setting)
            ->ArgNames({"context", "threads"})
            ->ArgsProduct({{1024}, {1, 2}})
            ->UseRealTime();
      }
}

}  // namespace
}  // namespace sage

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const auto kernels = sage::select_kernels();
  if (!kernels) {
    std::fprintf(stderr, "%s\n", kernels.error().message.c_str());
    return 1;
  }
  benchmark::AddCustomContext("instruction_set", std::string((*kernels)->name));
  sage::register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
