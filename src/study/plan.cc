#include "study/plan.h"

#include <algorithm>
#include <cmath>

#include "nn/tensor_spec.h"

namespace sage {
namespace {

ModelConfig base_model(const StudyShape& shape) {
  ModelConfig model;
  model.d_model = shape.d_model;
  model.layers = shape.layers;
  model.heads = shape.heads;
  model.d_ff = shape.d_ff;
  model.context = model.window = shape.context;
  model.attention = "mha";
  model.kv_heads = shape.heads;
  return model;
}

Result<ModelConfig> with_attention(ModelConfig model, const std::string& attention, int kv_heads) {
  const auto made = make_attention(attention, model.heads, kv_heads, model.attributes);
  if (!made) return tl::unexpected(made.error());
  model.attention = attention;
  model.kv_heads = made->kv_heads;
  return model;
}

Contrast difference(const std::string& a, const std::string& b) {
  return {a + " - " + b, {{a, 1.0}, {b, -1.0}}};
}

// ------------------------------------------------------------------------------------------------
// attention

struct AttentionArm {
  const char* name;
  const char* attention;
  int kv_heads;  // 0: the member's usual number
  const char* summary;
  bool ff_banks = false;
};

constexpr AttentionArm kAttentionArms[] = {
    {"mha", "mha", 0, "a K/V head for every query head"},
    {"gqa-4", "gqa", 4, "4 K/V heads"},
    {"gqa-2", "gqa", 2, "2 K/V heads"},
    {"mqa", "mqa", 1, "1 K/V head"},
    {"as-kvhs-1", "as-kvhs", 1, "1 K/V head; K and V projected by the token's attribute"},
    {"as-kvhs-2", "as-kvhs", 2, "2 K/V heads; K and V projected by the token's attribute"},
    {"as-kvhs-query", "as-kvhs-query", 1, "1 K/V head; Q and O projected by the token's attribute"},
    {"as-kvhs-all", "as-kvhs-all", 1,
     "1 K/V head; Q, K, V and O projected by the token's attribute"},
    {"as-kvhs-grouped", "as-kvhs-grouped", 0,
     "query heads in groups, an attribute and a K/V head each"},
    {"as-kvhs-masked", "as-kvhs-masked", 0,
     "as grouped; every group but one sees keys of its attribute only"},
    {"mqa-ff-banks", "mqa", 1, "1 K/V head; feed-forward weights by the token's attribute", true},
};

struct CompoundArm {
  const char* name;
  const char* output;
  const char* summary;
};

constexpr CompoundArm kCompoundArms[] = {
    {"compound-pooled", "parallel", "scheme mmt, a step a note, mha; a head a field (as in MMT)"},
    {"compound-nested", "nested", "scheme mmt, mha; a field's head sees the fields before it"},
    {"compound-delay", "delay", "scheme mmt, mha; fields one step after another"},
};

constexpr int kStudiedMerges = 2'000;

Result<StudyPlan> attention_plan(const StudyShape& shape) {
  StudyPlan plan;
  plan.title =
      "Attention: what sharing K/V heads costs, and what specialising them by attribute "
      "is worth";
  plan.summary =
      "Multi-track music; one model shape, one budget, one optimiser for all arms. They "
      "differ in the attention, or in how a note is written.";
  plan.baseline = "mha";
  plan.speed_lines = {"gqa-4", "gqa-2", "as-kvhs-1"};
  const ModelConfig base = base_model(shape);
  const auto add = [&](const std::string& name, const std::string& summary,
                       const ModelConfig& model) -> ArmSpec& {
    ArmSpec arm;
    arm.name = name;
    arm.summary = summary;
    arm.tokenizer = shape.tokenizer;
    arm.model = model;
    return plan.arms.emplace_back(std::move(arm));
  };
  for (const AttentionArm& arm : kAttentionArms) {
    auto model = with_attention(base, arm.attention, arm.kv_heads);
    if (!model) return tl::unexpected(model.error());
    model->ff_banks = arm.ff_banks;
    add(arm.name, arm.summary, *model);
  }
  auto merged = with_attention(base, "as-kvhs-merged", 2);
  if (!merged) return tl::unexpected(merged.error());
  add("as-kvhs-merged", "mha with its heads merged to 2 a layer on average, and trained on",
      *merged)
      .merged_from = "mha";
  for (const CompoundArm& compound : kCompoundArms) {
    ArmSpec& arm = add(compound.name, compound.summary, base);
    arm.tokenizer.scheme = "mmt";
    arm.model.output = compound.output;
  }
  TokenizerConfig full = shape.tokenizer;
  full.layout = Layout::kFull;
  add("remi-full", "the full layout, every attribute of every note; mha", base).tokenizer = full;
  ArmSpec& bpe =
      add("remi-full-bpe", "the full layout with 2,000 merges (boundary bar); mha", base);
  bpe.tokenizer = full;
  bpe.merges = kStudiedMerges;
  bpe.boundary = Boundary::kBar;

  Question sharing{"What does sharing K/V heads cost, against mha?", {}};
  for (const char* name : {"gqa-4", "gqa-2", "mqa", "as-kvhs-1", "as-kvhs-2", "as-kvhs-query",
                           "as-kvhs-all", "as-kvhs-grouped", "as-kvhs-masked", "as-kvhs-merged"})
    sharing.contrasts.push_back(difference(name, "mha"));
  plan.questions = {
      std::move(sharing),
      {"What is specialising by attribute worth, at the same cache and the same work a token?",
       {difference("as-kvhs-1", "mqa"), difference("as-kvhs-2", "gqa-2"),
        difference("as-kvhs-query", "mqa"), difference("as-kvhs-all", "as-kvhs-query"),
        difference("mqa-ff-banks", "mqa")}},
      {"Is merging trained heads as good as training with few?",
       {difference("as-kvhs-merged", "gqa-2")}},
      {"Compound steps and other tokens",
       {difference("compound-pooled", "mha"), difference("compound-nested", "mha"),
        difference("compound-delay", "mha"), difference("compound-nested", "compound-pooled"),
        difference("compound-delay", "compound-pooled"), difference("remi-full", "mha"),
        difference("remi-full-bpe", "mha"), difference("remi-full-bpe", "remi-full")}}};
  return plan;
}

// ------------------------------------------------------------------------------------------------
// byte pair encoding

constexpr int kVocabularies[] = {0, 500, 1'000, 2'000, 5'000, 10'000, 20'000};

/// "none", "500", "20k"
std::string merges_word(int merges) {
  if (merges == 0) return "none";
  return merges % 1'000 == 0 ? std::to_string(merges / 1'000) + "k" : std::to_string(merges);
}

/// The model for a vocabulary with as many parameters in total as `base` has for `vocabulary`:
/// narrower in proportion, then with as wide a feed-forward as fits.
ModelConfig as_large(const ModelConfig& base, int vocabulary, int tokens) {
  const auto count = [](ModelConfig model, int size) {
    model.vocab_size = size;
    return parameter_count(model);
  };
  const std::int64_t wanted = count(base, vocabulary);
  ModelConfig model = base;
  const int step = 2 * base.heads;  // heads of an even width
  while (model.d_model > step && count(model, tokens) > wanted) {
    model.d_model -= step;
    model.d_ff = base.d_ff * model.d_model / base.d_model / 8 * 8;
  }
  while (count(model, tokens) < wanted) model.d_ff += 8;
  if (model.d_ff > 8 && count(model, tokens) > wanted) model.d_ff -= 8;
  return model;
}

/// Merges that are all on one axis: -3 to 3, so that a sum of values is their slope.
Contrast slope(const std::string& music, const std::vector<std::string>& arms) {
  Contrast contrast{music + ": slope over the vocabulary, a step", {}};
  const double middle = (static_cast<double>(arms.size()) - 1) / 2;
  double square = 0;
  for (std::size_t i = 0; i < arms.size(); ++i)
    square += std::pow(static_cast<double>(i) - middle, 2);
  for (std::size_t i = 0; i < arms.size(); ++i)
    contrast.weights.emplace_back(arms[i], (static_cast<double>(i) - middle) / square);
  return contrast;
}

Result<StudyPlan> bpe_plan(const StudyShape& shape) {
  StudyPlan plan;
  plan.title =
      "Byte pair encoding: what a vocabulary of merges is worth, on piano and on "
      "multi-track music";
  plan.summary =
      "The same model (mha) on three kinds of music, with 0 to 20,000 merges learnt "
      "from the training music of the kind; at 2,000, merges that may not cross a bar, "
      "a beat, a position or a note.";
  const auto base_tokens = Tokenizer::create(shape.tokenizer);
  if (!base_tokens) return tl::unexpected(base_tokens.error());
  plan.baseline = music_word(MusicKind::kMultitrack) + ".none";
  const ModelConfig base = base_model(shape);
  constexpr MusicKind kKinds[] = {MusicKind::kMultitrack, MusicKind::kPianoScore,
                                  MusicKind::kPianoPerformance};
  Sweep vocabulary{"vocabulary", "at equal model size", "merges", {}, {}};
  Sweep total{"vocabulary-total", "at equal total parameters", "merges", {}, {}};
  Sweep boundaries{"boundaries", "with 2,000 merges", "what merges may not cross", {}, {}};
  for (const int merges : kVocabularies) vocabulary.categories.push_back(merges_word(merges));
  total.categories = vocabulary.categories;
  for (const Boundary boundary : kBoundaries)
    boundaries.categories.emplace_back(boundary_name(boundary));
  Question size{"Does a larger vocabulary help or harm, at equal model size?", {}};
  Question fair{"... and at equal total parameters?", {}};
  Question paced{"... and with as many tokens seen in as many updates, and so more notes?", {}};
  Question crossing{"Is it the merges that cross notes or instruments?", {}};
  std::vector<ArmSpec> other_views;  // last, after the first view
  for (const MusicKind kind : kKinds) {
    const std::string music = music_word(kind);
    const auto make = [&](const std::string& word, int merges, Boundary boundary,
                          const ModelConfig& model) {
      ArmSpec arm;
      arm.name = music + "." + word;
      arm.summary = merges == 0 ? "no merges" : std::to_string(merges) + " merges";
      if (boundary != Boundary::kNone)
        arm.summary += " within a " + std::string(boundary_name(boundary));
      if (model.d_model != base.d_model || model.d_ff != base.d_ff)
        arm.summary += ", the model as much smaller";
      arm.music = kind;
      arm.tokenizer = shape.tokenizer;
      arm.merges = merges;
      arm.boundary = boundary;
      arm.model = model;
      return arm;
    };
    const std::string none = music + ".none";
    Sweep::Row row{std::string(music_kind_name(kind)), {}}, row_total = row, row_boundary = row;
    for (const int merges : kVocabularies) {
      const std::string word = merges_word(merges);
      plan.arms.push_back(make(word, merges, Boundary::kNone, base));
      row.arms.push_back(plan.arms.back().name);
      row_total.arms.push_back(none);
      if (merges == 0) continue;
      size.contrasts.push_back(difference(plan.arms.back().name, none));
      other_views.push_back(
          make(word + "-total", merges, Boundary::kNone,
               as_large(base, base_tokens->size(), base_tokens->size() + merges)));
      row_total.arms.back() = other_views.back().name;
      fair.contrasts.push_back(difference(other_views.back().name, none));
    }
    size.contrasts.push_back(slope(music, row.arms));
    fair.contrasts.push_back(slope(music, row_total.arms));
    const std::string studied = music + "." + merges_word(kStudiedMerges);
    row_boundary.arms.push_back(studied);
    for (const Boundary boundary : kBoundaries) {
      if (boundary == Boundary::kNone) continue;
      plan.arms.push_back(
          make(merges_word(kStudiedMerges) + "-" + std::string(boundary_name(boundary)),
               kStudiedMerges, boundary, base));
      row_boundary.arms.push_back(plan.arms.back().name);
      crossing.contrasts.push_back(difference(plan.arms.back().name, studied));
    }
    other_views.push_back(
        make(merges_word(kStudiedMerges) + "-tokens", kStudiedMerges, Boundary::kNone, base));
    other_views.back().summary += ", as many tokens as without";
    other_views.back().paced_by = none;
    paced.contrasts.push_back(difference(other_views.back().name, none));
    vocabulary.rows.push_back(std::move(row));
    total.rows.push_back(std::move(row_total));
    boundaries.rows.push_back(std::move(row_boundary));
  }
  plan.arms.insert(plan.arms.end(), other_views.begin(), other_views.end());
  plan.questions = {std::move(size), std::move(paced), std::move(crossing), std::move(fair)};
  plan.sweeps = {std::move(vocabulary), std::move(boundaries), std::move(total)};
  return plan;
}

}  // namespace

Json to_json(const StudyShape& s) {
  return {{"d_model", s.d_model}, {"layers", s.layers},   {"heads", s.heads},
          {"d_ff", s.d_ff},       {"context", s.context}, {"tokenizer", to_json(s.tokenizer)}};
}

Result<StudyShape> study_shape_from_json(const nlohmann::json& json) try {
  StudyShape s;
  s.d_model = json.at("d_model");
  s.layers = json.at("layers");
  s.heads = json.at("heads");
  s.d_ff = json.at("d_ff");
  s.context = json.at("context");
  auto tokenizer = tokenizer_config_from_json(json.at("tokenizer"));
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  s.tokenizer = *std::move(tokenizer);
  return s;
} catch (const nlohmann::json::exception& error) {
  return fail(ErrorCode::kMalformed, std::string("shape of a study: ") + error.what());
}

const ArmSpec* StudyPlan::find(std::string_view name) const {
  const auto at =
      std::find_if(arms.begin(), arms.end(), [&](const ArmSpec& arm) { return arm.name == name; });
  return at == arms.end() ? nullptr : &*at;
}

Result<StudyPlan> make_plan(std::string_view study, const StudyShape& shape) {
  auto plan = study == "attention" ? attention_plan(shape)
              : study == "bpe"
                  ? bpe_plan(shape)
                  : Result<StudyPlan>(fail(ErrorCode::kInvalidArgument,
                                           "there is no study called " + std::string(study)));
  if (!plan) return plan;
  for (const ArmSpec& arm : plan->arms) {
    ModelConfig model = arm.model;  // as it will be, but for the vocabulary
    model.vocab_size = 1;
    model.token_attributes = {0};
    if (model.output != "flat") model.fields = 2;
    if (auto ok = validate(model); !ok) return fail("arm " + arm.name, ok.error());
  }
  return plan;
}

}  // namespace sage
