"""Runs the cells of a notebook one after another: notebook_test.py NOTEBOOK FOLDER_OF_THE_PACKAGE"""
import ast
import json
import os
import sys
import tempfile

notebook, package = (os.path.abspath(path) for path in sys.argv[1:3])
sys.path.insert(0, package)
with open(notebook, encoding="utf-8") as file:
    cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
names = {"__name__": "__main__"}
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for number, cell in enumerate(cells, 1):
        body = ast.parse("".join(cell["source"]), f"cell {number}")
        last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
        exec(compile(body, f"cell {number}", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
            assert value is not None or "print" in ast.unparse(last), f"cell {number} shows nothing"
            print(f"cell {number}: {value!r:.200}")
print(f"{len(cells)} cells ran")
