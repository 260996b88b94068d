"""Rules for the documentation that a program can check.

    docs.py SOURCE_FOLDER

- The README has at most 700 words, and its C++ snippet is the one of examples/compose.cc.
- Every relative link of every page leads to a file, and its #anchor to a heading.
"""
import pathlib
import re
import sys
import textwrap

MOST_WORDS = 700
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page):
    """GitHub's anchors of the headings of a page."""
    found, inside_code = {}, False
    names = set()
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside_code = not inside_code
        if inside_code or not re.match(r"#+ ", line):
            continue
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip())
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def check_links(root, page):
    inside_code = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            inside_code = not inside_code
        if inside_code:
            continue
        for link in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path.partition("?")[0]) if path else page
            where = f"{page.relative_to(root)}:{number}: {link}"
            if not target.exists():
                yield f"{where}: no such file"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                yield f"{where}: no such heading"


def check_readme(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    words = len(text.split())
    if words > MOST_WORDS:
        yield f"README.md has {words} words, at most {MOST_WORDS} are wanted: move some to docs/"
    example = (root / "examples/compose.cc").read_text(encoding="utf-8").split("  // [README]\n")[1]
    if f"```cpp\n{textwrap.dedent(example)}```" not in text:
        yield "README.md: the C++ snippet is not the one of examples/compose.cc"


def main():
    root = pathlib.Path(sys.argv[1])
    pages = [page for page in root.glob("*.md")]
    for folder in ("docs", "models", "bench", "examples"):
        pages += (root / folder).rglob("*.md")
    wrong = list(check_readme(root))
    for page in sorted(pages):
        wrong += check_links(root, page)
    print("\n".join(wrong) or f"{len(pages)} pages are in order")
    return 1 if wrong else 0


sys.exit(main())
