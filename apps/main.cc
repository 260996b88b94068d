// sage-music: the command line over the library. Each command has its own file.
#include <exception>
#include <iostream>
#include <new>
#include <span>

#include "apps/shared/cli.h"
#include "apps/shared/process.h"
#include "apps/shared/suggestions.h"
#include "kernels/kernel_table.h"

namespace sage {
namespace {

int end_with(int code, const std::string& why) {
  cli::end_progress();
  cli::note("sage-music: " + why);
  return code;
}

/// CLI11's message about a command line, in plainer words.
std::string in_words(const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::size_t twice = text.find(": At Most 1 required");
  return twice == std::string::npos ? text : text.substr(0, twice) + " is given more than once";
}

int run(int argc, char** argv) {
  cli::Cli cli;
  cli.app.name("sage-music");
  cli.app.description(
      "Multi-track symbolic music: generate, tokenize, inspect, render, train, measure.");
  cli.app.footer(
      "sage-music COMMAND --help shows a command's options and examples.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done, but an instrument that was asked for "
      "is "
      "silent.");
  cli.app.set_version_flag("--version", SAGE_VERSION);
  cli.app.require_subcommand(1);
  cli.command_line = "sage-music";
  for (int i = 1; i < argc; ++i) cli.command_line += std::string(" ") + argv[i];
  cli::add_commands(cli);
  try {
    cli.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return cli.app.exit(error);  // help or version
    const std::span<const char* const> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    return end_with(2, in_words(error) + cli::suggestion(cli.app, arguments) + " (see --help)");
  }
  try {
    const auto kernels = select_kernels();
    const auto done = kernels ? cli.action() : tl::unexpected(kernels.error());
    return done ? cli::exit_code() : end_with(1, to_string(done.error()));
  } catch (const std::bad_alloc&) {
    return end_with(1, "out of memory");
  } catch (const std::exception& error) {
    return end_with(1, std::string("internal error, please report it: ") + error.what());
  }
}

}  // namespace
}  // namespace sage

int main(int argc, char** argv) {
  const int code = sage::run(argc, argv);
  std::cout.flush();
  if (code == 0 && !std::cout) return sage::end_with(1, "cannot write to standard output");
  return code;
}
