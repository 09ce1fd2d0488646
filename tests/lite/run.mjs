// Runs tests of symbook in Pyodide under Node: see CONTRIBUTING.md, "Try the browser's Python".
//
//     node --stack-size=4000 tests/lite/run.mjs PYODIDE-FOLDER PACKAGES-FOLDER TESTS…

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [distribution, packages, ...tests] = process.argv.slice(2);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

const { loadPyodide } = await import(pathToFileURL(path.resolve(distribution, "pyodide.mjs")).href);
const python = await loadPyodide({
  indexURL: path.resolve(distribution),
  stdout: (text) => console.log(text),
  stderr: (text) => console.error(text),
});
await python.loadPackage(["numpy", "ipython", "matplotlib"], { messageCallback: () => {} });
for (const [place, folder] of [["/symbook", root], ["/packages", packages]]) {
  python.FS.mkdirTree(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: path.resolve(folder) }, place);
}
python.globals.set("tests", python.toPy(tests));
process.exitCode = await python.runPythonAsync(`
import os, sys
sys.dont_write_bytecode = True
sys.path[:0] = ["/symbook", "/symbook/tests", "/packages"]
os.environ["CI"] = "true"
os.chdir("/symbook")
import pytest

# Captured in Python alone: there are no descriptors to redirect. nbval is not there.
options = ["--capture=sys", "-p", "no:cacheprovider", "-q", "--tb=short", "-o", "addopts="]
# Pyodide's own packages are older than what symbook is tested with elsewhere.
options += ["-W", "ignore::DeprecationWarning"]
options += ["-m", "not (slow or browser or notebook or gpu)"]
int(pytest.main([*options, *tests]))
`);
