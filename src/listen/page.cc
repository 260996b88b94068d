#include "listen/page.h"

#include "listen/page_source.h"

namespace sage {
namespace {

void replace(std::string& text, const std::string& mark, const std::string& by) {
  const auto at = text.find(mark);
  if (at != std::string::npos) text.replace(at, mark.size(), by);
}

/// JSON inside a script element: no `<`, so that no title can close it.
std::string script_json(const nlohmann::ordered_json& json) {
  std::string out;
  for (const char c : json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace))
    out += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return out;
}

}  // namespace

std::string listening_page(const ListeningTest& test, const std::string& version) {
  nlohmann::ordered_json json = test_json(test);
  json["app_version"] = version;
  std::string page = kPageMarkup;
  replace(page, "/*STYLE*/", kPageStyle);
  replace(page, "/*SCRIPT*/", kPageScript);
  replace(page, "/*TEST*/", script_json(json));
  return page;
}

}  // namespace sage
