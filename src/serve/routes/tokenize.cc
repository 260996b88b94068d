// POST /v1/tokenize: a piece as the model reads it.
#include "serve/piece_fields.h"
#include "serve/route.h"
#include "tokens/tokenizer.h"

namespace sage {
namespace {

Result<void> answer_tokenize(serve::Call& call) {
  auto body = serve::parse_body(call.request.body);
  if (!body) return tl::unexpected(body.error());
  serve::Fields fields(*body);
  const auto piece = serve::read_piece(fields);
  if (!piece) fields.refuse("midi", "a piece is needed: give midi or music");
  if (auto ok = fields.done(); !ok) return ok;
  const Tokenizer& tokenizer = call.state.engine->tokenizer();
  auto tokens = tokenizer.encode(piece->music.score);
  if (!tokens) return tl::unexpected(tokens.error());
  call.answer.json({{"tokens", *tokens},
                    {"count", tokens->size()},
                    {"tokenizer", serve::Json::parse(to_json(tokenizer.config()).dump())}});
  return {};
}

}  // namespace

const serve::Route& tokenize_route() {
  static const serve::Route route = {
      .method = "POST",
      .path = "/v1/tokenize",
      .summary = "The tokens that the model reads for a piece",
      .schema =
          R"({"type":"object","additionalProperties":false,"properties":{)" SAGE_PIECE_SCHEMA "}}",
      .act = answer_tokenize};
  return route;
}

}  // namespace sage
