#include "eval/html.h"

#include "plot/chart.h"

namespace sage {
namespace {

constexpr std::string_view kHead =
    R"(<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><style>
:root{--ink:#1e293b;--soft:#64748b;--line:#e2e8f0;--page:#fff;--shade:#f8fafc;--good:#0f766e}
@media(prefers-color-scheme:dark){:root{--ink:#e2e8f0;--soft:#94a3b8;--line:#27324a;--page:#0b1020;
--shade:#111a2e;--good:#5eead4}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:1080px;background:var(--page);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
h1{font-size:1.7rem;margin:0 0 .4rem}h2{font-size:1.2rem;margin:2.6rem 0 .7rem}
p.lead{font-size:1.05rem;color:var(--soft);margin:.2rem 0}p.small,li{color:var(--soft);font-size:.88rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;
font-size:.88rem}th,td{padding:.38rem .6rem;text-align:right;border-bottom:1px solid var(--line);
white-space:nowrap}
th:first-child,td:first-child{position:sticky;left:0;background:var(--page);
text-align:left}th{color:var(--soft);font-weight:600}
tr.calibration td{color:var(--soft);font-style:italic}td.found{color:var(--good);font-weight:600}
td b{font-weight:650}svg,img{max-width:100%;height:auto}.grid{display:flex;flex-wrap:wrap;gap:.6rem}
.grid svg{flex:0 1 420px}summary{cursor:pointer;color:var(--soft);margin:.8rem 0}
figure{margin:1rem 0}figcaption{color:var(--soft);font-size:.88rem}
figcaption,li,p,code{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;font-size:.86rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media(max-width:640px){body{padding:1.2rem .9rem 3rem}.scroll>svg,.scroll>img{max-width:none;width:640px}}
</style>)";

}  // namespace

std::string page_head(const std::string& title) {
  return std::string(kHead) + tag("title", title) + "</head><body>\n";
}

std::string wide(const std::string& picture) {
  return picture.empty() ? "" : "<div class=\"scroll\">" + picture + "</div>\n";
}

std::string small(const std::string& text) {
  return "<p class=\"small\">" + escape_xml(text) + "</p>\n";
}

std::string tag(const std::string& name, const std::string& text) {
  return "<" + name + ">" + escape_xml(text) + "</" + name + ">";
}

std::string table_head(const std::vector<std::string>& cells) {
  std::string out = "<div class=\"scroll\"><table><tr>";
  for (const std::string& cell : cells) out += tag("th", cell);
  return out + "</tr>\n";
}

std::string row(const std::vector<std::string>& cells, const std::string& style) {
  std::string out = style.empty() ? "<tr>" : "<tr class=\"" + style + "\">";
  for (const std::string& cell : cells) out += tag("td", cell);
  return out + "</tr>\n";
}

}  // namespace sage
