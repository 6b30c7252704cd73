/**
 * The messages of the codec rows. Deterministic (a 64-bit xorshift generator with a fixed seed): the same bytes on
 * every machine. Every message is in canonical form (id without leading zeros, every special byte escaped, empty
 * argument as `\@`), so parsing and serialising gives the same bytes.
 */
import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"

const escapes = new Map([
  [0x20, "\\_"],
  [0x00, "\\0"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x1b, "\\e"],
  [0x09, "\\t"],
  [0x5c, "\\\\"]
])
const special = [...escapes.keys()]

const words = (
  "the value of this sensor request returns a list names each with its current reading " +
  "strategy period rate device antenna receiver pointing status temperature"
).split(" ")
const requests = ["sensor-list", "sensor-value", "sensor-sampling", "log-level", "capture-start", "target", "mode"]
const statuses = [...Array<string>(8).fill("nominal"), "warn", "error", "unknown"]

/** One generator makes everything, in one order: a change of the order changes the corpus. */
class Random {
  high = 0x9e3779b9 | 0
  low = 0x7f4a7c15 | 0
  next(): void {
    let { high, low } = this
    high ^= (high << 13) | (low >>> 19)
    low ^= low << 13
    low ^= (low >>> 7) | (high << 25)
    high ^= high >>> 7
    high ^= (high << 17) | (low >>> 15)
    low ^= low << 17
    this.high = high
    this.low = low
  }
  below(n: number): number {
    this.next()
    return ((this.high >>> 0) * 2097152 + (this.low >>> 11)) % n
  }
  of(list: ReadonlyArray<string>): string {
    return list[this.below(list.length)]!
  }
}

/** Returns an argument in wire form, one character per byte. */
const escaped = (argument: string): string => {
  if (argument === "") return "\\@"
  let out = ""
  for (let i = 0; i < argument.length; i++) out += escapes.get(argument.charCodeAt(i)) ?? argument[i]
  return out
}
const message = (type: string, name: string, id: number | undefined, args: ReadonlyArray<string>): Buffer => {
  const head = type + name + (id === undefined ? "" : `[${id}]`)
  return Buffer.from(`${[head, ...args.map(escaped)].join(" ")}\n`, "latin1")
}

const sensorName = (random: Random): string => `${random.of(words)}.${random.of(words)}-${random.below(100)}`
const sensorStatus = (random: Random): Buffer => {
  const seconds = 1700000000 + random.below(10000000)
  const timestamp = `${seconds}.${String(random.below(1000000)).padStart(6, "0")}`
  const value = `${random.below(2000) - 1000}.${random.below(100000)}`
  return message("#", "sensor-status", undefined, [timestamp, "1", sensorName(random), random.of(statuses), value])
}
/** Returns an argument of `size` bytes. One byte in `every` is special (0: none). */
const large = (random: Random, size: number, every: number): string => {
  const out = Buffer.alloc(size)
  for (let i = 0; i < size; ) {
    random.next()
    for (let k = 0; k < 8 && i < size; k++, i++) {
      const byte = ((k < 4 ? random.low >>> (8 * k) : random.high >>> (8 * (k - 4))) & 0xff) % 75
      out[i] = byte === 0x5c - 0x30 ? 0x41 : 0x30 + byte
    }
  }
  for (let i = 0; every > 0 && i < size; i += every) {
    const byte = special[random.below(special.length)]!
    out[Math.min(size - 1, i + random.below(every))] = byte
  }
  return out.toString("latin1")
}
const times = <A>(n: number, f: (i: number) => A): Array<A> => Array.from({ length: n }, (_, i) => f(i))

const mixed = (random: Random, i: number): Buffer => {
  const kind = random.below(100)
  const id = 1 + random.below(999999)
  if (i % 1000 === 500) return message("?", "raw-reverse", id, [large(random, 4096, 64), "x"])
  if (kind < 20) return message("?", "watchdog", id, [])
  if (kind < 40) return message("!", "watchdog", id, ["ok"])
  if (kind < 75) return sensorStatus(random)
  if (kind < 87) {
    const text = `${times(12 + random.below(30), () => random.of(words)).join(" ")}.\n\tUsage: ?x \\ y\n`
    return message("#", "help", id, [random.of(requests), text])
  }
  if (kind < 92) return message("?", random.of(requests), id, [sensorName(random), "event-rate", "0.5", "10.0"])
  if (kind < 97) return message("!", random.of(requests), id, ["ok", String(random.below(1000))])
  const raw = times(random.below(40), () => String.fromCharCode(random.below(256))).join("")
  return message("?", "echo", id, [raw, "", "a b"])
}
const reverse = (random: Random, n: number, size: number, every: number): Array<Buffer> =>
  times(n, (i) => message("?", "raw-reverse", i + 1, [large(random, size, every)]))
const number = (random: Random): string =>
  random.below(2) === 0 ? String(random.below(100000)) : `${random.below(2000) - 1000}.${random.below(10000)}`

/** The name and the generator of each corpus, in the order of generation. The last ones are the newest. */
const corpora: ReadonlyArray<readonly [string, (random: Random) => Array<Buffer>]> = [
  // 40 % watchdogs and replies, 35 % sensor-status, 12 % help informs with escapes, 10 % others, 3 % binary or empty
  // arguments; one message in 1000 carries 4 KiB
  ["mix", (random) => times(20000, (i) => mixed(random, i))],
  ["watchdog", () => times(20000, (i) => message("?", "watchdog", i + 1, []))],
  ["status", (random) => times(20000, () => sensorStatus(random))],
  // one argument of this size, one byte in 64 needs an escape
  ["a1k", (random) => reverse(random, 1024, 1024, 64)],
  ["a64k", (random) => reverse(random, 32, 65536, 64)],
  ["a1m", (random) => reverse(random, 4, 1 << 20, 64)],
  ["a1m-plain", (random) => reverse(random, 4, 1 << 20, 0)],
  // 4096 short numbers on a line
  [
    "wide",
    (random) =>
      times(32, (i) =>
        message(
          "?",
          "wide",
          i + 1,
          times(4096, () => number(random))
        )
      )
  ]
]

/** Writes `NAME.katcp` of each corpus and `manifest.json`: its bytes, messages and SHA-256. */
export const writeCorpus = (folder: string): void => {
  mkdirSync(folder, { recursive: true })
  const random = new Random()
  const manifest: Record<string, { bytes: number; messages: number; sha256: string }> = {}
  for (const [name, make] of corpora) {
    const messages = make(random)
    const data = Buffer.concat(messages)
    writeFileSync(path.join(folder, `${name}.katcp`), data)
    const sha256 = createHash("sha256").update(data).digest("hex")
    manifest[name] = { bytes: data.length, messages: messages.length, sha256 }
  }
  writeFileSync(path.join(folder, "manifest.json"), JSON.stringify(manifest, undefined, 1))
}
