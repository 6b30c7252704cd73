/**
 * Installs the Python implementations for the interop tests into `.cache/peers/`, once, and prints the result.
 * Everything is pinned in the lists below. An interpreter from 3.9 to 3.11 supports both libraries, a newer one only
 * aiokatcp. `KATCP_PYTHON` names the interpreter; otherwise the usual names are tried.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

const aiokatcp = [
  "aiokatcp==2.3.0",
  "katcp-codec==0.2.2",
  "decorator==5.3.1",
  "async-timeout==5.0.1",
  "typing_extensions==4.16.0"
]
const katcp = ["katcp==0.9.3", "tornado==4.5.3", "future==1.0.0", "ply==3.11", "setuptools==69.5.1"]
/** The packages that pip needs to build tornado, which has no wheel. */
const build = ["setuptools==69.5.1", "wheel==0.43.0"]

const folder = path.join(import.meta.dirname, "..", ".cache", "peers")
const python = path.join(folder, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]))

/** An interpreter with the library, or why it is missing. */
type Peer = { readonly python: string } | { readonly missing: string }

/** The two libraries. */
interface Peers {
  readonly aiokatcp: Peer
  readonly katcp: Peer
}

interface Interpreter {
  readonly command: string
  readonly minor: number
}

/** Queries an interpreter for its version and its virtual environments; a text says why it is unsuitable. */
const probe = async (command: string): Promise<Interpreter | string> => {
  try {
    const { stdout } = await run(command, ["-c", "import sys; print(*sys.version_info[:2])"])
    const [major, minor] = stdout.split(" ").map(Number)
    if (major !== 3 || minor === undefined || minor < 9) return `${command} is too old`
    await run(command, ["-c", "import ensurepip, venv"])
    return { command, minor }
  } catch (error) {
    const text = String(error)
    if (text.includes("ensurepip")) return `${command} has no venv (a package of its own on some systems)`
    return `${command} is not there`
  }
}

/** Returns the first interpreter that supports both libraries, otherwise the first newer one, otherwise the reasons. */
const find = async (): Promise<Interpreter | string> => {
  const given = process.env.KATCP_PYTHON
  const names = given ? [given] : ["python3.11", "python3.10", "python3.9", "python3", "python"]
  const reasons: Array<string> = []
  let newer: Interpreter | undefined
  for (const name of names) {
    const found = await probe(name)
    if (typeof found === "string") reasons.push(found)
    else if (found.minor <= 11) return found
    else newer ??= found
  }
  return newer ?? `no Python 3.9 to 3.11: ${reasons.join(", ")}`
}

/** Runs in the selected interpreter. The lock ends with its process, however that ends. */
const installer = `
import os, shutil, subprocess, sys, venv

folder, python, wanted, build, *packages = sys.argv[1:]
os.makedirs(os.path.dirname(folder), exist_ok=True)
lock = open(folder + ".lock", "w")
try:
    import fcntl
    fcntl.flock(lock, fcntl.LOCK_EX)
except ImportError:
    pass
stamp = os.path.join(folder, "stamp")
if os.path.exists(stamp) and os.path.exists(python):
    with open(stamp) as file:
        if file.read() == wanted:
            sys.exit()
shutil.rmtree(folder, ignore_errors=True)
venv.create(folder, symlinks=os.name != "nt", with_pip=True)
constraints = os.path.join(folder, "build-constraints.txt")
with open(constraints, "w") as file:
    file.write(build)
env = dict(os.environ, PIP_CONSTRAINT=constraints, PIP_BUILD_CONSTRAINT=constraints)
pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
subprocess.run(pip + packages, env=env, check=True)
with open(stamp, "w") as file:
    file.write(wanted)
`

/** Installs missing parts. Safe to call from several processes at once: the second waits for the first. */
export const install = async (): Promise<Peers> => {
  const found = await find()
  if (typeof found === "string") return { aiokatcp: { missing: found }, katcp: { missing: found } }
  const both = found.minor <= 11
  const packages = both ? [...aiokatcp, ...katcp] : aiokatcp
  const wanted = createHash("sha256")
    .update([found.command, found.minor, ...build, ...packages].join("\n"))
    .digest("hex")
  const stamp = path.join(folder, "stamp")
  if (!existsSync(python) || !existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    try {
      await run(found.command, ["-c", installer, folder, python, wanted, build.join("\n"), ...packages])
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n") : []
      const missing = `the Python libraries could not be installed: ${said.findLast((line) => line.includes("ERROR")) ?? said.at(-1) ?? error}`
      return { aiokatcp: { missing }, katcp: { missing } }
    }
  }
  const missing = `katcp 0.9.3 needs Python 3.9 to 3.11, and only 3.${found.minor} is there`
  return { aiokatcp: { python }, katcp: both ? { python } : { missing } }
}

if (process.argv[1] === import.meta.filename) console.log(await install())
