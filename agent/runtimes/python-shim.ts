import { lineMark } from '../../shared/plugin-api.ts';

/**
 * The program that Python runs (`python -c`) around a plugin's file, which stays as its author wrote it. It reads the job as JSON from its
 * standard input, calls the function and writes how that ended to the file `end` of the job, as one of
 *
 *     {"returned": value}   {"raised": "ValueError: …"}   {"exit": 3}   {"exit": "a message"}   {"unwritable": "why"}
 *
 * or, as the data of a marked line on its standard output, when that file cannot be written because the disk is full, and when `end` is null:
 * what was given secrets may return one, and no secret touches the disk of a host.
 */
export const pythonShim = `
import sys

def _muster():
    import asyncio, importlib.util, inspect, io, json, os, traceback

    job = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, "r", closefd=False)
    if hasattr(sys.stderr, "reconfigure"):  # since Python 3.7
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    process = os.getpid()

    class Output(io.TextIOWrapper):
        last = "\\n"
        hasPrintedMark = False

        def write(self, text):
            self.last = text[-1:] or self.last
            self.hasPrintedMark = self.hasPrintedMark or '${lineMark}' in text
            return super().write(text)

    own = sys.stdout = sys.__stdout__ = Output(sys.stdout.detach(), encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def plain(value):
        if hasattr(value, "isoformat"):
            return value.isoformat()
        if isinstance(value, (set, frozenset)):
            return sorted(value, key=str)
        if isinstance(value, (bytes, bytearray)):
            return bytes(value).decode("utf-8", "replace")
        if type(value).__name__ in ("Decimal", "UUID", "PosixPath", "WindowsPath", "Fraction"):
            return str(value)
        if hasattr(value, "_asdict"):
            return value._asdict()
        if hasattr(value, "__dataclass_fields__"):
            return {name: getattr(value, name) for name in value.__dataclass_fields__}
        raise TypeError("a " + type(value).__name__)

    def written(text):
        if job["end"] is None:
            return False
        try:
            os.makedirs(os.path.dirname(job["end"]), exist_ok=True)
            with open(job["end"], "w", encoding="utf-8") as file:
                file.write(text)
            return True
        except OSError:
            return False

    def report(**end):
        if os.getpid() != process:
            return
        if job["end"] is None and own.hasPrintedMark and end == {"returned": None}:
            return
        try:
            text = json.dumps(end, default=plain, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            text = json.dumps({"unwritable": str(error) or type(error).__name__})
        if not written(text):
            own.flush()
            begin = "" if own.last == "\\n" else "\\n"
            line = begin + '${lineMark}{"type": "result", "status": "success", "data": {"pythonEnd": ' + text + '}}\\n'
            with os.fdopen(os.dup(1), "wb") as out:
                out.write(line.encode("utf-8"))

    def log_traceback(error):
        inner = error.__traceback__
        while inner is not None and inner.tb_frame.f_code.co_filename == "<string>":
            inner = inner.tb_next
        traceback.print_exception(type(error), error, inner)

    path, action, args = job["entry"], job["action"], job["args"]
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path[0] = os.path.dirname(path)
    if os.path.isdir(job["vendor"]):
        # what the plugin brings counts more than what the host has, but hides nothing of Python's own
        of_host = [at for at, folder in enumerate(sys.path) if os.path.basename(folder) in ("site-packages", "dist-packages")]
        sys.path.insert(of_host[0] if of_host else len(sys.path), job["vendor"])
    sys.argv = [path, action] + [str(item) for item in (args if isinstance(args, list) else [])]
    try:
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(name, module)
        spec.loader.exec_module(module)
        function = getattr(module, action, None)
        if not callable(function):
            report(raised="The plugin has no function " + action + ".")
            return
        if isinstance(args, list):
            value = function(*args)
        elif isinstance(args, dict):
            value = function(**args)
        elif args is None:
            value = function()
        else:
            value = function(args)
        if inspect.iscoroutine(value):
            value = asyncio.run(value)
        report(returned=value)
    except SystemExit as error:
        report(exit=error.code if isinstance(error.code, (int, str)) else 0 if error.code is None else str(error.code))
    except BaseException as error:
        log_traceback(error)
        report(raised=traceback.format_exception_only(type(error), error)[-1].strip())

_muster()
`.trimStart();
