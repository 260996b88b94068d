// sage-music bpe import and export: tokenizers of other programs.
#include <memory>

#include "apps/bpe/commands.h"
#include "apps/shared/files.h"
#include "tokens/foreign/miditok.h"
#include "tokens/tokenizer_file.h"

namespace sage::cli {
namespace {

struct BpeExchangeOptions {
  std::string input, output;
};

void say_notes(const std::vector<std::string>& notes) {
  for (const std::string& line : notes) note(printable(line));
}

Result<void> import_tokenizer(const BpeExchangeOptions& options) {
  std::vector<std::string> notes;
  auto tokenizer = import_miditok(options.input, notes);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  say_notes(notes);
  const nlohmann::json about = {{"imported_from", "MidiTok"}};
  if (auto done = write_tokenizer_file(options.output, *tokenizer, about); !done) return done;
  say("wrote " + options.output + ": " + describe(tokenizer->config()));
  return {};
}

Result<void> export_tokenizer(const BpeExchangeOptions& options) {
  auto tokenizer = read_tokenizer_file(options.input);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  std::vector<std::string> notes;
  if (auto done = export_miditok(options.output, *tokenizer, notes); !done) return done;
  say_notes(notes);
  say("wrote " + options.output);
  return {};
}

void add(CLI::App& bpe, Cli& cli, const std::string& name, const std::string& summary,
         const std::string& example, const std::string& input,
         Result<void> (*act)(const BpeExchangeOptions&)) {
  auto options = std::make_shared<BpeExchangeOptions>();
  CLI::App* command =
      add_command(bpe, cli, name, summary, example, [options, act] { return act(*options); });
  command->add_option("file", options->input, input)->required();
  command->add_option("-o,--output", options->output, "file to write (JSON)")->required();
  check_usage(*command, [options] { return check_apart({options->input}, {options->output}); });
}

}  // namespace

void add_bpe_exchange(CLI::App& bpe, Cli& cli) {
  add(bpe, cli, "import", "Convert a tokenizer.json of MidiTok (REMI or TSD)",
      "  sage-music bpe import tokenizer.json -o bpe.json", "tokenizer.json of MidiTok",
      import_tokenizer);
  add(bpe, cli, "export", "Write a tokenizer.json for MidiTok (REMI or TSD)",
      "  sage-music bpe export bpe.json -o tokenizer.json", "tokenizer file from `bpe train`",
      export_tokenizer);
}

}  // namespace sage::cli
