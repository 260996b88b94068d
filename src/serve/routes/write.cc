// POST /v1/write: music as a MIDI file; over the file that it came from, only what was edited
// changes.
#include "serve/base64.h"
#include "serve/music_file.h"
#include "serve/piece_fields.h"
#include "serve/route.h"

namespace sage {
namespace {

Result<void> answer_write(serve::Call& call) {
  auto body = serve::parse_body(call.request.body);
  if (!body) return tl::unexpected(body.error());
  serve::Fields fields(*body);
  const serve::Json* json = fields.any("music");
  if (json == nullptr) fields.refuse("music", "is needed");
  std::optional<std::vector<std::uint8_t>> original;
  if (const auto file = fields.text("midi", std::size_t{64} << 20)) {
    auto bytes = serve::from_base64(*file);
    if (bytes)
      original = *std::move(bytes);
    else
      fields.refuse("midi", to_string(bytes.error()));
  }
  if (auto ok = fields.done(); !ok) return ok;
  auto music = serve::music_from_json(*json);
  if (!music) return tl::unexpected(music.error());
  if (!original) {
    call.answer.json({{"midi", serve::to_base64(serve::write_new(*music))}});
    return {};
  }
  auto document = midi::Document::read(*std::move(original));
  if (!document) return tl::unexpected(document.error());
  auto bytes = serve::write_over(*document, *music);
  if (!bytes) return tl::unexpected(bytes.error());
  call.answer.json({{"midi", serve::to_base64(*bytes)}});
  return {};
}

}  // namespace

const serve::Route& write_route() {
  static const serve::Route route = {
      .method = "POST",
      .path = "/v1/write",
      .summary =
          "Music as a MIDI file; with the file that it came from, only what was edited "
          "changes in it",
      .schema = R"({"type":"object","additionalProperties":false,"required":["music"],)"
                R"("properties":{)" SAGE_PIECE_SCHEMA "}}",
      .act = answer_write};
  return route;
}

}  // namespace sage
