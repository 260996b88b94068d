#include "serve/page_files.h"

#include <string_view>

#include "base/file.h"
#include "base/hash.h"

namespace sage::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".wasm", "application/wasm"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
};

constexpr std::string_view kNotBuilt =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>SAGE-Music</title>"
    "<body style=\"font:16px/1.5 system-ui;max-width:40em;margin:4em auto;padding:0 1em\">"
    "<h1>SAGE-Music is running</h1>"
    "<p>The page has not been built. In the folder of the source, with Node.js 18 or newer and "
    "npm installed, run <code>scripts/page.sh</code> and start <code>sage-music serve</code> "
    "again, or run <code>./run serve</code>.</p>"
    "<p>The interface for programs works without it: <a href=\"/openapi.json\">/openapi.json</a>, "
    "<a href=\"/health\">/health</a>.</p>";

// Scripts, styles and sounds of this server alone; audio worklets and workers may come from blobs.
constexpr std::string_view kPolicy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "connect-src 'self' ws: wss: blob: data:; img-src 'self' data: blob:; style-src 'self' "
    "'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

std::string_view type_of(const std::string& path) {
  for (const auto& [ending, type] : kTypes)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

}  // namespace

Result<PageFiles> PageFiles::load(const fs::path& folder) {
  PageFiles page;
  const auto put = [&](const std::string& path, std::string bytes) {
    const std::string tag = "\"" + Sha256().update(bytes).hex().substr(0, 32) + "\"";
    page.files_[path] = {std::make_shared<const std::string>(std::move(bytes)),
                         std::string(type_of(path)), tag, path.starts_with("/assets/")};
  };
  if (folder.empty()) {
    put("/index.html", std::string(kNotBuilt));
    return page;
  }
  std::error_code code;
  if (!fs::exists(folder / "index.html", code))
    return fail(ErrorCode::kInvalidArgument,
                folder.string() + " holds no index.html; build the page with scripts/page.sh");
  for (fs::recursive_directory_iterator it(folder, code), end; !code && it != end;
       it.increment(code)) {
    if (!it->is_regular_file(code)) continue;
    auto bytes = read_text(it->path(), std::size_t{64} << 20);
    if (!bytes) return tl::unexpected(bytes.error());
    put("/" + fs::relative(it->path(), folder, code).generic_string(), *std::move(bytes));
  }
  return page;
}

bool PageFiles::answer(const HttpRequest& request, Reply& reply) const {
  const auto at = files_.find(request.path == "/" ? "/index.html" : request.path);
  if (at == files_.end()) return false;
  const File& file = at->second;
  HttpHeaders headers = {
      {"Content-Type", file.type},
      {"ETag", file.tag},
      {"Cache-Control", file.forever ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(kPolicy)},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Embedder-Policy", "require-corp"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"}};
  if (request.header("if-none-match") == file.tag)
    reply.send(304, std::make_shared<const std::string>(), std::move(headers));
  else
    reply.send(200, file.bytes, std::move(headers));
  return true;
}

}  // namespace sage::serve
