#include "heads/meter.h"

#include <algorithm>
#include <array>
#include <string>

#include "generate/history.h"

namespace sage {
namespace {

/// The attributes that each query head may see; no member has other ones in another layer.
std::vector<std::uint32_t> keys_of(const ModelConfig& config) {
  const AttentionSpec spec = attention_of(config, 0);
  std::vector<std::uint32_t> keys;
  for (const int head : spec.kv_head_of) keys.push_back(spec.keys[static_cast<std::size_t>(head)]);
  return keys;
}

}  // namespace

HeadMeter::HeadMeter(const Engine& engine)
    : engine_(engine),
      heads_(engine.model().config().heads),
      attributes_(engine.model().config().attributes),
      keys_(keys_of(engine.model().config())),
      workspace_(engine.model().config()),
      cache_(engine.model().config()),
      kept_(keys_.size()) {
  const auto rows = static_cast<std::size_t>(heads_ * attributes_);
  const auto layers = static_cast<std::size_t>(engine.model().config().layers);
  queries_.resize(rows);
  uniform_.resize(rows * static_cast<std::size_t>(attributes_));
  mass_.resize(layers * uniform_.size());
}

void HeadMeter::add(std::span<const TokenId> piece) {
  const auto context = static_cast<std::size_t>(engine_.context());
  TokenHistory history(engine_.tokenizer());
  for (std::size_t next = 0; next < piece.size();) {
    std::vector<TokenId> block = history.context(context / 2);
    const std::size_t known = block.size();
    const auto fresh = piece.subspan(next, std::min(context - known, piece.size() - next));
    block.insert(block.end(), fresh.begin(), fresh.end());
    read(block, known);
    for (const TokenId id : fresh) history.push(id);
    next += fresh.size();
  }
  ++pieces_;
  tokens_ += static_cast<std::int64_t>(piece.size());
}

void HeadMeter::read(std::span<const TokenId> block, std::size_t known) {
  known_ = static_cast<std::int64_t>(known);
  attribute_of_.clear();
  for (auto& kept : kept_) kept.clear();
  for (const TokenId id : block) {
    const std::uint8_t attribute =
        engine_.model().config().token_attributes[static_cast<std::size_t>(id)];
    attribute_of_.push_back(attribute);
    for (std::size_t head = 0; head < kept_.size(); ++head)
      if ((keys_[head] >> attribute & 1) != 0) kept_[head].push_back(attribute);
  }
  cache_.truncate(0);
  engine_.model().observe(block, cache_, workspace_, *this);
}

void HeadMeter::attended(int layer, int head, std::int64_t position,
                         std::span<const double> probabilities) noexcept {
  if (position < known_) return;
  const auto& entries = kept_[static_cast<std::size_t>(head)];
  std::array<double, 32> sums{}, counts{};
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    sums[entries[i]] += probabilities[i];
    counts[entries[i]] += 1;
  }
  const int query = attribute_of_[static_cast<std::size_t>(position)];
  const auto row = static_cast<std::size_t>(head * attributes_ + query);
  const auto size = static_cast<std::size_t>(attributes_);
  double* const mass = &mass_[static_cast<std::size_t>(layer) * uniform_.size() + row * size];
  for (std::size_t key = 0; key < size; ++key) mass[key] += sums[key];
  if (layer > 0) return;
  queries_[row] += 1;
  for (std::size_t key = 0; key < size; ++key)
    uniform_[row * size + key] += counts[key] / static_cast<double>(probabilities.size());
}

HeadMeasurement HeadMeter::result() const {
  HeadMeasurement out;
  out.model = engine_.weights().hash();
  out.pieces = pieces_;
  out.tokens = tokens_;
  out.layers = engine_.model().config().layers;
  out.heads = heads_;
  for (int i = 0; i < attributes_; ++i)
    out.attributes.push_back(i < kAttributeCount
                                 ? std::string(attribute_name(static_cast<Attribute>(i)))
                                 : "attribute " + std::to_string(i));
  out.queries = queries_;
  const auto mean = [&](const std::vector<double>& sums) {
    std::vector<double> means(sums.size());
    const auto size = static_cast<std::size_t>(attributes_);
    for (std::size_t i = 0; i < sums.size(); ++i)
      if (const double count = queries_[i / size % queries_.size()]; count > 0)
        means[i] = sums[i] / count;
    return means;
  };
  out.mass = mean(mass_);
  out.uniform = mean(uniform_);
  return out;
}

}  // namespace sage
