// Arms of the token study as JSON: what is kept between runs, and what the report publishes.
#include "study/token_study.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const MeanInterval& interval) {
  return {{"mean", interval.mean}, {"low", interval.low}, {"high", interval.high}};
}

MeanInterval interval_from(const nlohmann::json& json) {
  return {json.at("mean"), json.at("low"), json.at("high")};
}

MergeComposition composition_from(const nlohmann::json& json) {
  MergeComposition composition;
  composition.total = json.at("total");
  for (int s = 0; s < kShapeCount; ++s)
    composition.shapes[static_cast<std::size_t>(s)] =
        json.at("shapes").at(std::string(shape_name(static_cast<MergeAnatomy::Shape>(s))));
  composition.crosses_note = json.at("crosses_note");
  composition.crosses_position = json.at("crosses_position");
  composition.crosses_bar = json.at("crosses_bar");
  composition.crosses_instrument = json.at("crosses_instrument");
  for (unsigned set = 0; set < composition.attribute_sets.size(); ++set)
    composition.attribute_sets[set] =
        json.at("attributes").value(describe_attributes(set), std::uint64_t{0});
  return composition;
}

Json to_json(const Crossings& crossings) {
  return {{"tokens", crossings.tokens},
          {"notes", crossings.notes},
          {"positions", crossings.positions},
          {"instruments", crossings.instruments},
          {"bars", crossings.bars}};
}

Crossings crossings_from(const nlohmann::json& json) {
  return {json.at("tokens"), json.at("notes"), json.at("positions"), json.at("instruments"),
          json.at("bars")};
}

Json to_json(const TokenMeasures& m) {
  return {{"merges", m.merges},
          {"learned", m.learned},
          {"tokens_per_note", to_json(m.tokens_per_note)},
          {"tokens_per_quarter", to_json(m.tokens_per_quarter)},
          {"merges_used", m.merges_used},
          {"bits_per_token", m.bits_per_token},
          {"bits_per_note", m.bits_per_note},
          {"longest", m.longest},
          {"table", to_json(m.table)},
          {"use", to_json(m.use)},
          {"crossings", to_json(m.crossings)}};
}

TokenMeasures measures_from(const nlohmann::json& json) {
  TokenMeasures m;
  m.merges = json.at("merges");
  m.learned = json.at("learned");
  m.tokens_per_note = interval_from(json.at("tokens_per_note"));
  m.tokens_per_quarter = interval_from(json.at("tokens_per_quarter"));
  m.merges_used = json.at("merges_used");
  m.bits_per_token = json.at("bits_per_token");
  m.bits_per_note = json.at("bits_per_note");
  m.longest = json.at("longest");
  m.table = composition_from(json.at("table"));
  m.use = composition_from(json.at("use"));
  m.crossings = crossings_from(json.at("crossings"));
  return m;
}

std::optional<MusicKind> kind_from_name(const std::string& name) {
  for (int k = 0; k < kMusicKindCount; ++k)
    if (music_kind_name(static_cast<MusicKind>(k)) == name) return static_cast<MusicKind>(k);
  return std::nullopt;
}

}  // namespace

nlohmann::ordered_json to_json(const MergeComposition& composition) {
  Json shapes = Json::object(), sets = Json::object();
  for (int s = 0; s < kShapeCount; ++s)
    shapes[std::string(shape_name(static_cast<MergeAnatomy::Shape>(s)))] =
        composition.shapes[static_cast<std::size_t>(s)];
  for (unsigned set = 0; set < composition.attribute_sets.size(); ++set)
    if (composition.attribute_sets[set] > 0)
      sets[describe_attributes(set)] = composition.attribute_sets[set];
  return {{"total", composition.total},
          {"shapes", shapes},
          {"crosses_note", composition.crosses_note},
          {"crosses_position", composition.crosses_position},
          {"crosses_bar", composition.crosses_bar},
          {"crosses_instrument", composition.crosses_instrument},
          {"attributes", sets}};
}

nlohmann::ordered_json to_json(const TokenArm& arm) {
  Json json = {{"music", music_kind_name(arm.kind)},
               {"boundary", boundary_name(arm.boundary)},
               {"seconds_to_learn", arm.seconds},
               {"training",
                {{"pieces", arm.training_pieces},
                 {"notes", arm.training_notes},
                 {"tokens", arm.training_tokens}}},
               {"held_out", {{"pieces", arm.held_out_pieces}, {"notes", arm.held_out_notes}}},
               {"sizes", Json::array()}};
  for (const TokenMeasures& measures : arm.sizes) json["sizes"].push_back(to_json(measures));
  return json;
}

std::optional<TokenArm> token_arm_from_json(const nlohmann::json& json) try {
  TokenArm arm;
  const auto kind = kind_from_name(json.at("music"));
  const auto boundary = boundary_from_name(json.at("boundary").get<std::string>());
  if (!kind || !boundary) return std::nullopt;
  arm.kind = *kind;
  arm.boundary = *boundary;
  arm.seconds = json.at("seconds_to_learn");
  arm.training_pieces = json.at("training").at("pieces");
  arm.training_notes = json.at("training").at("notes");
  arm.training_tokens = json.at("training").at("tokens");
  arm.held_out_pieces = json.at("held_out").at("pieces");
  arm.held_out_notes = json.at("held_out").at("notes");
  for (const auto& measures : json.at("sizes")) arm.sizes.push_back(measures_from(measures));
  return arm;
} catch (const nlohmann::json::exception&) {
  return std::nullopt;  // a damaged arm is learnt again
}

}  // namespace sage
