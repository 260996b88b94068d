// sage-music tokenize: MIDI files to a token file.
#include <memory>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/tokenizer_options.h"
#include "midi/reader.h"

namespace sage::cli {
namespace {

struct Options {
  std::vector<std::string> inputs;
  TokenizerChoice tokenizer;
  std::string output;
};

Result<void> act(const Options& options) {
  auto tokenizer = make_tokenizer(options.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  TokenFile file = {tokenizer->config(), {}};
  std::size_t tokens = 0;
  for (const std::string& path : options.inputs) {
    auto read = read_midi_file(path);
    if (!read) return tl::unexpected(read.error());
    auto piece = tokenizer->quantise(read->score);
    if (!piece) return fail(path, piece.error());
    for (const std::string& warning : piece->warnings) note(path + ": " + warning);
    file.pieces.push_back({path, tokenizer->merge(tokenizer->write(*piece))});
    tokens += file.pieces.back().tokens.size();
  }
  if (auto done = write_token_file(options.output, file); !done) return done;
  say(options.output + ": " + std::to_string(options.inputs.size()) + " pieces, " +
      grouped(static_cast<long long>(tokens)) + " tokens");
  return {};
}

}  // namespace

void add_tokenize(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      cli.app, cli, "tokenize", "Convert MIDI files to tokens",
      "  sage-music tokenize a.mid b.mid -o tokens.json\n"
      "  sage-music tokenize a.mid --layout full --velocity on --grid 24 -o tokens.json\n"
      "  sage-music tokenize a.mid --tokenizer bpe.json -o tokens.json",
      [options] { return act(*options); });
  command->add_option("files", options->inputs, "MIDI files")->required();
  add_tokenizer_options(*command, options->tokenizer);
  command->add_option("-o,--output", options->output, "token file to write (JSON)")->required();
  check_usage(*command, [options] { return check_apart(options->inputs, {options->output}); });
}

}  // namespace sage::cli
