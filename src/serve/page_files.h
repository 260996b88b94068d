// The built page in memory. Requests only look names up, so no path can lead out of it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "serve/http.h"

namespace sage::serve {

class PageFiles {
 public:
  /// Reads a folder that has an index.html. An empty path: no page was built, and / explains how.
  static Result<PageFiles> load(const std::filesystem::path& folder);

  /// False: there is no such file.
  bool answer(const HttpRequest& request, Reply& reply) const;

 private:
  struct File {
    std::shared_ptr<const std::string> bytes;
    std::string type, tag;
    bool forever = false;  // its name has a hash of its content
  };
  std::map<std::string, File, std::less<>> files_;  // by path, "/index.html"
};

}  // namespace sage::serve
