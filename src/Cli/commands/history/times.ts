/** Parses times. */
import * as Effect from "effect/Effect"
import { cannotRun, type Failure } from "../../Failure.ts"

const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, m: 60, h: 3600, d: 86_400, w: 604_800 }

/**
 * Returns a time in seconds since 1970: `now`, `-90s`, `-1h`, `-7d` before now; `2026-11-29`, `2026-11-29T12:30`,
 * `2026-11-29T12:30:00Z`; seconds since 1970. Without a zone, it is that of this machine, or UTC.
 */
export const timeOf = (flag: string, text: string, now: number, utc: boolean): Effect.Effect<number, Failure> => {
  const [, number, unit] = /^-(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text) ?? []
  const factor = units[unit ?? ""]
  if (number !== undefined && factor !== undefined) return Effect.succeed(now - Number(number) * factor)
  if (text === "now") return Effect.succeed(now)
  if (/^\d+(?:\.\d+)?$/.test(text) && text.length > 4) return Effect.succeed(Number(text))
  const date = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d:\d\d)?$/.exec(text)
  if (date !== null) {
    const [, day, clock = "00:00", zone = utc ? "Z" : ""] = date
    const found = Date.parse(`${day}T${clock}${zone}`)
    if (!Number.isNaN(found)) return Effect.succeed(found / 1000)
  }
  return Effect.fail(
    cannotRun(
      `--${flag}: ${JSON.stringify(text)} is not a time: write -1h, now, 2026-11-29T12:30 or seconds since 1970`
    )
  )
}
