#include "surgery/specialise.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sage {
namespace {

/// For each new K/V head the old one that its query heads read.
Result<std::vector<int>> kv_sources(const AttentionSpec& before, const AttentionSpec& after) {
  std::vector<int> sources(static_cast<std::size_t>(after.kv_heads), -1);
  for (std::size_t head = 0; head < after.kv_head_of.size(); ++head) {
    int& source = sources[static_cast<std::size_t>(after.kv_head_of[head])];
    const int old = before.kv_head_of[head];
    if (source != -1 && source != old)
      return fail(ErrorCode::kInvalidArgument,
                  "query heads that read K/V heads of their own cannot come to share one; "
                  "`heads merge` does that");
    source = old;
  }
  for (std::size_t head = 0; head < sources.size(); ++head)
    if (sources[head] < 0 ||
        after.keys[head] != before.keys[static_cast<std::size_t>(sources[head])])
      return fail(ErrorCode::kUnsupported, "its K/V heads would hold other tokens' keys");
  return sources;
}

bool is_part(std::string_view name, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return name.find(part) != std::string_view::npos;
  });
}

class Specialising {
 public:
  static Result<Specialising> plan(const ModelConfig& before, const Specialisation& wanted) {
    if (!before.kv_groups.empty())
      return fail(ErrorCode::kUnsupported, "a model with merged heads cannot be specialised");
    Specialising plan;
    plan.config_ = before;
    plan.config_.attention = wanted.attention;
    const auto with = [&](int kv_heads) {
      return make_attention(wanted.attention, before.heads, kv_heads, before.attributes);
    };
    const int as_many = with(before.kv_heads) ? before.kv_heads : 0;  // 0: the member's usual ones
    const auto spec = with(wanted.kv_heads > 0 ? wanted.kv_heads : as_many);
    if (!spec) return tl::unexpected(spec.error());
    plan.config_.kv_heads = spec->kv_heads;
    plan.config_.ff_banks = before.ff_banks || wanted.ff_banks;
    if (auto ok = validate(plan.config_); !ok) return tl::unexpected(ok.error());
    const AttentionSpec old = attention_of(before, 0);
    plan.spec_ = attention_of(plan.config_, 0);
    if ((old.query_banks && !plan.spec_.query_banks) || (old.kv_banks && !plan.spec_.kv_banks))
      return fail(ErrorCode::kInvalidArgument,
                  "weights that the attribute chooses cannot become one again; ask for a member "
                  "that has them too");
    auto sources = kv_sources(old, plan.spec_);
    if (!sources) return tl::unexpected(sources.error());
    plan.kv_sources_ = *std::move(sources);
    plan.query_banks_ = plan.spec_.query_banks && !old.query_banks;
    plan.kv_banks_ = plan.spec_.kv_banks && !old.kv_banks;
    plan.ff_banks_ = plan.config_.ff_banks && !before.ff_banks;
    plan.heads_before_ = old.kv_heads;
    return plan;
  }

  const ModelConfig& config() const { return config_; }

  /// The tensor of the new model, its bytes in `memory` where they are not the old ones. All that
  /// is done to matrices and to their scales is done to whole rows, whatever these are made of.
  TensorView make(const TensorView& old, std::vector<std::uint8_t>& memory) const {
    const bool kv = is_part(old.name, {".attn.k.", ".attn.v."});
    const bool query = is_part(old.name, {".attn.q.", ".attn.o."});
    const bool ff = is_part(old.name, {".ff.gate.", ".ff.up.", ".ff.down."});
    const bool more_banks = (kv && kv_banks_) || (query && query_banks_) || (ff && ff_banks_);
    const bool more_heads = kv && spec_.kv_heads != heads_before_;
    if (!more_banks && !more_heads) return old;

    TensorView made = old;
    if (more_heads) {
      // Heads are the rows of a bank: ([B,] G * dh, ...).
      const bool banked = !kv_banks_ && spec_.kv_banks;
      std::int64_t& rows = made.shape[banked ? 1 : 0];
      rows = rows / heads_before_ * spec_.kv_heads;
      const std::size_t banks = banked ? static_cast<std::size_t>(config_.attributes) : 1;
      const std::size_t head = old.bytes.size() / banks / static_cast<std::size_t>(heads_before_);
      for (std::size_t bank = 0; bank < banks; ++bank)
        for (const int source : kv_sources_) {
          const auto at =
              (bank * static_cast<std::size_t>(heads_before_) + static_cast<std::size_t>(source)) *
              head;
          const auto bytes = old.bytes.subspan(at, head);
          memory.insert(memory.end(), bytes.begin(), bytes.end());
        }
    } else {
      memory.assign(old.bytes.begin(), old.bytes.end());
    }
    if (more_banks) {
      made.shape.insert(made.shape.begin(), config_.attributes);
      const std::vector<std::uint8_t> bank = memory;
      for (int i = 1; i < config_.attributes; ++i)
        memory.insert(memory.end(), bank.begin(), bank.end());
    }
    made.bytes = memory;
    return made;
  }

 private:
  ModelConfig config_;
  AttentionSpec spec_;  // of every layer of the new model
  std::vector<int> kv_sources_;
  int heads_before_ = 0;
  bool query_banks_ = false, kv_banks_ = false, ff_banks_ = false;  // those that are new
};

}  // namespace

Result<std::shared_ptr<const Weights>> specialise(const Weights& weights,
                                                  const Specialisation& wanted) {
  const auto plan = Specialising::plan(weights.config(), wanted);
  if (!plan) return tl::unexpected(plan.error());
  std::vector<std::vector<std::uint8_t>> memory(weights.tensors().size());
  std::vector<TensorView> tensors;
  for (std::size_t i = 0; i < memory.size(); ++i)
    tensors.push_back(plan->make(weights.tensors()[i], memory[i]));
  return Weights::copy_of(plan->config(), weights.metadata(), tensors);
}

}  // namespace sage
