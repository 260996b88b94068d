#include <array>
#include <system_error>

#include "synth/wav.h"

namespace sage {

Result<std::filesystem::path> find_sound_font() {
  constexpr std::array kFolders = {"/usr/share/sounds/sf2", "/usr/share/soundfonts",
                                   "/usr/local/share/sounds/sf2", "/usr/local/share/soundfonts"};
  constexpr std::array kFiles = {"FluidR3_GM.sf2", "TimGM6mb.sf2", "default-GM.sf2", "default.sf2"};
  for (const char* file : kFiles) {
    for (const char* folder : kFolders) {
      const std::filesystem::path path = std::filesystem::path(folder) / file;
      std::error_code ignored;
      if (std::filesystem::is_regular_file(path, ignored)) return path;
    }
  }
  return fail(ErrorCode::kIo,
              "no sound font found in /usr/share/sounds/sf2; install the Debian package "
              "fluid-soundfont-gm (or timgm6mb-soundfont, smaller)");
}

}  // namespace sage
