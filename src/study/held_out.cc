#include "study/held_out.h"

namespace sage {
namespace {

/// Goes through the pieces in an order whose every beginning is spread evenly, until `wanted` of
/// them are good.
template <class Good>
std::vector<PieceFile> choose(const std::vector<PieceFile>& pieces, std::size_t wanted,
                              const Good& good) {
  std::vector<PieceFile> chosen;
  std::vector<bool> tried(pieces.size());
  for (std::size_t shift = 0; chosen.size() < wanted && shift < pieces.size(); ++shift)
    for (std::size_t i = 0; i < wanted && chosen.size() < wanted; ++i) {
      const std::size_t at = pieces.size() * i / wanted + shift;
      if (at >= pieces.size() || tried[at]) continue;
      tried[at] = true;
      if (good(pieces[at])) chosen.push_back(pieces[at]);
    }
  std::sort(chosen.begin(), chosen.end(),
            [](const PieceFile& a, const PieceFile& b) { return a.name < b.name; });
  return chosen;
}

}  // namespace

Result<HeldOut> choose_held_out(const std::vector<std::filesystem::path>& files,
                                const StudySettings& settings) {
  std::vector<PieceFile> pieces;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::string number = std::to_string(i);
    if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
    pieces.push_back({number, files[i]});  // names of files may be alike in several folders
  }
  HeldOut out;
  out.likelihood = choose(pieces, settings.likelihood_pieces,
                          [](const PieceFile& file) { return load_piece(file).has_value(); });
  out.continuation = choose(pieces, settings.continuation_pieces, [&](const PieceFile& file) {
    return load_reference(file, settings.scope).has_value();
  });
  if (out.likelihood.empty() || out.continuation.empty())
    return fail(ErrorCode::kInvalidArgument,
                "no held-out piece can be measured on: none is longer than the prompt of " +
                    std::to_string(settings.scope.skip) + " bars");
  return out;
}

}  // namespace sage
