// sage-music bpe apply: merges the tokens of a token file.
#include <memory>

#include "apps/bpe/commands.h"
#include "apps/shared/files.h"
#include "apps/shared/tokenizer_options.h"
#include "tokens/tokenizer_file.h"

namespace sage::cli {
namespace {

struct ApplyOptions {
  std::string input, tokenizer, output;
};

Result<void> apply(const ApplyOptions& options) {
  auto tokenizer = read_tokenizer_file(options.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  auto file = read_token_file(options.input);
  if (!file) return tl::unexpected(file.error());
  TokenizerConfig base = tokenizer->config();
  base.merges = {};
  if (file->config != base)
    return fail(ErrorCode::kMismatch, options.input + " holds tokens of " + describe(file->config) +
                                          "; the merges are for " + describe(base));
  if (file->pieces.empty())
    return fail(ErrorCode::kInvalidArgument, options.input + " holds no pieces");
  std::size_t before = 0, after = 0;
  for (TokenFile::Piece& piece : file->pieces) {
    // Decoding first: merges of what is no piece would hide where it went wrong.
    if (auto decoded = tokenizer->decode(piece.tokens); !decoded)
      return fail(options.input + ", piece " + printable(piece.file), decoded.error());
    before += piece.tokens.size();
    piece.tokens = tokenizer->merge(piece.tokens);
    after += piece.tokens.size();
  }
  file->config = tokenizer->config();
  if (auto written = write_token_file(options.output, *file); !written) return written;
  say(options.output + ": " + grouped(static_cast<long long>(before)) + " tokens became " +
      grouped(static_cast<long long>(after)));
  return {};
}

}  // namespace

void add_bpe_apply(CLI::App& bpe, Cli& cli) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* command =
      add_command(bpe, cli, "apply", "Apply merges to a token file",
                  "  sage-music tokenize a.mid -o tokens.json\n"
                  "  sage-music bpe apply tokens.json --tokenizer bpe.json -o merged.json",
                  [options] { return apply(*options); });
  command->add_option("tokens", options->input, "token file without merges")->required();
  command->add_option("--tokenizer", options->tokenizer, "tokenizer file from `bpe train`")
      ->required();
  command->add_option("-o,--output", options->output, "token file to write (JSON)")->required();
  check_usage(*command, [options] {
    return check_apart({options->input, options->tokenizer}, {options->output});
  });
}

}  // namespace sage::cli
