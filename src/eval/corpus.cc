#include "eval/corpus.h"

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "midi/file_name.h"
#include "midi/reader.h"

namespace sage {
namespace fs = std::filesystem;
std::string name_the_first(const std::vector<Skipped>& skipped) {
  if (skipped.empty()) return {};
  return "; the first: " + skipped.front().name + ": " + skipped.front().why;
}

Result<Folder> list_folder(const fs::path& folder) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return fail(ErrorCode::kIo, folder.string() + " is not a folder");
  Folder out;
  // Whatever is called like music and cannot be read is told of: nothing makes a set smaller in
  // silence. Hence no skipping of folders without permission either.
  for (fs::recursive_directory_iterator it(folder, code), end; !code && it != end;
       it.increment(code)) {
    std::error_code ignored;
    if (!has_midi_extension(it->path()) || it->is_directory(ignored)) continue;
    fs::path name = it->path().lexically_relative(folder);
    if (it->is_regular_file(ignored))
      out.pieces.push_back({name.replace_extension().generic_string(), it->path()});
    else
      out.skipped.push_back({name.generic_string(), "no file that can be read"});
  }
  if (code) return fail(ErrorCode::kIo, "cannot read " + folder.string() + ": " + code.message());
  std::sort(out.pieces.begin(), out.pieces.end(), [](const PieceFile& a, const PieceFile& b) {
    return std::tie(a.name, a.path) < std::tie(b.name, b.path);
  });
  const auto same = [](const PieceFile& a, const PieceFile& b) { return a.name == b.name; };
  for (std::size_t i = 1; i < out.pieces.size(); ++i)
    if (same(out.pieces[i - 1], out.pieces[i]))
      out.skipped.push_back({out.pieces[i].path.lexically_relative(folder).generic_string(),
                             "another file has this name"});
  out.pieces.erase(std::unique(out.pieces.begin(), out.pieces.end(), same), out.pieces.end());
  return out;
}

std::string take_folder(std::size_t take) { return "take-" + std::to_string(take); }

std::vector<std::vector<PieceFile>> split_takes(Folder& folder) {
  std::vector<std::vector<PieceFile>> takes;
  for (std::size_t take = 2;; ++take) {
    const std::string prefix = take_folder(take) + "/";
    std::vector<PieceFile> found;
    std::erase_if(folder.pieces, [&](const PieceFile& piece) {
      if (!piece.name.starts_with(prefix)) return false;
      found.push_back({piece.name.substr(prefix.size()), piece.path});
      return true;
    });
    if (found.empty()) return takes;
    takes.push_back(std::move(found));
  }
}

std::vector<PieceFile> thin(const std::vector<PieceFile>& pieces, std::size_t limit) {
  if (limit == 0 || pieces.size() <= limit) return pieces;
  std::vector<PieceFile> some;
  for (std::size_t i = 0; i < limit; ++i) some.push_back(pieces[pieces.size() * i / limit]);
  return some;
}

std::string hash_of(const std::vector<PieceFile>& pieces) {
  Sha256 hash;
  for (const PieceFile& piece : pieces) {
    hash.update(piece.name).update(std::string_view("\0", 1));
    const auto mapped = MappedFile::open(piece.path);
    hash.update(mapped ? sha256_hex(mapped->bytes()) : "unreadable");
  }
  return hash.hex();
}

Result<Piece> load_piece(const PieceFile& file) {
  const auto bytes = read_file(file.path);
  if (!bytes) return fail(bytes.error().code, "the file cannot be read");
  auto read = read_midi(*bytes);
  if (!read) return tl::unexpected(read.error());
  return on_grid(read->score);
}

namespace {

Result<Reference> with_features(Reference reference) {
  auto features = features_of(reference.part);
  if (!features) return tl::unexpected(features.error());
  reference.features = *std::move(features);
  return reference;
}

Result<Piece> load_sounding(const PieceFile& file) {
  auto piece = load_piece(file);
  if (piece && note_count(piece->score) == 0) return fail(ErrorCode::kInvalidArgument, "no notes");
  return piece;
}

}  // namespace

Result<Reference> load_reference(const PieceFile& file, const Scope& scope) {
  auto whole = load_sounding(file);
  if (!whole) return tl::unexpected(whole.error());
  if (whole->bars.size() <= scope.skip)
    return fail(ErrorCode::kInvalidArgument,
                "only " + std::to_string(whole->bars.size()) + " bars, nothing after the prompt");
  Reference out;
  out.part = bars_between(*whole, scope.skip, scope.bars);
  if (note_count(out.part.score) == 0)
    return fail(ErrorCode::kInvalidArgument, "no notes in the bars to be compared");
  if (scope.skip > 0) {
    out.part.asked.programs = programs_playing(bars_between(*whole, 0, scope.skip));
    if (out.part.asked.programs.empty())
      return fail(ErrorCode::kInvalidArgument, "no notes in the prompt");
  }
  out.part.asked.bars = out.part.bars.size();
  out.whole = *std::move(whole);
  return with_features(std::move(out));
}

Result<Reference> load_reference(const PieceFile& file, const PieceHole& hole) {
  auto whole = load_sounding(file);
  if (!whole) return tl::unexpected(whole.error());
  if (auto ok = check_hole(*whole, hole); !ok) return tl::unexpected(ok.error());
  Reference out;
  out.hole = hole;
  out.part = in_hole(*whole, hole);
  out.whole = *std::move(whole);
  return with_features(std::move(out));
}

Piece answer_to(const Reference& reference, const Piece& output, const Scope& scope) {
  if (reference.hole) return in_hole(output, *reference.hole);
  Piece part = bars_between(output, scope.skip, scope.bars > 0 ? reference.part.bars.size() : 0);
  part.asked = reference.part.asked;
  return part;
}

std::vector<int> programs_playing(const Piece& piece) {
  std::vector<int> programs;
  for (const Track& track : piece.score.tracks)
    if (!track.notes.empty()) programs.push_back(track.program_or_drum());
  return programs;
}

}  // namespace sage
