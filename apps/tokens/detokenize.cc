// sage-music detokenize: a token file back to MIDI files.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <span>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/music_file.h"
#include "apps/shared/tokenizer_options.h"
#include "midi/writer.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

struct DetokenizeOptions {
  std::string input, output;
};

/// NAME.mid in the folder, numbered where two pieces share a name. A token file may come from
/// anywhere: control characters do not get into names.
std::filesystem::path place_in(const std::filesystem::path& folder, const std::string& file,
                               std::set<std::string>& taken) {
  std::string stem = std::filesystem::path(file).stem().string();
  if (stem.empty()) stem = "piece";
  for (char& c : stem)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
  std::string name = stem;
  for (int i = 2; !taken.insert(name).second; ++i) name = stem + "-" + std::to_string(i);
  return folder / (name + ".mid");
}

/// Whether the tokens reach the piece's end: an EOS in their last step.
bool is_whole(std::span<const TokenId> ids, const Tokenizer& tokenizer) {
  const auto stride = static_cast<std::size_t>(tokenizer.stride());
  const auto last = tokenizer.expand(ids.last(std::min(stride, ids.size())));
  return std::find(last.begin(), last.end(), tokenizer.vocabulary().id(Kind::kEos)) != last.end();
}

Result<void> act(const DetokenizeOptions& options) {
  auto file = read_token_file(options.input);
  if (!file) return tl::unexpected(file.error());
  auto tokenizer = Tokenizer::create(file->config);
  if (!tokenizer) return fail(options.input, tokenizer.error());
  if (file->pieces.empty())
    return fail(ErrorCode::kInvalidArgument, options.input + " holds no pieces");
  std::vector<Score> scores;  // all are decoded before any is written
  for (const auto& piece : file->pieces) {
    auto score = tokenizer->decode(piece.tokens);
    if (!score) return fail(options.input + ", piece " + piece.file, score.error());
    if (!is_whole(piece.tokens, *tokenizer))
      note(options.input + ", piece " + piece.file +
           ": the tokens end before the end of the piece; the part before is written");
    scores.push_back(*std::move(score));
  }
  std::error_code code;
  const bool one_file = scores.size() == 1 && !std::filesystem::is_directory(options.output, code);
  std::set<std::string> taken;
  std::vector<std::string> inputs = {options.input}, outputs;
  for (const auto& piece : file->pieces) {
    inputs.push_back(piece.file);  // the original, where it still is
    outputs.push_back(one_file ? options.output
                               : place_in(options.output, piece.file, taken).string());
  }
  if (auto ok = check_apart(inputs, outputs); !ok) return ok;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (auto ok = check_output(outputs[i]); !ok) return ok;
    if (auto done = write_output(outputs[i], write_midi(scores[i])); !done) return done;
    say(outputs[i] + ": " + grouped(static_cast<long long>(note_count(scores[i]))) + " notes");
  }
  return {};
}

}  // namespace

void add_detokenize(Cli& cli) {
  auto options = std::make_shared<DetokenizeOptions>();
  CLI::App* command = add_command(cli.app, cli, "detokenize", "Convert tokens to MIDI files",
                                  "  sage-music detokenize tokens.json -o song.mid\n"
                                  "  sage-music detokenize many.json -o folder",
                                  [options] { return act(*options); });
  command->add_option("file", options->input, "token file")->required();
  command
      ->add_option("-o,--output", options->output,
                   "MIDI file to write (- is standard output); a folder for several pieces")
      ->required();
  check_usage(*command, [options]() -> Result<void> {
    if (auto ok = check_midi_name(options->output); !ok) return ok;
    return check_apart({options->input}, {options->output});
  });
}

}  // namespace sage::cli
