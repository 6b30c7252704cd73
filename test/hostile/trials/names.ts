/** Names and filters that are chosen to hurt. */
import type { ServerTrial } from "../harness/Trial.ts"
import { count, open } from "../harness/wire.ts"

const hostile = [
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then", "__defineGetter__"],
  ...["a".repeat(100_000), "-", "-a", "a-", "A", "sensor-list\u00e9", "..", "a/b", "a.b", "a\\_b", "\u001b[2J", "%s%n"]
]

export const names: ServerTrial = {
  kind: "server",
  name: "names",
  load: "requests, sensors, strategies and filters that are called like parts of the language, or with control characters, or 100 kB long",
  faults: ({ counts }) => (counts.alive === 1 ? [] : ["the connection was lost on the way"]),
  apply: async (target) => {
    const wire = await open(target)
    if (wire === undefined) return { alive: 0 }
    for (const name of hostile) {
      const uses = [
        ...[`?${name}`, `?help ${name}`, `?sensor-list ${name}`, `?sensor-value ${name}`, `?add-sensor ${name}`],
        ...[`?sensor-sampling ${name} event`, `?sensor-sampling test.int ${name}`, `?set-sensor ${name} 1`],
        ...[`?request-timeout-hint ${name}`, `?log-level ${name}`, `?remove-sensor ${name}`, `!${name} ok`, `#${name}`]
      ]
      await wire.write(uses.map((use) => `${use}\n`).join(""))
    }
    await wire.write("?watchdog[9]\n")
    const alive = await wire.has("!watchdog[9] ok", 20_000)
    const replies = count(wire.text, /^!/)
    wire.destroy()
    return { alive: alive ? 1 : 0, replies }
  }
}

export const filters: ServerTrial = {
  kind: "server",
  name: "filters",
  load: "`?sensor-list` by patterns that take exponential time with backtracking, against a name of 24 characters",
  faults: ({ counts }) => (counts.answered === 4 ? [] : [`${counts.answered} of 4 were answered`]),
  apply: async (target) => {
    const wire = await open(target)
    if (wire === undefined) return { answered: 0 }
    await wire.write(`?add-sensor ${"a".repeat(23)}b\n`)
    const patterns = ["/^(a+)+$/", "/^(a|aa)+$/", "/^(a|a?)+$/", "/^(([a-z])+.)+[A-Z]([a-z])+$/"]
    await wire.write(patterns.map((pattern, n) => `?sensor-list[${n + 1}] ${pattern}\n`).join(""))
    for (const n of patterns.keys()) await wire.has(`!sensor-list[${n + 1}] `, 60_000)
    const answered = count(wire.text, /!sensor-list\[\d\] (?:ok|fail)/)
    wire.destroy()
    return { answered }
  }
}
