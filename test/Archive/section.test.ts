/** The section `archive` of a site file: what it may say, and the options that it gives. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type ArchiveSection, optionsOf } from "katcp/Archive"
import { parseSite } from "katcp/Serve"

const parsed = (section: string) => parseSite("site.yaml", `devices: {}\narchive: ${section}`, {})

const faultsOf = (section: string) => {
  const result = parsed(section)
  return Result.isFailure(result) ? result.failure.lines.join("\n") : ""
}

const sectionOf = (section: string): ArchiveSection => Result.getOrThrow(parsed(section)).archive!

describe("the section archive", () => {
  const mistakes: ReadonlyArray<readonly [section: string, said: string]> = [
    ["{ store: '' }", "archive.store: expected the address of an archive"],
    ["{ store: 'mysql://host/x' }", "archive.store: expected the address of an archive"],
    ["{ store: a.db, keep: { raw: -7 days } }", "archive.keep.raw: expected a span of time"],
    ["{ store: a.db, keep: { raw: 7 weeks ago } }", "archive.keep.raw: expected a span of time"],
    ["{ store: a.db, keep: { raw: 7s } }", "archive.keep.raw: keep.raw must be at least 10 minutes"],
    [
      "{ store: a.db, keep: { raw: 2 days, minute: 1 day } }",
      "archive.keep.minute: keep.minute must be at least as long as keep.raw"
    ],
    ["{ store: a.db, keep: { minute: 1 day } }", "archive.keep.minute: keep.minute needs keep.raw beside it"],
    ["{ store: a.db, keep: { bytes: 1 } }", "archive.keep.bytes: keep.bytes must be at least 8 MiB"],
    ["{ store: a.db, keep: { bytes: 20 GG } }", "archive.keep.bytes: expected a size"],
    ["{ store: a.db, buffer: -5 }", "archive.buffer: expected a size"],
    ["{ store: a.db, every: -1 }", "archive.every: expected a span of time"],
    ["{ store: a.db, sensors: ['/(/'] }", "archive.sensors: /(/ is not a regular expression"],
    ["{ store: a.db, spill: '' }", "archive.spill: expected a folder"],
    ["{ store: a.db, spill: { folder: '' } }", "archive.spill.folder: expected a folder"]
  ]
  for (const [section, said] of mistakes)
    it(`refuses ${section}`, () => {
      assert.include(faultsOf(section), said)
    })

  it("takes times in every form of a site file", () => {
    for (const [text, milliseconds] of [
      ["604800", 604_800_000],
      ["7d", 604_800_000],
      ["7 days", 604_800_000],
      ["168h", 604_800_000]
    ] as const)
      assert.deepStrictEqual(optionsOf(sectionOf(`{ store: a.db, keep: { raw: ${text} } }`)).keep, {
        raw: milliseconds
      })
    assert.strictEqual(optionsOf(sectionOf("{ store: a.db, every: 200ms }")).every, 200)
  })

  it("takes sizes as bytes and as text", () => {
    assert.deepStrictEqual(optionsOf(sectionOf("{ store: a.db, buffer: 1000000, keep: { bytes: 20 GB } }")), {
      buffer: 1_000_000,
      keep: { bytes: "20 GB" }
    })
  })
})
