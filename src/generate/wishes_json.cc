#include "generate/wishes_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "base/nearest_word.h"
#include "generate/density_words.h"
#include "score/pitch_names.h"
#include "score/program_names.h"

namespace sage {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> refuse_json(const std::string& what) {
  return fail(ErrorCode::kInvalidArgument, what);
}

constexpr std::array<std::string_view, 14> kFields = {
    "key",      "chromatic",     "chords",  "strict_chords", "bass_roots", "range",    "polyphony",
    "playable", "single_voices", "density", "rhythm",        "melody",     "surprise", "drum_map"};

Result<int> program_of(const std::string& name, const std::string& field) {
  if (name == "all") return kEveryProgram;
  const auto program = program_from_name(name);
  if (!program)
    return refuse_json(field + ": no instrument is called '" + name +
                       "'; use General MIDI names, drums, numbers 0 to 128, or all");
  return *program;
}

/// A number, or a text that is one.
std::optional<double> number_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (!json.is_string()) return std::nullopt;
  const auto& text = json.get_ref<const std::string&>();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<int> whole_of(const Json& json) {
  const auto value = number_of(json);
  if (!value || *value != std::floor(*value) || std::abs(*value) > 1e6) return std::nullopt;
  return static_cast<int>(*value);
}

Result<void> read(const Json& json, const std::string& field, std::string& to) {
  if (!json.is_string()) return refuse_json(field + " must be a text");
  to = json.get<std::string>();
  return {};
}
Result<void> read(const Json& json, const std::string& field, bool& to) {
  if (!json.is_boolean()) return refuse_json(field + " must be true or false");
  to = json.get<bool>();
  return {};
}
Result<void> read(const Json& json, const std::string& field, double& to) {
  const auto value = number_of(json);
  if (!value) return refuse_json(field + " must be a number");
  to = *value;
  return {};
}

/// {"flute": VALUE, "all": VALUE}, or VALUE alone, which is for all.
template <class Read>
Result<void> by_program(const Json& json, const std::string& field, Read read_one) {
  if (!json.is_object()) return read_one(kEveryProgram, json, field);
  for (const auto& [name, value] : json.items()) {
    const auto program = program_of(name, field);
    if (!program) return tl::unexpected(program.error());
    if (auto ok = read_one(*program, value, field + " of " + name); !ok) return ok;
  }
  return {};
}

std::optional<int> pitch_of(const Json& json) {
  if (json.is_string()) return pitch_from_name(json.get_ref<const std::string&>());
  const auto pitch = whole_of(json);
  return pitch && *pitch >= 0 && *pitch <= 127 ? pitch : std::nullopt;
}

/// [48, "C6"] or "C3-C6".
Result<PitchRange> range_of(const Json& json, const std::string& what) {
  std::optional<int> low, high;
  if (json.is_array() && json.size() == 2) {
    low = pitch_of(json[0]);
    high = pitch_of(json[1]);
  } else if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    const std::size_t dash = text.find('-', 2);  // an octave may be -1
    if (dash != std::string::npos) {
      low = pitch_from_name(std::string_view(text).substr(0, dash));
      high = pitch_from_name(std::string_view(text).substr(dash + 1));
    }
  }
  if (!low || !high)
    return refuse_json(what + " must be two pitches, such as \"C4-G6\" or [60, 91]");
  return PitchRange{static_cast<std::uint8_t>(*low), static_cast<std::uint8_t>(*high)};
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ")
    if (c != ' ' && c != ',')
      word += c;
    else if (!word.empty())
      words.push_back(std::exchange(word, {}));
  return words;
}

/// A list of names and numbers, or a text with spaces or commas between them.
template <class Name>
Result<std::vector<int>> keys_of(const Json& json, const std::string& what, Name from_name) {
  std::vector<int> keys;
  const auto add = [&](const Json& item) -> Result<void> {
    std::optional<int> key =
        item.is_string() ? from_name(item.get_ref<const std::string&>()) : whole_of(item);
    if (!key) return refuse_json(what + " has '" + item.dump() + "', which is not known");
    keys.push_back(*key);
    return {};
  };
  if (json.is_string()) {
    for (const std::string& word : words_of(json.get_ref<const std::string&>()))
      if (auto ok = add(word); !ok) return tl::unexpected(ok.error());
  } else if (json.is_array()) {
    for (const Json& item : json)
      if (auto ok = add(item); !ok) return tl::unexpected(ok.error());
  } else {
    return refuse_json(what + " must be a list");
  }
  return keys;
}

Result<void> read_ranges(const Json& json, Wishes& wishes) {
  if (!json.is_object())
    return refuse_json("range must name instruments, such as {\"flute\": \"C4-C7\"}");
  return by_program(json, "range", [&](int program, const Json& value, const std::string& what) {
    return range_of(value, what).map([&](PitchRange range) {
      wishes.ranges.push_back({program, range});
    });
  });
}

Result<void> read_polyphony(const Json& json, Wishes& wishes) {
  return by_program(json, "polyphony",
                    [&](int program, const Json& value, const std::string& what) -> Result<void> {
                      const auto voices = whole_of(value);
                      if (!voices) return refuse_json(what + " must be a number of notes");
                      wishes.polyphony.push_back({program, *voices});
                      return {};
                    });
}

Result<void> read_density(const Json& json, std::span<const int> programs, Wishes& wishes) {
  const auto read_one = [&](int program, const Json& value,
                            const std::string& what) -> Result<void> {
    if (const auto notes = number_of(value)) {
      wishes.density.push_back({program, *notes});
      return {};
    }
    if (!value.is_string()) return refuse_json(what + " must be a word or a number of notes a bar");
    const auto& word = value.get_ref<const std::string&>();
    if (!notes_of_density_word(word, 0))
      return refuse_json(what + ": '" + word + "' is no density" +
                         did_you_mean(word, kDensityWords) + ", or a number of notes a bar");
    if (program != kEveryProgram) {
      wishes.density.push_back({program, *notes_of_density_word(word, program)});
      return {};
    }
    if (programs.empty()) {
      wishes.density.push_back({kEveryProgram, *notes_of_density_word(word, kEveryProgram)});
      return {};
    }
    for (const int each : programs)
      if (json.is_string() || std::none_of(wishes.density.begin(), wishes.density.end(),
                                           [&](const auto& w) { return w.program == each; }))
        wishes.density.push_back({each, *notes_of_density_word(word, each)});
    return {};
  };
  if (!json.is_object() || !json.contains("all")) return by_program(json, "density", read_one);
  // "all" means the others.
  Json named = json;
  named.erase("all");
  if (auto ok = by_program(named, "density", read_one); !ok) return ok;
  return read_one(kEveryProgram, json["all"], "density of all");
}

Result<void> read_rhythm(const Json& json, Wishes& wishes) {
  return by_program(json, "rhythm", [&](int program, const Json& value, const std::string& what) {
    std::string pattern;
    auto ok = read(value, what, pattern);
    if (ok) wishes.rhythm.push_back({program, pattern});
    return ok;
  });
}

Result<void> read_melody(const Json& json, Wishes& wishes) {
  if (!json.is_object())
    return refuse_json("melody must name instruments, such as {\"flute\": \"C5 D5 E5\"}");
  return by_program(json, "melody",
                    [&](int program, const Json& value, const std::string& what) -> Result<void> {
                      MelodyWish wish;
                      wish.program = program;
                      if (value.is_object()) {
                        if (!value.contains("contour") || value.size() != 1)
                          return refuse_json(what + " has fields other than contour");
                        if (auto ok = read(value["contour"], what, wish.contour); !ok) return ok;
                      } else {
                        auto pitches = keys_of(value, what, pitch_from_name);
                        if (!pitches) return tl::unexpected(pitches.error());
                        wish.pitches = *std::move(pitches);
                      }
                      wishes.melody.push_back(std::move(wish));
                      return {};
                    });
}

Result<void> read_field(const std::string& name, const Json& value, std::span<const int> programs,
                        Wishes& wishes) {
  if (name == "key") return read(value, name, wishes.key);
  if (name == "chromatic") return read(value, name, wishes.chromatic);
  if (name == "chords") return read(value, name, wishes.chords);
  if (name == "strict_chords") return read(value, name, wishes.strict_chords);
  if (name == "bass_roots") return read(value, name, wishes.bass_roots);
  if (name == "playable") return read(value, name, wishes.playable);
  if (name == "single_voices") return read(value, name, wishes.single_voices);
  if (name == "range") return read_ranges(value, wishes);
  if (name == "polyphony") return read_polyphony(value, wishes);
  if (name == "density") return read_density(value, programs, wishes);
  if (name == "rhythm") return read_rhythm(value, wishes);
  if (name == "melody") return read_melody(value, wishes);
  if (name == "surprise") {
    double surprise = 0;
    auto ok = read(value, name, surprise);
    if (ok) wishes.surprise = surprise;
    return ok;
  }
  if (name == "drum_map") {
    auto keys = keys_of(value, name, drum_from_name);
    if (!keys) return tl::unexpected(keys.error());
    wishes.drum_map = *std::move(keys);
    return {};
  }
  return refuse_json("there is no wish called '" + name.substr(0, 40) + "'" +
                     did_you_mean(name, kFields));
}

std::string instrument(int program) {
  if (program == kEveryProgram) return "all";
  return program == kDrumProgram ? "drums" : std::to_string(program);
}

}  // namespace

Result<Wishes> wishes_from_json(const Json& json, std::span<const int> programs) {
  if (!json.is_object())
    return refuse_json("wishes must be a JSON object, such as {\"key\": \"C\"}");
  Wishes wishes;
  for (const auto& [name, value] : json.items())
    if (auto ok = read_field(name, value, programs, wishes); !ok) return tl::unexpected(ok.error());
  const auto by_program = [](auto& list) {
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.program < b.program; });
  };
  by_program(wishes.ranges);
  by_program(wishes.polyphony);
  by_program(wishes.density);
  by_program(wishes.rhythm);
  by_program(wishes.melody);
  return wishes;
}

Result<Wishes> wishes_from_text(std::string_view text, std::span<const int> programs) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fail(ErrorCode::kMalformed, "wishes are not valid JSON");
  return wishes_from_json(json, programs);
}

nlohmann::ordered_json to_json(const Wishes& wishes) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!wishes.key.empty()) json["key"] = wishes.key;
  if (wishes.chromatic > 0) json["chromatic"] = wishes.chromatic;
  if (!wishes.chords.empty()) json["chords"] = wishes.chords;
  if (wishes.strict_chords) json["strict_chords"] = true;
  if (!wishes.bass_roots) json["bass_roots"] = false;
  for (const RangeWish& wish : wishes.ranges)
    json["range"][instrument(wish.program)] = {wish.range.low, wish.range.high};
  for (const PolyphonyWish& wish : wishes.polyphony)
    json["polyphony"][instrument(wish.program)] = wish.voices;
  if (wishes.single_voices) json["single_voices"] = true;
  if (wishes.playable) json["playable"] = true;
  for (const DensityWish& wish : wishes.density)
    json["density"][instrument(wish.program)] = wish.notes;
  for (const RhythmWish& wish : wishes.rhythm)
    json["rhythm"][instrument(wish.program)] = wish.pattern;
  for (const MelodyWish& wish : wishes.melody) {
    auto& melody = json["melody"][instrument(wish.program)];
    if (wish.pitches.empty())
      melody["contour"] = wish.contour;
    else
      melody = wish.pitches;
  }
  if (wishes.surprise) json["surprise"] = *wishes.surprise;
  if (!wishes.drum_map.empty()) json["drum_map"] = wishes.drum_map;
  return json;
}

}  // namespace sage
