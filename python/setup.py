"""Builds the native module with CMake, and puts the bundled model into the package.

SAGE_MUSIC_BUILD=FOLDER takes a build folder that has been configured with SAGE_PYTHON, in place of a new one.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent.parent


class CMakeBuild(build_ext):
    def build_extension(self, ext):
        target = pathlib.Path(self.get_ext_fullpath(ext.name)).resolve()
        build = os.environ.get("SAGE_MUSIC_BUILD")
        if not build:
            build = pathlib.Path(self.build_temp).resolve()
            subprocess.check_call(["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                                   "-DSAGE_PYTHON=ON", "-DSAGE_SYNTH=OFF", f"-DPython_EXECUTABLE={sys.executable}"])
        subprocess.check_call(["cmake", "--build", build, "--target", "sage_python"])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(pathlib.Path(build) / "python" / "sage_music" / target.name, target)
        models = target.parent / "models"
        models.mkdir(exist_ok=True)
        shutil.copy2(ROOT / "models" / "small.safetensors", models)


version = re.search(r'#define SAGE_VERSION "(.*)"', (ROOT / "include/sage/sage.h").read_text()).group(1)
setup(version=version, ext_modules=[Extension("sage_music._native", [])], cmdclass={"build_ext": CMakeBuild})
