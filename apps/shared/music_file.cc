#include "apps/shared/music_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>

#include "apps/shared/cli.h"
#include "apps/shared/process.h"
#include "base/file.h"
#include "midi/edit.h"

namespace sage::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kStandard = "-";

std::string extension_of(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

constexpr std::array<std::string_view, 9> kSounds = {".wav", ".mp3",  ".ogg", ".opus", ".flac",
                                                     ".m4a", ".aiff", ".aac", ".wma"};
constexpr std::array<std::string_view, 7> kPictures = {".svg", ".png", ".jpg", ".jpeg",
                                                       ".pdf", ".gif", ".webp"};
constexpr std::array<std::string_view, 9> kOthers = {
    ".json", ".txt", ".xml", ".musicxml", ".mxl", ".abc", ".safetensors", ".sf2", ".zip"};
constexpr std::array<std::string_view, 4> kMidi = {".mid", ".midi", ".kar", ".rmi"};

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& all, std::string_view extension) {
  return std::find(all.begin(), all.end(), extension) != all.end();
}

tl::unexpected<Error> wrong_name(const std::string& path, const std::string& what,
                                 const char* right) {
  return fail(ErrorCode::kInvalidArgument, path + ": " + what + " is written there; name it " +
                                               fs::path(path).replace_extension(right).string());
}

Result<std::vector<std::uint8_t>> read_standard_input(std::size_t most) {
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, 1 << 16> chunk;
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), stdin)) {
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(n));
    if (bytes.size() > most)
      return fail(ErrorCode::kLimit,
                  "standard input has more than " + std::to_string(most) + " bytes");
  }
  if (std::ferror(stdin) != 0) return fail(ErrorCode::kIo, "cannot read standard input");
  return bytes;
}

}  // namespace

std::string warnings_in_words(const std::string& path, const MidiWarnings& warnings) {
  if (warnings.warning_count == 0) return {};
  const MidiWarning& first = warnings.warnings.front();
  std::string line = path + ": byte " + std::to_string(first.offset) + ": " + first.message;
  if (warnings.warning_count > 1)
    line += "; and " + grouped(static_cast<long long>(warnings.warning_count - 1)) +
            " more (inspect lists them)";
  return line;
}

Result<midi::Document> read_quietly(const std::string& path) {
  if (path == kStandard) {
    auto bytes = read_standard_input(MidiLimits{}.max_bytes);
    if (!bytes) return tl::unexpected(bytes.error());
    auto document = midi::Document::read(*std::move(bytes));
    if (!document) return fail("standard input", document.error());
    return document;
  }
  if (std::error_code code; fs::is_directory(path, code))
    return fail(ErrorCode::kIo, path + " is a folder; name a MIDI file in it");
  return midi::Document::read_file(path);
}

Result<midi::Document> read_music(const std::string& path) {
  auto document = read_quietly(path);
  if (!document) return document;
  const std::string words = warnings_in_words(path, document->music());
  if (!words.empty()) note(words);
  return document;
}

Result<midi::Document> read_editable(const std::string& path) {
  auto document = read_music(path);
  if (!document) return document;
  return midi::editable(*std::move(document));
}

Result<void> check_midi_name(const std::string& path) {
  const std::string extension = extension_of(path);
  if (is_one_of(kSounds, extension))
    return fail(ErrorCode::kInvalidArgument, path + ": MIDI is written there; name it " +
                                                 fs::path(path).replace_extension(".mid").string() +
                                                 ", and use --wav for sound");
  if (is_one_of(kPictures, extension) || is_one_of(kOthers, extension))
    return wrong_name(path, "MIDI", ".mid");
  return {};
}

Result<void> check_sound_name(const std::string& path) {
  if (path == kStandard)
    return fail(ErrorCode::kInvalidArgument, "--wav needs the name of a file, not -");
  const std::string extension = extension_of(path);
  if ((is_one_of(kSounds, extension) && extension != ".wav") || is_one_of(kPictures, extension) ||
      is_one_of(kMidi, extension))
    return wrong_name(path, "WAV", ".wav");
  return {};
}

Result<void> check_picture_name(const std::string& path) {
  if (path == kStandard)
    return fail(ErrorCode::kInvalidArgument, "--svg needs the name of a file, not -");
  const std::string extension = extension_of(path);
  if ((is_one_of(kPictures, extension) && extension != ".svg") || is_one_of(kSounds, extension) ||
      is_one_of(kMidi, extension))
    return wrong_name(path, "SVG", ".svg");
  return {};
}

Result<void> check_output(const std::string& path) {
  if (path == kStandard) {
    keep_standard_output_for_data();
    return {};
  }
  return check_writable(path);
}

Result<void> write_output(const std::string& path, std::span<const std::uint8_t> bytes) {
  if (path != kStandard) return write_file(path, bytes);
  const std::size_t written = std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  if (written != bytes.size() || std::fflush(stdout) != 0)
    return fail(ErrorCode::kIo, "cannot write to standard output");
  return {};
}

}  // namespace sage::cli
