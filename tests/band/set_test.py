"""A small set made by the program itself, with mma: bytes, interruption, refusals, figures."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from band import catalogue
from parts_test import wander, write_tune

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(catalogue.__file__)), "..", "band_music.py")


def run(*words, **changes):
    return subprocess.run(
        [sys.executable, PROGRAM, *words], capture_output=True, text=True, **changes
    )


def files_of(folder):
    """{path: hash} of what counts: music and manifests."""
    found = {}
    for part in ("train", "valid"):
        for name in sorted(os.listdir(os.path.join(folder, part))):
            with open(os.path.join(folder, part, name), "rb") as file:
                found[f"{part}/{name}"] = hashlib.sha256(file.read()).hexdigest()
    return found


class Set(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.tunes = os.path.join(cls.folder, "tunes")
        cls.out = os.path.join(cls.folder, "out")
        os.mkdir(cls.tunes)
        # Fourteen tunes, among them one that is held out (t19: the draw goes by name).
        rows = []
        for number in range(8, 22):
            meter = ((4, 4), (6, 8), (3, 4), (2, 4))[number % 4]
            count = round(meter[0] * 8 / meter[1]) * 16
            rows.append(
                write_tune(cls.tunes, f"t{number}", wander(number, count), meter, pickup=False)
            )
        with open(os.path.join(cls.tunes, "MANIFEST.tsv"), "w") as file:
            file.write("file\trepo\tlicence\n")
            for row in rows:
                file.write(f"{row['file']}\t{row['repo']}\t{row['licence']}\n")
        cls.words = [
            "make",
            "--tunes",
            cls.tunes,
            "--per-tune",
            "1",
            "--songs",
            "8",
            "--valid-songs",
            "4",
        ]
        done = run(*cls.words, "-o", cls.out, "--jobs", "2")
        assert done.returncode == 0, done.stderr
        cls.said = done.stdout

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def fresh(self, name):
        """An output folder that already knows the library, which takes long to ask."""
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        shutil.copy(os.path.join(self.out, "library.json"), folder)
        return folder

    def test_the_same_seed_gives_the_same_bytes(self):
        again = self.fresh("again")
        self.assertEqual(run(*self.words, "-o", again).returncode, 0)
        self.assertEqual(files_of(again), files_of(self.out))
        other = self.fresh("other")
        self.assertEqual(run(*self.words, "-o", other, "--seed", "2").returncode, 0)
        self.assertNotEqual(files_of(other), files_of(self.out))

    def test_it_goes_on_after_a_kill(self):
        cut = self.fresh("cut")
        child = subprocess.Popen(
            [sys.executable, PROGRAM, *self.words, "-o", cut],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            made = [n for part in ("train", "valid") if os.path.isdir(os.path.join(cut, part))
                    for n in os.listdir(os.path.join(cut, part)) if n.endswith(".mid")]  # fmt: skip
            if len(made) >= 3:
                break
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        self.assertFalse(os.path.exists(os.path.join(cut, "train", "MANIFEST.tsv")))
        done = run(*self.words, "-o", cut)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(files_of(cut), files_of(self.out))

    def test_another_seed_is_refused_in_the_same_folder(self):
        done = run(*self.words, "-o", self.out, "--seed", "5")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(
            done.stderr, r"^band_music: .* holds a set of another seed, mma or version"
        )

    def test_bad_input_gets_one_line(self):
        out = os.path.join(self.folder, "never")
        wrong = run("make", "--tunes", self.folder, "-o", out)
        self.assertEqual(wrong.returncode, 1)
        self.assertRegex(wrong.stderr, r"^band_music: .*no MANIFEST\.tsv there.*\n$")
        no_mma = run(*self.words, "-o", out, env={"PATH": self.folder})
        self.assertEqual(no_mma.returncode, 1)
        self.assertEqual(
            no_mma.stderr,
            "band_music: mma is not installed; scripts/install.sh music installs it\n",
        )
        self.assertFalse(os.path.exists(out))
        self.assertEqual(run("check", self.folder).returncode, 1)

    def test_check_tells_a_changed_melody(self):
        good = run("check", self.out, "--tunes", self.tunes)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("melodies as in their files: 100.00 %", good.stdout)
        self.assertIn("accompanying notes off the grid of 12 a quarter: 0.00 %", good.stdout)
        other = os.path.join(self.folder, "other tunes")
        shutil.copytree(self.tunes, other)
        for name in os.listdir(other):
            if ".mid" in name:
                number = int(name.split("__t")[1].split(".")[0])
                meter = ((4, 4), (6, 8), (3, 4), (2, 4))[number % 4]
                write_tune(
                    other,
                    f"t{number}",
                    wander(number + 100, round(meter[0] * 8 / meter[1]) * 16),
                    meter,
                )
        bad = run("check", self.out, "--tunes", other)
        self.assertEqual(bad.returncode, 1)
        self.assertIn("melody differs", bad.stderr)

    def test_held_out_tunes_are_listed(self):
        with open(os.path.join(self.out, "held_out_tunes.txt")) as file:
            listed = file.read().split()
        with open(os.path.join(self.out, "train", "MANIFEST.tsv")) as file:
            train = file.read()
        with open(os.path.join(self.out, "valid", "MANIFEST.tsv")) as file:
            valid = file.read()
        self.assertTrue(listed)
        for name in listed:
            self.assertIn(name, valid)
            self.assertNotIn(name, train)


if __name__ == "__main__":
    unittest.main()
