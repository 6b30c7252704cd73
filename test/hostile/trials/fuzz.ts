/** Input made by chance: lines of the grammar with one thing wrong, and bytes of any kind. */
import { randomInt } from "node:crypto"
import { below, type Chance, chance, fixedSeed, one } from "../harness/seeds.ts"
import type { ServerRun, ServerTrial } from "../harness/Trial.ts"
import { count, open, type Target, times } from "../harness/wire.ts"

const requests = [
  ...["help", "watchdog", "sensor-list", "sensor-value", "sensor-sampling", "sensor-status", "client-list"],
  ...["version-list", "request-timeout-hint", "log-level", "add", "echo", "eval", "time", "raw-reverse", "set-sensor"],
  ...["add-sensor", "remove-sensor", "sensor-sampling-clear", "no-such-request"]
]
const words = [
  ...["test.int", "test.*", "/test\\_.*/", "event", "period", "auto", "differential", "event-rate", "none", "0.1"],
  ...["-1", "1e308", "nan", "99999999999999999999", "\\@", "\\\\", "\\_", "\\n", "\\0", "\\q", "\\", "", "\u00ff"],
  ...["__proto__", "constructor", "hasOwnProperty", "1", "0", "ok", "fail", "//", "/(/", "/[/", "/(a+)+$/"]
]
const ids = ["", "", "", "[1]", "[0]", "[2147483648]", "[-1]", "[]", "[1", "[1]]", "[a]", "[00001]"]
const kinds = ["?", "?", "?", "?", "?", "!", "#", "", "??", "%"]

/** A line of the grammar with, mostly, one thing wrong. */
export const line = (next: Chance): string => {
  const args = Array.from({ length: below(next, 6) }, () =>
    below(next, 20) === 0 ? "x".repeat(below(next, 20_000)) : one(next, words)
  )
  const gap = one(next, [" ", " ", " ", "  ", "\t", " \t "])
  const text = [`${one(next, kinds)}${one(next, requests)}${one(next, ids)}`, ...args].join(gap)
  return `${text}${one(next, ["\n", "\n", "\n", "\r", "\r\n", "\n\n", " \n"])}`
}

/** Bytes of any kind, some of them within a line. */
export const bytes = (next: Chance): string => {
  const length = below(next, 300)
  const any = Array.from({ length }, () => String.fromCharCode(below(next, 256))).join("")
  // most lines should get as far as the table of requests
  return (
    one(next, [any, any, `?${any}`, `?${one(next, requests)} ${any}`, `!${any}\n`, `#${any}\n`]) + one(next, ["", "\n"])
  )
}

/** Whatever comes before, a device still reads lines; so each connection ends with a request that is answered. */
const fuzz = async (target: Target, seed: number, make: (next: Chance) => string) => {
  let answered = 0
  let dropped = 0
  let replies = 0
  const connections = 60
  await times(connections, 10, async (n) => {
    const next = chance(seed + n)
    const wire = await open(target)
    if (wire === undefined) return
    for (let part = 0; part < 20; part++) {
      let text = ""
      for (let k = 0; k < 10; k++) text += make(next)
      // pieces do not end where lines do
      const cut = below(next, text.length + 1)
      await wire.write(text.slice(0, cut))
      await wire.write(text.slice(cut))
    }
    await wire.write("\n?watchdog[2147483647]\n")
    if (await wire.has("!watchdog[2147483647] ok", 20_000)) answered++
    if (wire.dropped) dropped++
    replies += count(wire.text, /^!/)
    wire.destroy()
  })
  return { connections, answered, cut: dropped, replies, seed }
}

const faults = ({ counts }: ServerRun): ReadonlyArray<string> =>
  counts.answered === counts.connections
    ? []
    : [`${counts.answered} of ${counts.connections} were answered in the end, seed ${counts.seed}`]

const trial = (name: string, load: string, seed: () => number, make: (next: Chance) => string): ServerTrial => ({
  kind: "server",
  name,
  load,
  faults,
  apply: (target) => fuzz(target, seed(), make)
})

/** A seed that nobody has tried; that of the environment repeats a run. */
export const fresh = () => Number(process.env.HOSTILE_SEED ?? randomInt(2 ** 31))
const size = "60 connections with 200 each"

export const grammarFixed = trial(
  "fuzz-grammar",
  `lines with one thing wrong, fixed seed: ${size}`,
  () => fixedSeed,
  line
)
export const grammarFresh = trial("fuzz-grammar-fresh", `lines with one thing wrong, fresh seed: ${size}`, fresh, line)
export const bytesFixed = trial("fuzz-bytes", `bytes of any kind, fixed seed: ${size}`, () => fixedSeed, bytes)
export const bytesFresh = trial("fuzz-bytes-fresh", `bytes of any kind, fresh seed: ${size}`, fresh, bytes)
