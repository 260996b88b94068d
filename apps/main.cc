// sage-music: the command line over the library. Each command is a file of its own.
#include <exception>
#include <iostream>
#include <new>

#include "cli.h"
#include "kernels/kernel_table.h"

int main(int argc, char** argv) {
  using namespace sage;
  cli::Cli cli;
  cli.app.name("sage-music");
  cli.app.description(
      "Multi-track symbolic music: generate, tokenize, inspect, render, train, measure.");
  cli.app.footer(
      "sage-music COMMAND --help shows a command's options and examples.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage.");
  cli.app.set_version_flag("--version", SAGE_VERSION);
  cli.app.require_subcommand(1);
  cli.command_line = "sage-music";
  for (int i = 1; i < argc; ++i) cli.command_line += std::string(" ") + argv[i];
  cli::add_commands(cli);
  try {
    cli.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return cli.app.exit(error);  // help or version
    std::cerr << "sage-music: " << error.what() << " (see --help)\n";
    return 2;
  }
  try {
    const auto kernels = select_kernels();
    const auto done = kernels ? cli.action() : tl::unexpected(kernels.error());
    if (!done) {
      std::cerr << "sage-music: " << to_string(done.error()) << '\n';
      return 1;
    }
  } catch (const std::bad_alloc&) {
    std::cerr << "sage-music: out of memory\n";
    return 1;
  } catch (const std::exception& error) {
    std::cerr << "sage-music: internal error, please report it: " << error.what() << '\n';
    return 1;
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "sage-music: cannot write to standard output\n";
    return 1;
  }
  return 0;
}
