#include "reference.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "nn/quantise.h"

namespace sage::test {
namespace {

using Vector = std::vector<double>;

class Reference {
 public:
  Reference(const Weights& weights, std::span<const std::int32_t> ids, int window,
            std::span<const std::int32_t> next)
      : weights_(weights),
        config_(weights.config()),
        window_(window > 0 ? window : config_.window),
        ids_(ids),
        next_(next) {}

  /// Of logits(), once that is done.
  const std::vector<Vector>& attention() const { return attention_; }

  Vector logits() {
    std::vector<Vector> x;
    const auto fields = static_cast<std::size_t>(config_.fields);
    for (std::size_t i = 0; i < ids_.size(); i += fields) x.push_back(pooled(ids_, i, fields));
    for (int layer = 0; layer < config_.layers; ++layer) {
      prefix_ = "layers." + std::to_string(layer) + ".";
      spec_ = attention_of(config_, layer);
      attention(x);
      feed_forward(x);
    }
    prefix_.clear();
    Vector out;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const Vector state = norm("final_norm", x[t]);
      for (std::size_t field = 0; field < fields; ++field) {
        const Vector y =
            linear(config_.tied ? "embed" : "head", 0, field_state(state, t * fields, field));
        out.insert(out.end(), y.begin(), y.end());
      }
    }
    return out;
  }

 private:
  const TensorView& tensor(const std::string& name) const {
    for (const TensorView& view : weights_.tensors())
      if (view.name == prefix_ + name) return view;
    throw std::logic_error("no tensor " + prefix_ + name);
  }

  /// Row r of bank b of a matrix with some columns.
  Vector row(const std::string& name, int bank, std::int64_t r, std::size_t columns) const {
    const TensorView& view = tensor(name + ".weight");
    const std::int64_t rows = view.shape[view.shape.size() - 2];
    const std::int64_t index = bank * rows + r;
    RowScales scales;
    if (is_integer(view.dtype)) {
      const auto* bytes = tensor(name + ".scale").bytes.data();
      if (view.dtype == DType::kI8)
        scales.row = reinterpret_cast<const float*>(bytes) + index;
      else
        scales.groups =
            reinterpret_cast<const Bf16*>(bytes) + index * tensor(name + ".scale").shape.back();
    }
    std::vector<float> values(columns);
    widen(view.bytes.data() + index * row_bytes(view.dtype, static_cast<std::int64_t>(columns)),
          scales, view.dtype, values);
    return {values.begin(), values.end()};
  }

  Vector linear(const std::string& name, int bank, const Vector& x) const {
    const TensorView& view = tensor(name + ".weight");
    if (view.shape.size() == 2) bank = 0;
    Vector y;
    for (std::int64_t r = 0; r < view.shape[view.shape.size() - 2]; ++r) {
      const Vector w = row(name, bank, r, x.size());
      double sum = 0;
      for (std::size_t k = 0; k < x.size(); ++k) sum += w[k] * x[k];
      y.push_back(sum);
    }
    return y;
  }

  Vector norm(const std::string& name, const Vector& x) const {
    const auto* w = reinterpret_cast<const float*>(tensor(name + ".weight").bytes.data());
    double squares = 0;
    for (const double v : x) squares += v * v;
    const double root =
        std::sqrt(squares / static_cast<double>(x.size()) + double{config_.norm_eps});
    Vector out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back(double{w[i]} * x[i] / root);
    return out;
  }

  /// The sum of the embeddings of ids [first, first + count).
  Vector pooled(std::span<const std::int32_t> ids, std::size_t first, std::size_t count) const {
    Vector sum(static_cast<std::size_t>(config_.d_model));
    for (const std::int32_t id : ids.subspan(first, count))
      add(sum, row("embed", 0, id, sum.size()));
    return sum;
  }

  /// What the output head multiplies for one field of the step that follows.
  Vector field_state(const Vector& state, std::size_t first, std::size_t field) const {
    const OutputSpec output = output_of(config_);
    if (!output.compound) return state;
    Vector u = state, y = state;
    if (output.chained) add(u, norm("fields.norm", pooled(next_, first, field)));
    Vector inner = linear("fields.up", static_cast<int>(field), u);
    for (double& v : inner) v *= 0.5 * (1 + std::erf(v / std::sqrt(2.0)));
    add(y, linear("fields.down", static_cast<int>(field), inner));
    return y;
  }

  int attribute(std::size_t t) const {
    const auto fields = static_cast<std::size_t>(config_.fields);
    return config_.token_attributes[static_cast<std::size_t>(ids_[(t + 1) * fields - 1])];
  }

  /// Head `head` of a projection, rotated to a position.
  Vector rotated(const Vector& projection, int head, double position) const {
    const auto dim = static_cast<std::size_t>(config_.head_dim());
    const auto first = static_cast<std::size_t>(head) * dim;
    Vector out(dim);
    for (std::size_t i = 0; i < dim / 2; ++i) {
      const double angle =
          position * std::pow(double{config_.rope_theta},
                              -2.0 * static_cast<double>(i) / static_cast<double>(dim));
      const double a = projection[first + i], b = projection[first + i + dim / 2];
      out[i] = a * std::cos(angle) - b * std::sin(angle);
      out[i + dim / 2] = b * std::cos(angle) + a * std::sin(angle);
    }
    return out;
  }

  /// What query head `head` of token t reads from all keys that it may see.
  Vector read(const std::vector<Vector>& q, const std::vector<Vector>& k,
              const std::vector<Vector>& v, std::size_t t, int head) {
    const auto dim = static_cast<std::size_t>(config_.head_dim());
    const int group = spec_.kv_head_of[static_cast<std::size_t>(head)];
    const auto window = static_cast<std::size_t>(window_);
    const auto sinks = static_cast<std::size_t>(std::min(config_.sinks, window_ - 1));
    Vector weights, out(dim);
    std::vector<std::size_t> seen;
    double total = 0;
    for (std::size_t j = 0; j <= t; ++j) {
      if ((spec_.keys[static_cast<std::size_t>(group)] >> attribute(j) & 1) == 0) continue;
      const bool in_window = t - j < window;
      if (!in_window && j >= sinks) continue;
      const std::size_t position = in_window ? t : std::min(t, window - 1 + sinks);
      const Vector query = rotated(q[t], head, static_cast<double>(position));
      const Vector key = rotated(k[j], group, static_cast<double>(j));
      double score = 0;
      for (std::size_t i = 0; i < dim; ++i) score += query[i] * key[i];
      weights.push_back(std::exp(score / std::sqrt(static_cast<double>(dim))));
      total += weights.back();
      seen.push_back(j);
    }
    Vector& shares = attention_.emplace_back(weights);
    for (double& share : shares) share /= total;
    for (std::size_t n = 0; n < seen.size(); ++n)
      for (std::size_t i = 0; i < dim; ++i)
        out[i] += weights[n] / total * v[seen[n]][static_cast<std::size_t>(group) * dim + i];
    return out;
  }

  void attention(std::vector<Vector>& x) {
    std::vector<Vector> q, k, v;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const Vector n = norm("attn_norm", x[t]);
      q.push_back(linear("attn.q", attribute(t), n));
      k.push_back(linear("attn.k", attribute(t), n));
      v.push_back(linear("attn.v", attribute(t), n));
    }
    for (std::size_t t = 0; t < x.size(); ++t) {
      Vector heads;
      for (int head = 0; head < config_.heads; ++head) {
        const Vector out = read(q, k, v, t, head);
        heads.insert(heads.end(), out.begin(), out.end());
      }
      add(x[t], linear("attn.o", attribute(t), heads));
    }
  }

  void feed_forward(std::vector<Vector>& x) const {
    for (std::size_t t = 0; t < x.size(); ++t) {
      const Vector m = norm("ff_norm", x[t]);
      Vector up = linear("ff.up", attribute(t), m);
      if (config_.activation == Activation::kSwiGlu) {
        const Vector gate = linear("ff.gate", attribute(t), m);
        for (std::size_t i = 0; i < up.size(); ++i) up[i] *= gate[i] / (1 + std::exp(-gate[i]));
      } else {
        for (double& u : up) u *= 0.5 * (1 + std::erf(u / std::sqrt(2.0)));
      }
      add(x[t], linear("ff.down", attribute(t), up));
    }
  }

  static void add(Vector& x, const Vector& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  const Weights& weights_;
  const ModelConfig& config_;
  AttentionSpec spec_;  // of the layer at hand
  int window_;
  std::span<const std::int32_t> ids_, next_;
  std::string prefix_;
  std::vector<Vector> attention_;
};

}  // namespace

std::vector<double> reference_logits(const Weights& weights, std::span<const std::int32_t> ids,
                                     int window, std::span<const std::int32_t> next) {
  return Reference(weights, ids, window, next).logits();
}

std::vector<std::vector<double>> reference_attention(const Weights& weights,
                                                     std::span<const std::int32_t> ids) {
  Reference reference(weights, ids, 0, {});
  reference.logits();
  return reference.attention();
}

}  // namespace sage::test
