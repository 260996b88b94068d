#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "tokens/foreign/miditok.h"
#include "tokens/foreign/miditok_tokens.h"

namespace sage {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using Notes = std::vector<std::string>;

constexpr char32_t kFirstCharacter = 33;  // base token i of MidiTok is the character 33 + i

std::string utf8(char32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), tail(0)};
  return {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
}

/// The config that makes MidiTok's tokens most like those of the tokenizer.
ordered_json settings_of(const Tokenizer& tokenizer, std::string_view split) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<int> programs;
  for (int program = -1; program < 128; ++program) programs.push_back(program);
  ordered_json meters;
  for (const Meter meter : vocabulary.meters())
    meters[std::to_string(meter.denominator)].push_back(meter.numerator);
  ordered_json resolutions;
  int begin = 0;
  for (const auto& [end, resolution] : miditok::length_ranges(tokenizer)) {
    resolutions[std::to_string(begin) + "_" + std::to_string(end)] = resolution;
    begin = end;
  }
  ordered_json extra = ordered_json::object();
  if (tokenizer.config().scheme == "remi+")
    extra = {{"max_bar_embedding", nullptr},
             {"use_bar_end_tokens", false},
             {"add_trailing_bars", false}};
  return {{"pitch_range", {0, 127}},
          {"beat_res", resolutions},
          {"num_velocities", 32},
          {"remove_duplicated_notes", true},
          {"encode_ids_split", split},
          {"special_tokens", miditok::kSpecialTokens},
          {"use_velocities", tokenizer.config().velocity},
          {"use_note_duration_programs", programs},
          {"use_chords", false},
          {"use_rests", false},
          {"use_tempos", true},
          {"use_time_signatures", true},
          {"use_sustain_pedals", false},
          {"use_pitch_bends", false},
          {"use_programs", true},
          {"use_pitch_intervals", false},
          {"use_pitchdrum_tokens", true},
          {"programs", programs},
          {"one_token_stream_for_programs", true},
          {"program_changes", false},
          {"num_tempos", vocabulary.tempos().size()},
          {"tempo_range", miditok::tempo_range(vocabulary)},
          {"log_tempos", true},
          {"time_signature_range", meters},
          {"drums_pitch_range", {0, 127}},
          {"additional_params", extra}};
}

/// What a Hugging Face tokenizer holds of merges, as text.
std::string encoder_text(const Tokenizer& tokenizer, const std::vector<std::string>& base,
                         Notes& notes) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  const miditok::Meanings meanings(vocabulary, true);
  // Of each of our tokens, in MidiTok's characters; empty where it has none.
  std::vector<std::string> spelling(static_cast<std::size_t>(tokenizer.size()));
  json ids, merges = json::array();
  for (const std::string& token : base) {
    const std::string character = utf8(kFirstCharacter + static_cast<char32_t>(ids.size()));
    ids[character] = ids.size();
    const auto id = meanings.id(token);
    if (id && spelling[static_cast<std::size_t>(*id)].empty())
      spelling[static_cast<std::size_t>(*id)] = character;
  }
  int left_out = 0, twice = 0;
  auto next = static_cast<std::size_t>(vocabulary.size());
  for (const Merge& merge : tokenizer.bpe().merges()) {
    const std::string& left = spelling[static_cast<std::size_t>(merge.left)];
    const std::string& right = spelling[static_cast<std::size_t>(merge.right)];
    std::string& joined = spelling[next++];
    if (left.empty() || right.empty()) {
      ++left_out;
      continue;
    }
    joined = left + right;
    merges.push_back(left + " " + right);
    twice += !ids.emplace(joined, ids.size()).second;
  }
  if (left_out > 0)
    notes.push_back(std::to_string(left_out) +
                    " merges are left out: they hold a base token that MidiTok does not have");
  if (twice > 0)
    notes.push_back(
        std::to_string(twice) +
        " merges come to what another one says already: MidiTok has one token for both");
  json special = json::array();
  for (std::size_t i = 0; i < miditok::kSpecialTokens.size(); ++i)
    special.push_back({{"id", i},
                       {"content", utf8(kFirstCharacter + static_cast<char32_t>(i))},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", true}});
  // No pre-tokenizer: MidiTok hands over words that are split already, and with nothing put before
  // a word the merges apply as they do here.
  return json({{"version", "1.0"},
               {"truncation", nullptr},
               {"padding", nullptr},
               {"added_tokens", std::move(special)},
               {"normalizer", nullptr},
               {"pre_tokenizer", nullptr},
               {"post_processor", nullptr},
               {"decoder", nullptr},
               {"model",
                {{"type", "BPE"},
                 {"dropout", nullptr},
                 {"unk_token", nullptr},
                 {"continuing_subword_prefix", nullptr},
                 {"end_of_word_suffix", nullptr},
                 {"fuse_unk", false},
                 {"byte_fallback", false},
                 {"ignore_merges", false},
                 {"vocab", std::move(ids)},
                 {"merges", std::move(merges)}}}})
      .dump();
}

std::string_view split_of(Boundary boundary, Notes& notes) {
  if (boundary == Boundary::kNone) return "no";
  if (boundary == Boundary::kBar) return "bar";
  if (boundary != Boundary::kBeat)
    notes.push_back("MidiTok does not split at the boundary " +
                    std::string(boundary_name(boundary)) + "; the file has beat");
  return "beat";
}

}  // namespace

Result<void> export_miditok(const std::filesystem::path& path, const Tokenizer& tokenizer,
                            std::vector<std::string>& notes) {
  const TokenizerConfig& config = tokenizer.config();
  const bool remi = config.scheme == "remi+";
  if (!remi && config.scheme != "tsd")
    return fail(ErrorCode::kUnsupported,
                "the scheme " + config.scheme + " does not exist in MidiTok; remi+ and tsd do");
  notes.push_back("MidiTok has no headers of programs and no holes");
  if (remi && config.layout == Layout::kFull)
    notes.push_back("MidiTok writes Position only where it changes, this layout for every note");
  if (config.layout == Layout::kCompact)
    notes.push_back("MidiTok writes Program for every note, this layout only where it must");
  if (!remi) notes.push_back("MidiTok's TSD has no bars: its TimeShift passes bar lines");
  notes.push_back(std::string(remi ? "MidiTok's TimeSig stands in every bar. " : "") +
                  "In meters not counted in quarters, MidiTok counts times in beats of the meter");
  const std::string_view split =
      tokenizer.has_merges() ? split_of(config.merges.boundary, notes) : "no";
  // In the order in which MidiTok needs them.
  ordered_json file = {{"config", settings_of(tokenizer, split)},
                       {"tokenization", remi ? "REMI" : "TSD"},
                       {"miditok_version", "3.0.4"}};
  if (tokenizer.has_merges()) {
    const auto base = miditok::base_tokens(tokenizer);
    std::map<std::string, std::size_t> ids;
    std::map<std::string, std::string> characters;
    for (std::size_t i = 0; i < base.size(); ++i) {
      ids[base[i]] = i;
      characters[utf8(kFirstCharacter + static_cast<char32_t>(i))] = base[i];
    }
    file["_vocab_base"] = ids;
    file["_model"] = encoder_text(tokenizer, base, notes);
    file["_vocab_base_byte_to_token"] = characters;
  }
  return write_text(path, file.dump(4, ' ', true) + "\n");
}

}  // namespace sage
