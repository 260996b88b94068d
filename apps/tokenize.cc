// sage-music tokenize: MIDI files to a token file.
#include <memory>

#include "base/file.h"
#include "cli.h"
#include "midi/reader.h"
#include "tokenizer_options.h"

namespace sage::cli {
namespace {

struct Options {
  std::vector<std::string> inputs;
  TokenizerConfig config;
  std::string output;
};

Result<void> act(const Options& options) {
  auto tokenizer = Tokenizer::create(options.config);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  Json pieces = Json::array();
  std::size_t tokens = 0;
  for (const std::string& path : options.inputs) {
    auto read = read_midi_file(path);
    if (!read) return tl::unexpected(read.error());
    auto piece = tokenizer->quantise(read->score);
    if (!piece) return fail(path, piece.error());
    for (const std::string& warning : piece->warnings) note(path + ": " + warning);
    const auto ids =
        tokenizer->tokenization().write(*piece, options.config, tokenizer->vocabulary(), {});
    tokens += ids.size();
    pieces.push_back({{"file", path}, {"tokens", ids}});
  }
  const Json file = {{"format", kTokenFileFormat},
                     {"version", kTokenFileVersion},
                     {"tokenizer", to_json(options.config)},
                     {"pieces", std::move(pieces)}};
  const std::string text = file.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (auto done = write_text(options.output, text + "\n"); !done) return done;
  say(options.output + ": " + std::to_string(options.inputs.size()) + " pieces, " +
      grouped(static_cast<long long>(tokens)) + " tokens");
  return {};
}

}  // namespace

void add_tokenize(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      cli.app, cli, "tokenize", "Turn MIDI files into tokens",
      "  sage-music tokenize a.mid b.mid -o tokens.json\n"
      "  sage-music tokenize a.mid --layout full --velocity on --grid 24 -o tokens.json",
      [options] { return act(*options); });
  command->add_option("files", options->inputs, "MIDI files")->required();
  add_tokenizer_options(*command, options->config);
  command->add_option("-o,--output", options->output, "token file to write (JSON)")->required();
}

}  // namespace sage::cli
