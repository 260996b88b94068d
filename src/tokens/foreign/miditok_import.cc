#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/file.h"
#include "tokens/foreign/miditok.h"
#include "tokens/foreign/miditok_tokens.h"

namespace sage {
namespace {

using nlohmann::json;
using Notes = std::vector<std::string>;

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;  // of a file
constexpr int kMaxDepth = 32;                             // of nested JSON
constexpr const char* kWordStart = "\u2581";  // what Metaspace puts before a word by default

bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else {
      quoted = c == '"';
      depth += (c == '[' || c == '{') - (c == ']' || c == '}');
      if (depth > kMaxDepth) return true;
    }
  }
  return false;
}

Result<json> parse_object(std::string_view text, const std::string& name) {
  if (too_deep(text))
    return fail(ErrorCode::kLimit,
                name + " nests deeper than " + std::to_string(kMaxDepth) + " levels");
  json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object())
    return fail(ErrorCode::kMalformed,
                name + (parsed.is_discarded() ? " is not valid JSON" : " is not a JSON object"));
  return parsed;
}

/// A string of the file on one line, and no longer than a message bears.
std::string quoted(const std::string& text) {
  const std::string whole = json(text).dump(-1, ' ', true);
  return whole.size() <= 40 ? whole : whole.substr(0, 36) + "...\"";
}

tl::unexpected<Error> no_way(const std::string& why) {
  return fail(ErrorCode::kUnsupported, "cannot be taken over: " + why);
}

Result<int> read_grid(const json& settings, Notes& notes) {
  const json ranges = settings.value("beat_res", json({{"0_4", 8}, {"4_12", 4}}));
  if (!ranges.is_object()) return fail(ErrorCode::kMalformed, "its beat_res is not a JSON object");
  std::int64_t finest = 0;
  bool same = true;
  for (const json& resolution : ranges) {
    const auto n = resolution.is_number_integer() ? resolution.get<std::int64_t>() : 0;
    if (n < 1 || n > 4096)
      return fail(ErrorCode::kMalformed, "its beat_res holds what is no resolution of 1 to 4096");
    same = same && (finest == 0 || n == finest);
    finest = std::max(finest, n);
  }
  constexpr std::array kGrids = {4, 8, 12, 16, 24};
  if (std::find(kGrids.begin(), kGrids.end(), finest) == kGrids.end())
    return no_way("its beats have " + std::to_string(finest) +
                  " positions (beat_res); here a quarter has 4, 8, 12, 16 or 24");
  if (!same)
    notes.push_back(
        "longer durations are coarser there than here, where all of them lie on one "
        "grid of " +
        std::to_string(finest) + " steps a quarter");
  return static_cast<int>(finest);
}

Result<Boundary> read_boundary(const json& settings) {
  // Files from before there was a choice did not split.
  const std::string split = settings.value("encode_ids_split", "no");
  if (split == "no") return Boundary::kNone;
  if (split == "bar") return Boundary::kBar;
  if (split == "beat") return Boundary::kBeat;
  return no_way("it splits at " + quoted(split) +
                " (encode_ids_split); no, bar and beat are known");
}

/// Tokens of time and notes cannot be dropped; others can.
Result<void> check_tokens(const json& settings, Notes& notes) {
  struct Option {
    const char* key;
    const char* tokens;
  };
  for (const auto& [key, tokens] : {Option{"use_rests", "Rest"}, Option{"use_chords", "Chord"},
                                    Option{"use_pitch_intervals", "PitchInterval"}})
    if (settings.value(key, false))
      return no_way("it uses " + std::string(tokens) + " tokens (" + key +
                    "), which no scheme here has");
  for (const auto& [key, tokens] :
       {Option{"use_sustain_pedals", "Pedal"}, Option{"use_pitch_bends", "PitchBend"},
        Option{"use_control_changes", "ControlChange"}, Option{"use_key_signatures", "KeySig"}})
    if (settings.value(key, false))
      notes.push_back("there are no " + std::string(tokens) + " tokens here (" + key + ")");
  const auto items = settings.items();
  if (std::any_of(items.begin(), items.end(), [](const auto& item) {
        return item.key().starts_with("ac_") && item.value() == true;
      }))
    notes.push_back("there are no attribute controls here (ac_...)");
  const auto durations = settings.find("use_note_duration_programs");
  if (durations == settings.end()) return {};
  if (!durations->is_array())
    return fail(ErrorCode::kMalformed, "its use_note_duration_programs is not a list");
  if (durations->empty())
    return no_way("its notes have no durations (use_note_duration_programs is empty)");
  if (durations->size() < kProgramCount)
    notes.push_back("notes of some programs have no Duration there; here every note has one");
  return {};
}

void note_differences(const json& settings, bool remi, Notes& notes) {
  const bool programs = settings.value("use_programs", false);
  const bool changes = programs && settings.value("program_changes", false);
  const std::string time = remi ? "POSITION" : "TIME_SHIFT";
  if (!programs)
    notes.push_back("it has no Program tokens (use_programs); here PROGRAM follows every " + time);
  else if (changes)
    notes.push_back(
        "Program stands there where it changes in the piece (program_changes); here "
        "PROGRAM also follows every " +
        time);
  else
    notes.push_back("Program stands there before every note; here PROGRAM stands after a " + time +
                    " and where it changes");
  if (!programs || !settings.value("one_token_stream_for_programs", true))
    notes.push_back("each track is a string of tokens there; here all tracks are one");
  if (!settings.value("use_pitchdrum_tokens", true))
    notes.push_back("drums have Pitch tokens there (use_pitchdrum_tokens); here DRUM tokens");
  if (!remi) notes.push_back("there are no bars there; here BAR begins each, and ends every shift");
  if (settings.value("use_tempos", false))
    notes.push_back("Tempo stands there where it changes; here at the head of a bar");
  if (settings.value("use_time_signatures", false))
    notes.push_back(
        std::string(remi ? "TimeSig stands there in every bar; here where it changes. " : "") +
        "In meters not counted in quarters, times are counted there in beats of the "
        "meter, here in quarters");
  const auto extra = settings.value("additional_params", std::map<std::string, json>());
  if (extra.contains("max_bar_embedding") && !extra.at("max_bar_embedding").is_null())
    notes.push_back("bars are numbered there (max_bar_embedding); here they are not");
}

/// The config, all but the merges.
Result<TokenizerConfig> read_config(const json& file, Notes& notes) {
  const std::string name = file.at("tokenization").get<std::string>();
  if (name != "REMI" && name != "TSD")
    return no_way("its tokenization is " + quoted(name) + "; REMI and TSD can be");
  const json& settings = file.at("config");
  if (!settings.is_object()) return fail(ErrorCode::kMalformed, "its config is not a JSON object");
  if (auto checked = check_tokens(settings, notes); !checked)
    return tl::unexpected(checked.error());
  const auto grid = read_grid(settings, notes);
  if (!grid) return tl::unexpected(grid.error());
  note_differences(settings, name == "REMI", notes);
  return TokenizerConfig{.scheme = name == "REMI" ? "remi+" : "tsd",
                         .layout = Layout::kCompact,
                         .velocity = settings.value("use_velocities", true),
                         .grid = *grid};
}

/// Turns merges of strings of characters into merges of ids.
class MergeReader {
 public:
  explicit MergeReader(int base_size) : base_size_(base_size) {}

  /// `start` marks the beginning of a word and means nothing by itself; may be empty.
  void add_word_start(const std::string& start) {
    if (!start.empty()) symbols_[start] = {Symbol::kNothing};
  }
  void add_base(const std::string& character, std::optional<TokenId> id) {
    symbols_[character] = id ? Symbol{Symbol::kToken, *id} : Symbol{Symbol::kUnknown};
  }
  /// False where a side is neither a base token nor made by a merge before.
  bool add_merge(const std::string& left, const std::string& right) {
    const auto a = symbols_.find(left), b = symbols_.find(right);
    if (a == symbols_.end() || b == symbols_.end()) return false;
    const Symbol made = join(a->second, b->second);
    symbols_.try_emplace(left + right, made);
    return true;
  }

  int left_out() const { return left_out_; }
  int folded() const { return folded_; }
  std::vector<Merge> take() { return std::move(merges_); }

 private:
  struct Symbol {
    enum Type { kNothing, kUnknown, kToken } type = kNothing;
    TokenId id = 0;
  };

  Symbol join(Symbol left, Symbol right) {
    if (left.type == Symbol::kUnknown || right.type == Symbol::kUnknown) {
      ++left_out_;
      return {Symbol::kUnknown};
    }
    if (left.type == Symbol::kNothing || right.type == Symbol::kNothing) {
      ++folded_;
      return left.type == Symbol::kNothing ? right : left;
    }
    const Merge merge{left.id, right.id};
    const auto next = static_cast<TokenId>(base_size_ + static_cast<int>(merges_.size()));
    const auto [made, is_new] = made_.try_emplace(merge, next);
    if (is_new)
      merges_.push_back(merge);
    else
      ++folded_;
    return {Symbol::kToken, made->second};
  }

  int base_size_;
  std::unordered_map<std::string, Symbol> symbols_;
  std::map<Merge, TokenId> made_;
  std::vector<Merge> merges_;
  int left_out_ = 0, folded_ = 0;
};

/// Either "left right" or ["left", "right"]; the Hugging Face library has written both.
std::optional<std::pair<std::string, std::string>> sides(const json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
    return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
  if (!merge.is_string()) return std::nullopt;
  const auto& text = merge.get_ref<const std::string&>();
  const std::size_t gap = text.find(' ');
  if (gap == std::string::npos || text.find(' ', gap + 1) != std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, gap), text.substr(gap + 1));
}

/// Gives the reader MidiTok's base tokens, by their characters.
Result<void> add_base_tokens(const json& file, const miditok::Meanings& meanings,
                             MergeReader& reader, Notes& notes) {
  const auto characters = file.find("_vocab_base_byte_to_token");
  if (characters == file.end() || !characters->is_object())
    return fail(ErrorCode::kMalformed,
                "it has a _model without the characters of its tokens (_vocab_base_byte_to_token)");
  std::map<std::string, int> unknown;  // types, with the number of tokens
  const auto& special = miditok::kSpecialTokens;
  for (const auto& [character, token] : characters->items()) {
    if (!token.is_string())
      return fail(ErrorCode::kMalformed, "its base token " + quoted(character) + " has no name");
    const auto& name = token.get_ref<const std::string&>();
    const auto id = meanings.id(name);
    reader.add_base(character, id);
    if (id || std::find(special.begin(), special.end(), name) != special.end()) continue;
    const std::string type = quoted(name.substr(0, name.find('_')));
    ++unknown[unknown.size() < 12 || unknown.contains(type) ? type : "others"];
  }
  std::string list;
  for (const auto& [type, count] : unknown)
    list += (list.empty() ? "" : ", ") + std::to_string(count) + " " + type;
  if (!list.empty()) notes.push_back("base tokens without a counterpart here: " + list);
  return {};
}

/// Checks that the model is byte pair encoding of plain characters.
Result<void> check_model(const json& model) {
  const std::string type = model.value("type", "BPE");
  if (type != "BPE")
    return no_way("its vocabulary was learnt by " + quoted(type) +
                  "; only byte pair encoding (BPE) can be");
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const json affix = model.value(key, json(""));
    if (!affix.is_null() && affix != "")
      return no_way("its model marks parts of words (" + std::string(key) + ")");
  }
  if (!model.contains("merges") || !model["merges"].is_array())
    return fail(ErrorCode::kMalformed, "its _model has no list of merges");
  if (model["merges"].size() > static_cast<std::size_t>(Bpe::kMaxTokens))
    return fail(ErrorCode::kLimit, "it has " + std::to_string(model["merges"].size()) +
                                       " merges; a tokenizer has at most " +
                                       std::to_string(Bpe::kMaxTokens) + " tokens");
  return {};
}

Result<std::vector<Merge>> read_merges(const json& file, const Vocabulary& vocabulary,
                                       bool velocities, Notes& notes) {
  auto encoder = parse_object(file.at("_model").get_ref<const std::string&>(), "its _model");
  if (!encoder) return tl::unexpected(encoder.error());
  const json& model = encoder->at("model");
  if (auto checked = check_model(model); !checked) return tl::unexpected(checked.error());
  MergeReader reader(vocabulary.size());
  const json splitter = encoder->value("pre_tokenizer", json());
  if (splitter.is_object())
    reader.add_word_start(splitter.value("replacement", std::string(kWordStart)));
  if (auto added = add_base_tokens(file, {vocabulary, velocities}, reader, notes); !added)
    return tl::unexpected(added.error());
  const json& merges = model["merges"];
  for (std::size_t i = 0; i < merges.size(); ++i) {
    const auto pair = sides(merges[i]);
    if (!pair)
      return fail(ErrorCode::kMalformed, "its merge " + std::to_string(i) + " is not a pair");
    if (!reader.add_merge(pair->first, pair->second))
      return fail(ErrorCode::kMalformed, "its merge " + std::to_string(i) +
                                             " joins what is no base token and no merge before it");
  }
  const std::string of_all = " of " + std::to_string(merges.size()) + " merges ";
  if (reader.left_out() > 0)
    notes.push_back(std::to_string(reader.left_out()) + of_all +
                    "are left out: they hold a base token without a counterpart");
  if (reader.folded() > 0)
    notes.push_back(std::to_string(reader.folded()) + of_all +
                    "come to the same here as others: they mark the start of a word, or tell "
                    "apart what is one token here");
  return reader.take();
}

Result<Tokenizer> read(const std::string& text, Notes& notes) {
  const auto file = parse_object(text, "the file");
  if (!file) return tl::unexpected(file.error());
  if (!file->contains("tokenization") || !file->contains("config"))
    return fail(ErrorCode::kMalformed,
                "it is not a tokenizer of MidiTok: it lacks \"tokenization\" or \"config\"");
  auto config = read_config(*file, notes);
  if (!config) return tl::unexpected(config.error());
  auto tokenizer = Tokenizer::create(*config);
  if (!tokenizer) return tokenizer;
  const json& settings = file->at("config");
  const Vocabulary& vocabulary = tokenizer->vocabulary();
  const bool velocities = settings.value("num_velocities", 32) == vocabulary.velocity_bins();
  if (config->velocity && !velocities)
    notes.push_back("there are " + std::to_string(vocabulary.velocity_bins()) +
                    " bins of velocity here and another number there, so Velocity tokens do not "
                    "map");
  if (!file->contains("_model")) return tokenizer;
  const auto boundary = read_boundary(settings);
  if (!boundary) return tl::unexpected(boundary.error());
  auto merges = read_merges(*file, vocabulary, velocities, notes);
  if (!merges) return tl::unexpected(merges.error());
  if (merges->empty()) return tokenizer;
  config->merges = {*boundary, *std::move(merges)};
  return Tokenizer::create(*config);
}

}  // namespace

Result<Tokenizer> import_miditok(const std::filesystem::path& path,
                                 std::vector<std::string>& notes) {
  const auto text = read_text(path, kMaxBytes);
  if (!text) return tl::unexpected(text.error());
  try {
    auto tokenizer = read(*text, notes);
    if (!tokenizer) return fail(path.string(), tokenizer.error());
    return tokenizer;
  } catch (const json::exception& e) {
    return fail(ErrorCode::kMalformed,
                path.string() + " is not as MidiTok writes it: " + std::string(e.what()));
  }
}

}  // namespace sage
