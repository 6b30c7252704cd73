import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { FleetSection } from "../../src/Fleet/index.ts"
import { parseSite } from "../../src/Serve/index.ts"

const text = readFileSync(path.join(import.meta.dirname, "..", "..", "docs", "fleet.md"), "utf8")

describe("docs/fleet.md", () => {
  it("has site files that are valid", () => {
    const files = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, file]) => file!)
    assert.isNotEmpty(files)
    for (const file of files) assert.strictEqual(parseSite("site.yaml", file)._tag, "Success", file)
  })

  it("has all keys of the section fleet, and no others", () => {
    const [table = ""] = /\| key \| default \|[\s\S]*?\n\n/.exec(text) ?? []
    const keys = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key!)
    assert.sameMembers(keys, Object.keys(FleetSection.fields))
  })
})

describe("the section fleet", () => {
  const parse = (fleet: unknown, more: object = {}) =>
    parseSite("site.json", JSON.stringify({ devices: {}, fleet, ...more }))
  const messageOf = (found: ReturnType<typeof parse>) => (found._tag === "Failure" ? found.failure.message : "")

  it("requires a token or TLS if other machines can connect", () => {
    assert.match(messageOf(parse({ listen: "10.0.0.1:34431" })), /fleet\.listen: 10\.0\.0\.1 can be reached/)
    assert.strictEqual(parse({ listen: "10.0.0.1:34431", token: "sixteen characters" })._tag, "Success")
    assert.strictEqual(parse({ listen: "10.0.0.1:34431", insecure: true })._tag, "Success")
    assert.match(messageOf(parse({ listen: "10.0.0.1:34431", token: "short" })), /16 characters/)
  })

  it("requires a host that others can dial, and a port", () => {
    const open = { listen: "0.0.0.0:34431", token: "sixteen characters" }
    assert.match(messageOf(parse(open)), /cannot dial 0\.0\.0\.0/)
    assert.strictEqual(parse({ ...open, host: "r1.site" })._tag, "Success")
    assert.match(messageOf(parse({ listen: "127.0.0.1:0" })), /port 0/)
  })

  it("keeps the archive in the fleet's database, which knows the epochs", () => {
    const database = "postgres://katcp@db/katcp"
    const other = parse({ database }, { archive: { store: "postgres://katcp@db/other" } })
    assert.match(messageOf(other), /archive\.store: the archive of a fleet/)
    assert.strictEqual(
      parse({ database }, { archive: { store: "postgres://archive:secret@db:5432/katcp" } })._tag,
      "Success"
    )
    assert.strictEqual(parse({}, { archive: { store: "sqlite:site.db" } })._tag, "Success")
  })
})
