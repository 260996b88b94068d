// sage-music tokenize: MIDI files to a token file.
#include <memory>
#include <span>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/music_file.h"
#include "apps/shared/tokenizer_options.h"

namespace sage::cli {
namespace {

struct TokenizeOptions {
  std::vector<std::string> inputs;
  TokenizerChoice tokenizer;
  std::string output;
};

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<void> add_piece(const std::string& path, const Tokenizer& tokenizer, TokenFile& file) {
  auto document = read_music(path);
  if (!document) return tl::unexpected(document.error());
  auto piece = tokenizer.quantise(document->music().score);
  if (!piece) return fail(path, piece.error());
  for (const std::string& warning : piece->warnings) note(path + ": " + warning);
  file.pieces.push_back({path, tokenizer.merge(tokenizer.write(*piece))});
  return {};
}

Result<void> act(const TokenizeOptions& options) {
  if (auto ok = check_output(options.output); !ok) return ok;
  auto tokenizer = make_tokenizer(options.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  TokenFile file = {tokenizer->config(), {}};
  std::size_t tokens = 0;
  Result<void> last_failure;
  for (const std::string& path : options.inputs) {
    if (auto ok = add_piece(path, *tokenizer, file); !ok) {
      last_failure = ok;
      if (options.inputs.size() > 1) note("left out: " + to_string(ok.error()));
    } else {
      tokens += file.pieces.back().tokens.size();
    }
  }
  if (file.pieces.empty()) return last_failure;
  if (auto done = write_output(options.output, bytes_of(token_file_text(file))); !done) return done;
  say(options.output + ": " + std::to_string(file.pieces.size()) + " pieces, " +
      grouped(static_cast<long long>(tokens)) + " tokens");
  return {};
}

}  // namespace

void add_tokenize(Cli& cli) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App* command = add_command(
      cli.app, cli, "tokenize", "Convert MIDI files to tokens",
      "  sage-music tokenize a.mid b.mid -o tokens.json\n"
      "  sage-music tokenize a.mid --layout full --velocity on --grid 24 -o tokens.json\n"
      "  sage-music tokenize a.mid --tokenizer bpe.json -o tokens.json",
      [options] { return act(*options); });
  command->add_option("files", options->inputs, "MIDI files; - is standard input")->required();
  add_tokenizer_options(*command, options->tokenizer);
  command
      ->add_option("-o,--output", options->output,
                   "token file to write (JSON); - is standard output")
      ->required();
  check_usage(*command, [options] { return check_apart(options->inputs, {options->output}); });
}

}  // namespace sage::cli
