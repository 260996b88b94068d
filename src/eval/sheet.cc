#include "eval/sheet.h"

#include <cmath>
#include <limits>

#include "base/file.h"
#include "eval/html.h"
#include "eval/text.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

/// The value at a path of keys, or null.
Json at(const Json& json, std::initializer_list<const char*> path) {
  Json found = json;
  for (const char* key : path) {
    if (!found.is_object() || !found.contains(key)) return nullptr;
    Json next = found[key];
    found = std::move(next);
  }
  return found;
}

double number(const Json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::optional<MeanInterval> interval(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  return MeanInterval{number(at(json, {"mean"})), number(at(json, {"low"})),
                      number(at(json, {"high"}))};
}

/// What is read of a task's report: where a measure stands in the summary of a system, and in the
/// scores of a piece.
struct Source {
  const char* name;
  const char* sense;
  bool higher_is_better;
  int digits;
  std::vector<const char*> summary, piece;
  const char* chance = nullptr;  // in the summary, beside it
};

Json at(const Json& json, const std::vector<const char*>& path) {
  Json found = json;
  for (const char* key : path) {
    Json next = at(found, {key});
    found = std::move(next);
  }
  return found;
}

std::vector<Source> sources_of(const std::string& task) {
  const Source clash = {"clashing time",
                        "share of the new notes' time a semitone or major seventh from a kept note",
                        false,
                        3,
                        {"listening", "clashing"},
                        {"listening", "clashing"}};
  const Source ratio = {"clash ratio",
                        "the same over that of the notes moved in time; 1: does not listen",
                        false,
                        2,
                        {"listening", "clash_ratio"},
                        {}};
  const Source density = {"notes / composers' notes",
                          "1 is right; few notes make few clashes",
                          true,
                          2,
                          {"listening", "density"},
                          {}};
  if (task == "continuation")
    return {{"energy score",
             "distance to the composer's music less half the distance between takes",
             false,
             1,
             {"energy_score", "score"},
             {"energy_score", "score"}},
            {"NMSI",
             "similarity to the composer's music; a copy of the prompt can win",
             true,
             1,
             {"nmsi"},
             {"nmsi"}},
            {"detectability",
             "share of works told from composers' by a classifier; 0.5 is best",
             false,
             2,
             {"detection", "accuracy"},
             {}}};
  if (task == "infill")
    return {ratio,
            clash,
            density,
            {"matching notes",
             "F1 of program, onset and pitch against the composer's",
             true,
             3,
             {"listening", "matching_notes"},
             {}},
            {"unison, asked part first",
             "share of a doubled part's notes that are found",
             true,
             2,
             {"probes", "unison-below", "value"},
             {},
             "chance"},
            {"unison, asked part last",
             "share of a doubled part's notes that are found",
             true,
             2,
             {"probes", "unison-above", "value"},
             {},
             "chance"}};
  if (task == "accompany")
    return {ratio,
            clash,
            density,
            {"bass on roots",
             "share of strong beats with the root of a kept arpeggio",
             true,
             2,
             {"probes", "roots", "value"},
             {},
             "chance"}};
  return {};
}

const Json* system_of(const Json& report) {
  const auto systems = report.find("systems");
  if (systems == report.end() || !systems->is_array() || systems->empty()) return nullptr;
  return &(*systems)[0];
}

/// The calibration that comes nearest to winning.
void find_fooled(const Json& report, const Source& source, SheetMeasure& measure) {
  for (const Json& row : report.value("calibrations", Json::array())) {
    const auto value = interval(at(row, source.summary));
    if (!value || std::isnan(value->mean)) continue;
    const std::string name = row.value("name", "");
    if (name == "reference") {
      measure.composers = value;
      continue;
    }
    const bool nearer =
        !measure.fooled || (source.higher_is_better ? value->mean > measure.fooled->mean
                                                    : value->mean < measure.fooled->mean);
    if (!nearer) continue;
    measure.fooled = value;
    measure.fooled_by = name;
  }
}

std::map<std::string, double> piece_values(const Json& report, const std::string& system,
                                           const std::vector<const char*>& path) {
  std::map<std::string, double> values;
  if (path.empty()) return values;
  const Json scores = at(report, {"scores", system.c_str()});
  if (!scores.is_object()) return values;
  for (const auto& [piece, score] : scores.items())
    if (const double value = number(at(score, path)); std::isfinite(value)) values[piece] = value;
  return values;
}

std::vector<std::string> cells_of(const SheetMeasure& m) {
  const auto text = [&](const std::optional<MeanInterval>& value) {
    return value ? interval_text(*value, m.digits) : std::string("-");
  };
  return {m.task,
          m.name,
          interval_text(m.value, m.digits),
          text(m.composers),
          m.fooled ? text(m.fooled) + ", " + m.fooled_by : "-",
          m.sense};
}

const std::vector<std::string> kColumns = {
    "task",        "measure", "this model", "composers", "best of those that only copy or guess",
    "what it says"};

constexpr const char* kNote =
    "Means with 95 % intervals over pieces. A measure is only worth something where those that "
    "copy or guess do badly by it.";

}  // namespace

Result<Json> read_report(const std::filesystem::path& path) {
  auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded()) return fail(ErrorCode::kMalformed, path.string() + " is no JSON");
  return json;
}

Result<void> add_report(const Json& report, Sheet& sheet) {
  const std::string title = report.value("title", "");
  const std::string task = title.substr(title.rfind(' ') + 1);
  const Json* system = system_of(report);
  const auto sources = sources_of(task);
  if (system == nullptr || sources.empty())
    return fail(ErrorCode::kMalformed, "this is no report of continuation, infill or accompany");
  for (const Source& source : sources) {
    const auto value = interval(at(*system, source.summary));
    if (!value) continue;
    SheetMeasure measure;
    measure.task = task;
    measure.name = source.name;
    measure.sense = source.sense;
    measure.higher_is_better = source.higher_is_better;
    measure.digits = source.digits;
    measure.value = *value;
    find_fooled(report, source, measure);
    if (source.chance != nullptr) {
      auto path = source.summary;
      path.back() = source.chance;
      measure.fooled = interval(at(*system, path));
      measure.fooled_by = "chance";
    }
    measure.pieces = piece_values(report, system->value("name", ""), source.piece);
    sheet.measures.push_back(std::move(measure));
  }
  const Json data = at(report, {"provenance", "references_hash"});
  if (data.is_string()) sheet.data = data.get<std::string>();
  return {};
}

Result<void> add_likelihood(const Json& likelihood, Sheet& sheet) {
  const Json pieces = at(likelihood, {"pieces"});
  if (!pieces.is_object() || pieces.empty())
    return fail(ErrorCode::kMalformed, "this is no likelihood by pieces");
  SheetMeasure measure;
  measure.task = "likelihood";
  measure.name = "nats a note";
  measure.sense = "surprise at held-out music, all pieces; compare only between equal vocabularies";
  measure.digits = 3;
  std::vector<double> nats, notes;
  for (const auto& [name, piece] : pieces.items()) {
    nats.push_back(number(at(piece, {"nats"})));
    notes.push_back(number(at(piece, {"notes"})));
    measure.pieces[name] = nats.back() / notes.back();
  }
  measure.value = bootstrap_ratio(nats, notes);
  sheet.measures.push_back(std::move(measure));
  sheet.model = likelihood.value("model", "");
  return {};
}

std::string sheet_markdown(const Sheet& sheet, const std::string& title) {
  std::string out = "# " + title + "\n\nModel " + sheet.model + "\n\n";
  const auto line = [](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += " " + cell + " |";
    return text + "\n";
  };
  out += line(kColumns) + "|---|---|---:|---:|---:|---|\n";
  for (const SheetMeasure& measure : sheet.measures) out += line(cells_of(measure));
  return out + "\n" + kNote + "\n";
}

std::string sheet_html(const Sheet& sheet, const std::string& title) {
  std::string out = page_head(title) + tag("h1", title) + small("Model " + sheet.model);
  out += table_head(kColumns);
  for (const SheetMeasure& measure : sheet.measures) out += row(cells_of(measure));
  return out + std::string(kTableEnd) + small(kNote) + "</body></html>\n";
}

}  // namespace sage
