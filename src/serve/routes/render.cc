// POST /v1/render: a piece as sound (WAV) or as a picture (SVG).
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "score/timeline.h"
#include "serve/base64.h"
#include "serve/piece_fields.h"
#include "serve/route.h"
#include "synth/piano_roll.h"
#include "synth/wav.h"

namespace sage {
namespace {

namespace fs = std::filesystem;

/// A file that goes with the object.
class Scratch {
 public:
  static Result<Scratch> create() {
    std::error_code code;
    std::string name = (fs::temp_directory_path(code) / "sage-music-XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    if (descriptor < 0)
      return fail(ErrorCode::kIo, "cannot write in the folder for temporary files");
    close(descriptor);
    return Scratch(name);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code code;
    if (!path_.empty()) fs::remove(path_, code);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit Scratch(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<std::vector<std::uint8_t>> wav_of(const Score& score, double max_seconds) {
  auto scratch = Scratch::create();
  if (!scratch) return tl::unexpected(scratch.error());
  if (auto done = render_wav(score, scratch->path(), {.max_seconds = max_seconds}); !done)
    return tl::unexpected(done.error());
  return read_file(scratch->path());
}

Result<void> answer_render(serve::Call& call) {
  auto body = serve::parse_body(call.request.body);
  if (!body) return tl::unexpected(body.error());
  serve::Fields fields(*body);
  const auto piece = serve::read_piece(fields);
  if (!piece) fields.refuse("midi", "a piece is needed: give midi or music");
  const std::string format = fields.text("format", 8).value_or("wav");
  if (format != "wav" && format != "svg") fields.refuse("format", "must be \"wav\" or \"svg\"");
  if (auto ok = fields.done(); !ok) return ok;
  const Score& score = piece->music.score;
  const std::string_view accept = call.request.header("accept");
  if (format == "svg") {
    std::string svg = piano_roll_svg(score);
    if (accept.find("image/svg+xml") != std::string_view::npos)
      call.answer.bytes(std::move(svg), "image/svg+xml");
    else
      call.answer.json({{"svg", svg}});
    return {};
  }
  auto wav = wav_of(score, call.state.limits.max_render_seconds);
  if (!wav) return tl::unexpected(wav.error());
  if (accept.find("audio/wav") != std::string_view::npos)
    call.answer.bytes(std::string(wav->begin(), wav->end()), "audio/wav");
  else
    call.answer.json({{"wav", serve::to_base64(*wav)}, {"seconds", duration_seconds(score)}});
  return {};
}

}  // namespace

const serve::Route& render_route() {
  static const serve::Route route = {
      .method = "POST",
      .path = "/v1/render",
      .summary =
          "A piece as sound (WAV) or as a picture (SVG); with Accept: audio/wav or "
          "image/svg+xml the file itself",
      .schema = R"({"type":"object","additionalProperties":false,"properties":{)" SAGE_PIECE_SCHEMA
                R"(,"format":{"enum":["wav","svg"],"default":"wav"}}})",
      .act = answer_render};
  return route;
}

}  // namespace sage
