#include "surgery/widen.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/normal.h"
#include "nn/tensor_spec.h"

namespace sage {
namespace {

using Places = std::vector<std::int64_t>;  // of the old elements among the new ones

Places first(std::int64_t count) {
  Places places(static_cast<std::size_t>(count));
  std::iota(places.begin(), places.end(), std::int64_t{0});
  return places;
}

/// Elements of heads, from places of heads.
Places elements(const Places& heads, std::int64_t width) {
  Places places;
  for (const std::int64_t head : heads)
    for (std::int64_t i = 0; i < width; ++i) places.push_back(head * width + i);
  return places;
}

/// For each old query head the next free one that reads the same K/V head.
Result<Places> query_places(const AttentionSpec& before, const AttentionSpec& after) {
  if (after.kv_heads < before.kv_heads ||
      !std::equal(before.keys.begin(), before.keys.end(), after.keys.begin()))
    return fail(ErrorCode::kUnsupported, "its K/V heads would mean other tokens in a wider model");
  std::vector<bool> taken(after.kv_head_of.size());
  Places places;
  for (const int wanted : before.kv_head_of) {
    std::size_t head = 0;
    while (head < taken.size() && (taken[head] || after.kv_head_of[head] != wanted)) ++head;
    if (head == taken.size())
      return fail(ErrorCode::kUnsupported,
                  "a wider model has too few query heads for K/V head " + std::to_string(wanted));
    taken[head] = true;
    places.push_back(static_cast<std::int64_t>(head));
  }
  return places;
}

/// What the elements are that a matrix leads to and comes from.
struct Ends {
  Places rows, columns;
  bool writes;  // into the old elements: what is new of it is zero
};

bool ends_with(std::string_view name, std::string_view part) {
  return name.ends_with(std::string(part) + ".weight");
}

class Widening {
 public:
  static Result<Widening> plan(const ModelConfig& before, int d_model, int d_ff) {
    if (d_model < before.d_model || d_ff < before.d_ff)
      return fail(ErrorCode::kInvalidArgument, "the model has a width of " +
                                                   std::to_string(before.d_model) + " and " +
                                                   std::to_string(before.d_ff) +
                                                   " in its feed-forward; ask for as much or more");
    if (d_model % before.head_dim() != 0)
      return fail(ErrorCode::kInvalidArgument,
                  "the width must be a multiple of that of a head, which stays " +
                      std::to_string(before.head_dim()));
    if (!before.kv_groups.empty())
      return fail(ErrorCode::kUnsupported,
                  "a model with merged heads cannot get wider; widen it before merging");
    Widening plan;
    ModelConfig& after = plan.after_;
    plan.before_ = after = before;
    after.d_model = d_model;
    after.d_ff = d_ff;
    after.heads = d_model / before.head_dim();
    if (before.kv_heads == before.heads) after.kv_heads = after.heads;
    after.norm_eps *= plan.mean_shrinks();
    if (auto ok = validate(after); !ok) return tl::unexpected(ok.error());
    auto heads = query_places(attention_of(before, 0), attention_of(after, 0));
    if (!heads) return tl::unexpected(heads.error());
    plan.query_heads_ = *std::move(heads);
    return plan;
  }

  const ModelConfig& config() const { return after_; }

  std::vector<float> norm(std::span<const float> old) const {
    std::vector<float> weights(old.begin(), old.end());
    for (float& weight : weights) weight *= std::sqrt(mean_shrinks());
    const float usual = std::accumulate(weights.begin(), weights.end(), 0.0f) /
                        static_cast<float>(std::max<std::size_t>(1, weights.size()));
    weights.resize(static_cast<std::size_t>(after_.d_model), usual);
    return weights;
  }

  /// `shape`: of the new matrix, ([banks,] rows, columns).
  std::vector<float> matrix(std::string_view name, std::span<const float> old,
                            const std::vector<std::int64_t>& shape, Random& random) const {
    const std::int64_t columns = shape.back(), rows = shape[shape.size() - 2];
    const std::int64_t banks = shape.size() == 3 ? shape.front() : 1;
    const Ends ends = ends_of(name);
    std::vector<float> values(static_cast<std::size_t>(banks * rows * columns));
    if (!ends.writes)
      for (float& value : values)
        value =
            static_cast<float>(standard_normal(random) / std::sqrt(static_cast<double>(columns)));
    const float* from = old.data();
    for (std::int64_t bank = 0; bank < banks; ++bank)
      for (const std::int64_t row : ends.rows)
        for (const std::int64_t column : ends.columns)
          values[static_cast<std::size_t>((bank * rows + row) * columns + column)] = *from++;
    return values;
  }

 private:
  /// Of the mean of squares, when zeros join in.
  float mean_shrinks() const {
    return static_cast<float>(before_.d_model) / static_cast<float>(after_.d_model);
  }

  Ends ends_of(std::string_view name) const {
    const Places stream = first(before_.d_model), inner = first(before_.d_ff);
    const Places queries = elements(query_heads_, before_.head_dim());
    if (ends_with(name, "attn.q")) return {queries, stream, false};
    if (ends_with(name, "attn.k") || ends_with(name, "attn.v"))
      return {first(std::int64_t{before_.kv_heads} * before_.head_dim()), stream, false};
    if (ends_with(name, "attn.o")) return {stream, queries, true};
    if (ends_with(name, "ff.gate") || ends_with(name, "ff.up")) return {inner, stream, false};
    if (ends_with(name, "ff.down")) return {stream, inner, true};
    if (ends_with(name, "fields.up")) return {stream, stream, false};
    if (ends_with(name, "fields.down")) return {stream, stream, true};
    return {first(before_.vocab_size), stream, true};  // embed, head
  }

  ModelConfig before_, after_;
  Places query_heads_;
};

}  // namespace

Result<std::shared_ptr<const Weights>> widen(const Weights& weights, int d_model, int d_ff,
                                             std::uint64_t seed) {
  const auto plan = Widening::plan(weights.config(), d_model, d_ff);
  if (!plan) return tl::unexpected(plan.error());
  const auto old = weights.convert(WeightType::kF32);
  Random random(seed);
  std::vector<std::vector<float>> values;
  std::vector<TensorView> tensors;
  for (const TensorSpec& spec : tensor_specs(plan->config())) {
    const auto at = std::find_if(old->tensors().begin(), old->tensors().end(),
                                 [&](const TensorView& view) { return view.name == spec.name; });
    values.push_back(spec.matrix ? plan->matrix(spec.name, floats_of(*at), spec.shape, random)
                                 : plan->norm(floats_of(*at)));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.back().data());
    tensors.push_back(
        {spec.name, DType::kF32, spec.shape, {bytes, values.back().size() * sizeof(float)}});
  }
  return Weights::copy_of(plan->config(), weights.metadata(), tensors);
}

}  // namespace sage
