/** Output of devices on a terminal: no invisible characters, stable columns, full times. */
import { assert, describe, it } from "vitest"
import { parseCondition } from "../../src/Cli/commands/wait/condition.ts"
import { ageText } from "../../src/Cli/show/age.ts"
import { table } from "../../src/Cli/show/table.ts"
import { local, timeText, utc } from "../../src/Cli/show/time.ts"
import { visible, visibleJson } from "../../src/Cli/show/visible.ts"
import { cutTo, widthOf } from "../../src/Cli/show/width.ts"
import { Arg } from "../../src/Codec/index.ts"
import { printable } from "../../src/Interface/index.ts"
import * as Sensor from "../../src/Sensor/index.ts"

const hidden = [0x9b, 0xad, 0x61c, 0x200b, 0x200f, 0x2028, 0x2029, 0x202e, 0x2060, 0x2066, 0x3164, 0xfe0f, 0xfeff]
const tags = [0xe0001, 0xe0041, 0xe0100]

describe("invisible characters", () => {
  it("are escaped for people, in JSON and in human-readable arguments", () => {
    for (const code of [...hidden, ...tags]) {
      const character = String.fromCodePoint(code)
      assert.strictEqual(visible(`a${character}b`), `a\\u{${code.toString(16)}}b`)
      const json = visibleJson(JSON.stringify(`a${character}b`))
      assert.match(json, /^[ -~]*$/)
      assert.strictEqual(JSON.parse(json), `a${character}b`)
      assert.notInclude(printable(`a${character}b`, "unicode"), character)
    }
    assert.strictEqual(printable("a\tb\nc é 日本", "unicode"), "a\tb\nc é 日本")
    assert.strictEqual(visible("\udcff"), "\\xff")
  })
})

describe("columns", () => {
  it("stay aligned with wide characters, emoji and combining marks", () => {
    for (const [text, width] of [
      ["abc", 3],
      ["日本語", 6],
      ["ｱ", 1],
      ["Ａ", 2],
      ["한국", 4],
      ["e\u0301", 1],
      ["😀", 2],
      ["🇿🇦", 2]
    ] as const)
      assert.strictEqual(widthOf(text), width, text)
    assert.deepStrictEqual(
      table(
        [{ title: "name" }, { title: "v" }],
        [
          [{ text: "日本" }, { text: "1" }],
          [{ text: "abcd" }, { text: "2" }]
        ]
      ),
      ["name  v", "日本  1", "abcd  2"]
    )
    assert.strictEqual(cutTo("日本語日本語", 8), "日本語…")
    assert.isAtMost(widthOf(cutTo("日本語日本語", 8)), 8)
  })
})

describe("times", () => {
  const now = Date.UTC(2026, 0, 2, 12) / 1000

  it("have date and zone, and are marked if they are in the future", () => {
    assert.strictEqual(timeText(now - 1, utc, now), "2026-01-02 11:59:59.000Z")
    assert.strictEqual(timeText(now + 3600 * 3, utc, now), "2026-01-02 15:00:00.000Z (in 3 h)")
    assert.strictEqual(timeText(1_408_023_484_123, utc, now), "+046588-06-27 02:28:43.000Z (in 44562 y)")
    assert.strictEqual(timeText(Number.NaN, utc, now), "NaN (no time)")
    assert.strictEqual(timeText(1e300, utc, now), "1e+300 (no time)")
  })

  it("keep their milliseconds, which no floating-point number holds exactly", () => {
    for (let at = 0; at < 1000; at++)
      assert.strictEqual(
        timeText(Number(`1790000000.${String(at).padStart(3, "0")}`), utc),
        `2026-09-21 14:13:20.${String(at).padStart(3, "0")}Z`
      )
  })

  it("are in the zone of TZ, even across changes of summer time", () => {
    const before = process.env.TZ
    try {
      for (const [zone, seconds, wanted] of [
        ["Africa/Johannesburg", 1_790_000_000, "2026-09-21 16:13:20.000+02:00"],
        ["America/St_Johns", 1_790_000_000, "2026-09-21 11:43:20.000-02:30"],
        ["Europe/Berlin", 1_792_889_999, "2026-10-25 02:59:59.000+02:00"],
        ["Europe/Berlin", 1_792_890_000, "2026-10-25 02:00:00.000+01:00"],
        // an offset of 1 h 52 min: older than the zones of today
        ["Africa/Johannesburg", -1e10, "1653-02-10 08:05:20.000+01:52"]
      ] as const) {
        process.env.TZ = zone
        assert.strictEqual(timeText(seconds, local()), wanted)
      }
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })

  it("in the future have no age", () => {
    assert.deepStrictEqual([-0.5, 0.4, 12, 86_400 * 9, 1.8e9, -7200 * 2].map(ageText), [
      "0.0 s",
      "0.4 s",
      "12 s",
      "9 d",
      "57 y",
      "in 4 h"
    ])
  })
})

describe("conditions", () => {
  const reading = (value: unknown) => ({ value, status: "nominal", timestamp: 0 }) as Sensor.Reading<unknown>
  const holds = (text: string, sensor: Sensor.Any, value: unknown) => {
    const parsed = parseCondition(text, sensor)
    assert.strictEqual(parsed._tag, "Success")
    return parsed._tag === "Success" && parsed.success.holds(reading(value))
  }

  it("name values with commas", () => {
    const mode = Sensor.remote("mode", { doc: "", units: "", type: Arg.Discrete("a,b", "c") })
    assert.isTrue(holds("a,b", mode, "a,b"))
    assert.isTrue(holds("a\\,b,c", mode, "a,b"))
    assert.isTrue(holds("a\\,b,c", mode, "c"))
    const text = Sensor.remote("text", { doc: "", units: "", type: Arg.Text })
    assert.isTrue(holds("a\\,b", text, "a,b"))
    assert.isFalse(holds("a,b", text, "a,b"))
  })
})
