#include "eval/hole_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "eval/parallel.h"
#include "score/program_names.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "sage-music holes 1";

Json names_of(const std::vector<int>& programs) {
  Json names = Json::array();
  for (const int program : programs) names.push_back(program_name(program));
  return names;
}

Json hole_json(const PlannedHole& planned) {
  const PieceHole& hole = planned.hole;
  Json json = {{"kind", to_string(hole.kind)},
               {"first_bar", hole.first_bar + 1},
               {"last_bar", hole.first_bar + hole.bars},
               {"from_quarter", planned.from},
               {"to_quarter", planned.to},
               {"programs", hole.programs},
               {"instruments", names_of(hole.programs)}};
  if (hole.given) json["given"] = *hole.given;
  json["reference"] = planned.reference;
  return json;
}

/// A whole number in [low, high], or nothing.
std::optional<std::int64_t> whole(const Json& json, const char* key, std::int64_t low,
                                  std::int64_t high) {
  const auto at = json.find(key);
  if (at == json.end() || !at->is_number_integer()) return std::nullopt;
  const auto value = at->get<std::int64_t>();
  if (value < low || value > high) return std::nullopt;
  return value;
}

std::string words(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<PlannedHole> read_hole(const Json& json) {
  constexpr std::int64_t kMostBars = 1'000'000;
  if (!json.is_object()) return std::nullopt;
  const auto kind = hole_kind(words(json, "kind"));
  const auto first = whole(json, "first_bar", 1, kMostBars);
  const auto last = whole(json, "last_bar", 1, kMostBars);
  const auto programs = json.find("programs");
  if (!kind || !first || !last || *last < *first || programs == json.end() ||
      !programs->is_array() || programs->empty())
    return std::nullopt;
  PlannedHole out;
  out.hole.kind = *kind;
  out.hole.first_bar = static_cast<std::size_t>(*first - 1);
  out.hole.bars = static_cast<std::size_t>(*last - *first + 1);
  for (const Json& program : *programs) {
    if (!program.is_number_integer() || program < 0 || program >= kProgramCount)
      return std::nullopt;
    out.hole.programs.push_back(program.get<int>());
  }
  auto& all = out.hole.programs;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (const auto given = whole(json, "given", 0, kProgramCount - 1))
    out.hole.given = static_cast<int>(*given);
  if ((*kind == HoleKind::kOthers) != out.hole.given.has_value()) return std::nullopt;
  out.reference = words(json, "reference");
  for (const auto& [key, place] : {std::pair("from_quarter", &out.from), {"to_quarter", &out.to}})
    if (const auto at = json.find(key); at != json.end() && at->is_number())
      *place = at->get<double>();
  return out;
}

Result<PlannedHole> plan_one(const PieceFile& file, HoleTask task, std::size_t bars,
                             std::uint64_t seed) {
  const auto bytes = read_file(file.path);
  if (!bytes) return fail(bytes.error().code, "the file cannot be read");
  const auto piece = load_piece(file);
  if (!piece) return tl::unexpected(piece.error());
  if (note_count(piece->score) == 0) return fail(ErrorCode::kInvalidArgument, "no notes");
  auto hole = make_hole(*piece, task, bars, seed_of(file.name, seed));
  if (!hole) return tl::unexpected(hole.error());
  const auto quarters = [](Tick t) { return static_cast<double>(t.count) / kMetricGrid; };
  const Tick from = piece->bars[hole->first_bar].start;
  const Tick to = piece->bars[hole->first_bar + hole->bars - 1].end();
  return PlannedHole{*std::move(hole), sha256_hex(*bytes), quarters(from), quarters(to)};
}

}  // namespace

Result<HolePlan> make_plan(const std::vector<PieceFile>& pieces, HoleTask task, std::size_t bars,
                           std::uint64_t seed, int threads, const Progress& progress) {
  std::vector<Result<PlannedHole>> planned(pieces.size());
  if (!for_each_piece(
          pieces.size(), threads,
          [&](std::size_t i) { planned[i] = plan_one(pieces[i], task, bars, seed); }, progress))
    return fail(ErrorCode::kInterrupted, "interrupted");
  HolePlan plan{task, bars, seed, {}, {}};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (planned[i])
      plan.holes.emplace(pieces[i].name, *std::move(planned[i]));
    else
      plan.skipped.push_back({pieces[i].name, to_string(planned[i].error())});
  }
  return plan;
}

Result<Reference> load_reference(const PieceFile& file, const HolePlan& plan) {
  const auto planned = plan.holes.find(file.name);
  if (planned == plan.holes.end()) {
    const auto skipped = std::find_if(plan.skipped.begin(), plan.skipped.end(),
                                      [&](const Skipped& s) { return s.name == file.name; });
    return fail(ErrorCode::kMismatch,
                skipped != plan.skipped.end() ? skipped->why : "the plan has no hole for it");
  }
  const auto bytes = read_file(file.path);
  if (!bytes) return fail(bytes.error().code, "the file cannot be read");
  if (!planned->second.reference.empty() && sha256_hex(*bytes) != planned->second.reference)
    return fail(ErrorCode::kMismatch, "not the file that the plan was made for");
  return load_reference(file, planned->second.hole);
}

std::string plan_text(const HolePlan& plan) {
  Json json = {{"format", kFormat}, {"task", to_string(plan.task)}, {"bars", plan.bars},
               {"seed", plan.seed}, {"pieces", Json::object()},     {"skipped", Json::object()}};
  for (const auto& [name, planned] : plan.holes) json["pieces"][name] = hole_json(planned);
  for (const Skipped& s : plan.skipped) json["skipped"][s.name] = s.why;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<HolePlan> read_plan(const std::filesystem::path& path, std::optional<HoleTask> wanted) {
  auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kMalformed, path.string() + " is not a plan of holes: " + why);
  };
  const Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) return refuse("not a JSON object");
  if (words(json, "format") != kFormat)
    return refuse(std::string("its format is not \"") + kFormat + "\"");
  const auto task = hole_task(words(json, "task"));
  const auto bars = whole(json, "bars", 1, 1'000'000);
  const auto pieces = json.find("pieces");
  if (!task || !bars || pieces == json.end() || !pieces->is_object())
    return refuse("task, bars or pieces are missing");
  if (wanted && *task != *wanted)
    return fail(ErrorCode::kMismatch, path.string() + " holds holes for the task " +
                                          std::string(to_string(*task)) + ", not for " +
                                          std::string(to_string(*wanted)));
  HolePlan plan{*task, static_cast<std::size_t>(*bars), 0, {}, {}};
  if (const auto at = json.find("seed"); at != json.end() && at->is_number_unsigned())
    plan.seed = at->get<std::uint64_t>();
  for (const auto& [name, entry] : pieces->items()) {
    auto hole = read_hole(entry);
    if (!hole || (hole->hole.kind == HoleKind::kOthers) != (*task == HoleTask::kAccompany))
      return refuse("the hole of '" + name + "' says not what it is");
    plan.holes.emplace(name, *std::move(hole));
  }
  if (const auto skipped = json.find("skipped"); skipped != json.end() && skipped->is_object())
    for (const auto& [name, why] : skipped->items())
      plan.skipped.push_back({name, why.is_string() ? why.get<std::string>() : std::string()});
  return plan;
}

std::string hash_of(const PlannedHole& planned) {
  return Sha256().update(hole_json(planned).dump()).hex();
}

std::string hash_of(const HolePlan& plan) { return Sha256().update(plan_text(plan)).hex(); }

std::uint64_t seed_of(const std::string& name, std::uint64_t seed) {
  const std::string digits = Sha256().update(name).update(":" + std::to_string(seed)).hex();
  return std::stoull(digits.substr(0, 13), nullptr, 16);
}

}  // namespace sage
