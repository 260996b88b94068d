#include "study/arm.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/hash.h"

namespace sage {
namespace {

/// To be raised whenever what is trained or measured, or how, changes: kept arms of another one are
/// not used.
constexpr int kArmVersion = 1;

/// Six significant digits: what is kept is to be read, compared and committed.
double rounded(double value) {
  if (!std::isfinite(value)) return value;
  std::array<char, 32> text;
  const char* end =
      std::to_chars(text.begin(), text.end(), value, std::chars_format::general, 6).ptr;
  std::from_chars(text.data(), end, value);
  return value;
}

Json composition_json(const MergeComposition& merges) {
  Json shapes = Json::object();
  for (int s = 0; s < kShapeCount; ++s)
    shapes[std::string(shape_name(static_cast<MergeAnatomy::Shape>(s)))] =
        merges.shapes[static_cast<std::size_t>(s)];
  return {{"total", merges.total},
          {"shapes", shapes},
          {"crosses_note", merges.crosses_note},
          {"crosses_position", merges.crosses_position},
          {"crosses_bar", merges.crosses_bar},
          {"crosses_instrument", merges.crosses_instrument}};
}

MergeComposition merges_from(const nlohmann::json& json) {
  MergeComposition merges;
  merges.total = json.at("total");
  for (int s = 0; s < kShapeCount; ++s)
    merges.shapes[static_cast<std::size_t>(s)] =
        json.at("shapes").at(std::string(shape_name(static_cast<MergeAnatomy::Shape>(s))));
  merges.crosses_note = json.at("crosses_note");
  merges.crosses_position = json.at("crosses_position");
  merges.crosses_bar = json.at("crosses_bar");
  merges.crosses_instrument = json.at("crosses_instrument");
  return merges;
}

/// One list for each member, so that a result is a few lines.
template <class Item, class Value>
Json column(const std::vector<Item>& items, Value Item::*member) {
  Json values = Json::array();
  for (const Item& item : items) values.push_back(item.*member);
  return values;
}
template <class Item>
Json column(const std::vector<Item>& items, double Item::*member) {
  Json values = Json::array();
  for (const Item& item : items) values.push_back(rounded(item.*member));
  return values;
}

template <class Item, class Value>
void take_column(const nlohmann::json& json, std::vector<Item>& items, Value Item::*member) {
  if (items.empty()) items.resize(json.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i].*member = json.at(i);
}

}  // namespace

bool operator==(const StudySettings& a, const StudySettings& b) { return to_json(a) == to_json(b); }

Json to_json(const StudySettings& s) {
  return {{"notes", s.notes},
          {"notes_per_update", s.notes_per_update},
          {"train_on_share", s.train_on_share},
          {"optimiser", s.optimiser},
          {"learning_rate", s.learning_rate},
          {"warmup_share", s.warmup_share},
          {"decay_share", s.decay_share},
          {"weight_decay", s.weight_decay},
          {"bf16", s.bf16},
          {"likelihood_pieces", s.likelihood_pieces},
          {"continuation_pieces", s.continuation_pieces},
          {"prompt_bars", s.scope.skip},
          {"bars", s.scope.bars},
          {"top_p", s.top_p}};
}

Result<StudySettings> study_settings_from_json(const nlohmann::json& json) try {
  StudySettings s;
  s.notes = json.at("notes");
  s.notes_per_update = json.at("notes_per_update");
  s.train_on_share = json.at("train_on_share");
  s.optimiser = json.at("optimiser");
  s.learning_rate = json.at("learning_rate");
  s.warmup_share = json.at("warmup_share");
  s.decay_share = json.at("decay_share");
  s.weight_decay = json.at("weight_decay");
  s.bf16 = json.at("bf16");
  s.likelihood_pieces = json.at("likelihood_pieces");
  s.continuation_pieces = json.at("continuation_pieces");
  s.scope = {json.at("prompt_bars"), json.at("bars")};
  s.top_p = json.at("top_p");
  return s;
} catch (const nlohmann::json::exception& error) {
  return fail(ErrorCode::kMalformed, std::string("settings of a study: ") + error.what());
}

Json to_json(const ArmResult& r) {
  Json curve = Json::array();
  for (const auto& [notes, nats] : r.training.curve)
    curve.push_back({std::round(notes), rounded(nats)});
  Json model = to_json(r.model);
  model.erase("token_attributes");  // of merged tokens a long list, and nobody asks for it
  Json json = {{"arm", r.arm},
               {"seed", r.seed},
               {"key", r.key},
               {"model", model},
               {"model_hash", r.model_hash},
               {"parameters", r.parameters},
               {"embedding_parameters", r.embedding_parameters},
               {"training",
                {{"updates", r.training.updates},
                 {"batch", r.training.batch},
                 {"notes_per_example", rounded(r.training.notes_per_example)},
                 {"notes", std::round(r.training.notes())},
                 {"tokens", r.training.tokens},
                 {"seconds", rounded(r.training.seconds)},
                 {"notes_and_nats_a_note", curve}}},
               {"likelihood",
                {{"nats", column(r.pieces, &PieceNats::nats)},
                 {"notes", column(r.pieces, &PieceNats::notes)},
                 {"tokens", column(r.pieces, &PieceNats::tokens)}}},
               {"continuation",
                {{"sim_chr", column(r.continuations, &Similarity::chroma)},
                 {"sim_grv", column(r.continuations, &Similarity::groove)},
                 {"sim_ssm", column(r.continuations, &Similarity::structure)},
                 {"sim_nd", column(r.continuations, &Similarity::density)},
                 {"unanswered", r.unanswered},
                 {"notes", r.written_notes},
                 {"seconds", rounded(r.writing_seconds)},
                 {"other_piece_nmsi", rounded(r.other_piece_nmsi)},
                 {"repeated_prompt_nmsi", rounded(r.repeated_prompt_nmsi)}}},
               {"seconds", rounded(r.seconds)},
               {"machine", r.machine}};
  if (r.merges) json["merges"] = composition_json(*r.merges);
  return json;
}

std::optional<ArmResult> arm_result_from_json(const nlohmann::json& json) try {
  ArmResult r;
  r.arm = json.at("arm");
  r.seed = json.at("seed");
  r.key = json.at("key");
  nlohmann::json config = json.at("model");
  config["token_attributes"] = {{0, 0}};
  auto model = model_config_from_json(config);
  if (!model) return std::nullopt;
  r.model = *std::move(model);
  r.model_hash = json.at("model_hash");
  r.parameters = json.at("parameters");
  r.embedding_parameters = json.at("embedding_parameters");
  const auto& training = json.at("training");
  r.training.updates = training.at("updates");
  r.training.batch = training.at("batch");
  r.training.notes_per_example = training.at("notes_per_example");
  r.training.tokens = training.at("tokens");
  r.training.seconds = training.at("seconds");
  for (const auto& point : training.at("notes_and_nats_a_note"))
    r.training.curve.emplace_back(point.at(0), point.at(1));
  const auto& likelihood = json.at("likelihood");
  take_column(likelihood.at("nats"), r.pieces, &PieceNats::nats);
  take_column(likelihood.at("notes"), r.pieces, &PieceNats::notes);
  take_column(likelihood.at("tokens"), r.pieces, &PieceNats::tokens);
  const auto& continuation = json.at("continuation");
  take_column(continuation.at("sim_chr"), r.continuations, &Similarity::chroma);
  take_column(continuation.at("sim_grv"), r.continuations, &Similarity::groove);
  take_column(continuation.at("sim_ssm"), r.continuations, &Similarity::structure);
  take_column(continuation.at("sim_nd"), r.continuations, &Similarity::density);
  r.unanswered = continuation.at("unanswered");
  r.written_notes = continuation.at("notes");
  r.writing_seconds = continuation.at("seconds");
  r.other_piece_nmsi = continuation.at("other_piece_nmsi");
  r.repeated_prompt_nmsi = continuation.at("repeated_prompt_nmsi");
  r.seconds = json.at("seconds");
  r.machine = json.at("machine");
  if (json.contains("merges")) r.merges = merges_from(json.at("merges"));
  return r;
} catch (const nlohmann::json::exception&) {
  return std::nullopt;  // a damaged arm is made again
}

std::string arm_key(const ArmSpec& arm, std::uint64_t seed, const StudySettings& settings,
                    const MusicHashes& music) {
  nlohmann::json facts = {{"version", kArmVersion},
                          {"music", music_kind_name(arm.music)},
                          {"training", music.training},
                          {"held_out", music.held_out},
                          {"tokenizer", to_json(arm.tokenizer)},
                          {"merges", arm.merges},
                          {"boundary", boundary_name(arm.boundary)},
                          {"model", to_json(arm.model)},
                          {"merged_from", arm.merged_from},
                          {"settings", to_json(settings)},
                          {"seed", seed}};
  if (!arm.paced_by.empty()) facts["paced_by"] = arm.paced_by;
  return Sha256().update(facts.dump()).hex();
}

std::string run_name(const std::string& arm, std::uint64_t seed) {
  return arm + ".seed" + std::to_string(seed);
}

std::string work_name(const std::string& arm, std::uint64_t seed, const std::string& key) {
  return run_name(arm, seed) + "-" + key.substr(0, 8);
}

std::string music_word(MusicKind kind) {
  std::string word(music_kind_name(kind));
  std::replace(word.begin(), word.end(), ' ', '-');
  return word;
}

}  // namespace sage
