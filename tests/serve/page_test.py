"""Where `sage-music serve` finds the page: beside a build tree, and in an installed prefix.

    page_test.py PROGRAM SOURCE_FOLDER BUILD_FOLDER
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from server import Server

PROGRAM, ROOT, BUILD = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
BUILT = ROOT / "build/page"
MODEL = str(ROOT / "models/small.safetensors")


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def program_in(self, place):
        path = self.folder / place
        path.parent.mkdir(parents=True)
        shutil.copy(PROGRAM, path)
        return str(path)

    def served(self, program):
        """The page at /, asked of a server that was started in an empty folder."""
        empty = self.folder / "elsewhere"
        empty.mkdir(exist_ok=True)
        with Server(program, "--model", MODEL, cwd=empty) as server:
            status, _, page = server.ask("GET", "/")
            self.assertEqual(status, 200)
            return page

    def test_beside_a_build_tree(self):
        program = self.program_in("tree/build/dev/bin/sage-music")
        page = self.folder / "tree/build/page"
        page.mkdir()
        (page / "index.html").write_text("of the tree")
        self.assertEqual(self.served(program), b"of the tree")

    def test_without_a_page_it_says_how_to_build_one(self):
        self.assertIn(b"scripts/page.sh", self.served(self.program_in("prefix/bin/sage-music")))

    def test_installed(self):
        program = self.program_in("prefix/bin/sage-music")
        subprocess.run(["cmake", "--install", BUILD, "--prefix", self.folder / "prefix", "--component", "page"],
                       check=True, stdout=subprocess.DEVNULL)
        installed = self.folder / "prefix/share/sage-music/page"
        if not (BUILT / "index.html").exists():
            self.assertFalse(installed.exists())
            self.skipTest("the page is not built (scripts/page.sh)")
        self.assertEqual({path.relative_to(installed) for path in installed.rglob("*")},
                         {path.relative_to(BUILT) for path in BUILT.rglob("*")})
        self.assertEqual(self.served(program), (BUILT / "index.html").read_bytes())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
