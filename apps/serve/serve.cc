// sage-music serve: the page and the interface for programs, over HTTP.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <thread>

#include "apps/shared/cli.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/playing_options.h"
#include "serve/service.h"

namespace sage::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kUsualPort = 8765;
constexpr int kGraceSeconds = 10;
constexpr int kLongestWriteSeconds = 120;

struct ServeOptions {
  ModelChoice model;
  PlayingChoice playing;
  std::string host = "127.0.0.1";
  int port = kUsualPort;
  std::string key_file;
  std::vector<std::string> origins;
  std::string page;
  int workers = 0;
  int jams = 0;
  bool no_open = false;
};

/// The built page: build/page or share/sage-music/page in a folder above the program, or below the
/// current one. Empty: none.
fs::path find_page() {
  std::error_code code;
  std::vector<fs::path> folders = {fs::current_path(code)};
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    folders.push_back(folder);
  for (const fs::path& folder : folders)
    for (const char* place : {"build/page", "share/sage-music/page"})
      if (fs::exists(folder / place / "index.html", code)) return folder / place;
  return {};
}

/// As many connections as the system lets this process have.
std::size_t raise_connections(std::size_t wanted) {
  constexpr rlim_t kOthers = 64;  // descriptors for files and the like
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t enough = wanted + kOthers;
  if (limit.rlim_cur < enough) {
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? enough : std::min(enough, limit.rlim_max);
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    (void)getrlimit(RLIMIT_NOFILE, &limit);
  }
  const rlim_t there = std::max<rlim_t>(limit.rlim_cur, kOthers + 16) - kOthers;
  return std::min<std::size_t>(wanted, there);
}

/// Shows the page where there is a screen; in silence where not.
void open_browser(const std::string& address) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
  const std::string command = "xdg-open " + address + " >/dev/null 2>&1 &";
  if (std::system(command.c_str()) != 0) note("open " + address + " in a browser");
}

Result<void> act(const ServeOptions& options) {
  serve::ServiceOptions service_options;
  service_options.http.host = options.host;
  service_options.http.port = options.port;
  service_options.http.max_connections = raise_connections(service_options.http.max_connections);
  if (!options.key_file.empty()) {
    auto keys = serve::read_keys(options.key_file);
    if (!keys) return tl::unexpected(keys.error());
    service_options.guard.keys = *std::move(keys);
  }
  service_options.guard.origins = options.origins;
  service_options.limits.max_seconds = kLongestWriteSeconds;
  service_options.workers =
      options.workers > 0
          ? options.workers
          : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 64U));
  // A live session cannot wait, and the others should not wait for it.
  service_options.limits.max_jams =
      options.jams > 0 ? options.jams : std::max(1, service_options.workers / 2);
  service_options.threads = options.model.threads;
  service_options.version = SAGE_VERSION;
  service_options.page = options.page.empty() ? find_page() : fs::path(options.page);
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  const auto rendition = Rendition::open(options.playing, **engine);
  if (!rendition) return tl::unexpected(rendition.error());
  service_options.performer = {
      [&rendition](Score& score, const Score& kept, Tick from, std::uint64_t seed, Tick until) {
        return rendition->play(score, kept, from, seed, until);
      },
      rendition->is_by_rules()};
  std::signal(SIGPIPE, SIG_IGN);
  install_stop_handler();
  auto service = serve::Service::start(*engine, service_options);
  if (!service) return tl::unexpected(service.error());
  const bool six = options.host.find(':') != std::string::npos;
  const std::string address = "http://" + (six ? "[" + options.host + "]" : options.host) + ":" +
                              std::to_string((*service)->port()) + "/";
  say(address);
  std::fflush(stdout);
  if (!options.no_open) open_browser(address);
  while (!stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  (*service)->stop(kGraceSeconds);
  return {};
}

}  // namespace

void add_serve(Cli& cli) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command =
      add_command(cli.app, cli, "serve",
                  "The page where you and the model write together, and an HTTP interface",
                  "  sage-music serve\n"
                  "  sage-music serve --port 9000 --no-open\n"
                  "  sage-music serve --host 0.0.0.0 --api-key-file keys.txt --no-open\n"
                  "  curl http://127.0.0.1:8765/openapi.json",
                  [options] { return act(*options); });
  command
      ->add_option("--host", options->host,
                   "IP address to listen on; others than this "
                   "machine's own need keys")
      ->capture_default_str();
  command->add_option("--port", options->port, "port; 0 takes any free one")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str();
  command->add_option("--api-key-file", options->key_file,
                      "file with keys, one a line; requests then need one of them");
  command->add_option("--origin", options->origins,
                      "another page that may ask, such as https://example.org");
  command->add_option("--page", options->page, "folder of the built page (default: build/page)");
  command
      ->add_option("--workers", options->workers,
                   "requests written at once (default: one a hardware thread)")
      ->check(CLI::Range(1, 64));
  command
      ->add_option("--jams", options->jams, "live sessions at once (default: one for two workers)")
      ->check(CLI::Range(1, 64));
  command->add_flag("--no-open", options->no_open, "do not open the page in a browser");
  add_performer_option(*command, options->playing.performer);
  add_model_options(*command, options->model);
}

}  // namespace sage::cli
