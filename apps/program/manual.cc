// sage-music manual: the manual pages, made of what --help is made of.
#include <filesystem>
#include <memory>
#include <sstream>

#include "apps/shared/cli.h"
#include "base/file.h"

namespace sage::cli {
namespace {

/// As roff wants text: no escapes, no requests, and hyphens that can be searched for.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    if (c == '\n') out += "\\&";
  }
  return "\\&" + out;
}

std::string options(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    std::string name = option->get_name(/*positional=*/true, /*all_options=*/true);
    if (const std::string type = option->get_type_name(); !type.empty()) name += " " + type;
    out += ".TP\n.B " + roff(name) + "\n" + roff(option->get_description());
    if (const std::string usual = option->get_default_str(); !usual.empty())
      out += roff(" [default: " + usual + "]");
    out += "\n";
  }
  return out;
}

std::string commands(const CLI::App& app, const std::string& name) {
  std::string out;
  for (const CLI::App* command : app.get_subcommands({}))
    out += ".TP\n.B " + roff(name + " " + command->get_name()) + "\n" +
           roff(command->get_description()) + "\n";
  return out;
}

/// A page of its own for the program and for each of its commands; commands of commands are
/// sections of theirs.
std::string page(const CLI::App& app, const std::string& title, const std::string& name) {
  std::ostringstream out;
  out << ".TH " << roff(title) << " 1 \"\" \"sage\\-music " SAGE_VERSION "\" \"SAGE\\-Music\"\n"
      << ".SH NAME\n"
      << roff(title + " - " + app.get_description()) << "\n"
      << ".SH SYNOPSIS\n.B " << roff(name) << "\n"
      << (app.get_subcommands({}).empty() ? "" : "COMMAND ") << "[OPTIONS]\n";
  if (!app.get_subcommands({}).empty()) out << ".SH COMMANDS\n" << commands(app, name);
  out << ".SH OPTIONS\n" << options(app);
  for (const CLI::App* command : app.get_subcommands({}))
    if (app.get_parent() != nullptr)
      out << ".SH " << roff(name + " " + command->get_name()) << "\n" << options(*command);
  if (!app.get_footer().empty() && app.get_parent() != nullptr)
    out << ".SH EXAMPLES\n.nf\n" << roff(app.get_footer()) << "\n.fi\n";
  out << ".SH EXIT STATUS\n0 done, 1 failed with one line on standard error, 2 wrong usage.\n";
  return out.str();
}

Result<void> write_pages(const CLI::App& app, const std::filesystem::path& folder) {
  const auto write = [&](const std::string& title, const std::string& text) {
    return write_text(folder / (title + ".1"), text);
  };
  if (auto ok = write("sage-music", page(app, "sage-music", "sage-music")); !ok) return ok;
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string title = "sage-music-" + command->get_name();
    if (auto ok = write(title, page(*command, title, "sage-music " + command->get_name())); !ok)
      return ok;
  }
  return {};
}

}  // namespace

void add_manual(Cli& cli) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = add_command(cli.app, cli, "manual",
                                  "Print the manual page, or write the pages of all commands",
                                  "  sage-music manual | man -l -\n  sage-music manual -o man1",
                                  [&cli, folder]() -> Result<void> {
                                    if (!folder->empty()) return write_pages(cli.app, *folder);
                                    say(page(cli.app, "sage-music", "sage-music"));
                                    return {};
                                  });
  command->add_option("-o,--output", *folder, "folder for one page a command");
}

}  // namespace sage::cli
