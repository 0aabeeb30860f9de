/**
 * The program that Python runs to look into plugin files without running them. Reads from its standard input `[{"path", "text"}]` and writes
 * `{"faults": [{"path", "message", "line", "column"}], "names": {"main.py": ["main", …]}}`. A file with `from x import *` may define
 * more than can be seen: its names are null.
 */
export const pythonSyntax = `
import ast, json, sys

def names_of(body):
    names = []
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names += [(alias.asname or alias.name).split(".")[0] for alias in node.names]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)]
        for part in ("body", "orelse", "finalbody", "handlers"):
            inner = getattr(node, part, None)
            if isinstance(inner, list) and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names += names_of([each for one in inner for each in (one.body if isinstance(one, ast.ExceptHandler) else [one])])
    return names

faults, names = [], {}
for source in json.loads(sys.stdin.buffer.read().decode("utf-8")):
    path = source["path"]
    try:
        found = names_of(ast.parse(source["text"], path).body)
        names[path] = None if "*" in found else found
    except SyntaxError as error:
        faults.append({"path": path, "message": error.msg, "line": error.lineno, "column": error.offset})
    except (ValueError, RecursionError, MemoryError) as error:
        faults.append({"path": path, "message": str(error) or type(error).__name__, "line": None, "column": None})
sys.stdout.write(json.dumps({"faults": faults, "names": names}))
`.trimStart();
