import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { FleetSection } from "../../src/Fleet/index.ts"
import { type Changes, parseSite } from "../../src/Serve/index.ts"

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

  it("checks what the flags of this process say as it checks the file", () => {
    const text = JSON.stringify({ devices: {}, http: { listen: 8080 }, fleet: { database: "postgres://db/katcp" } })
    const messagesOf = (changes: Changes) => messageOf(parseSite("site.json", text, {}, changes))
    assert.match(
      messagesOf({ listen: "0.0.0.0:34431" }),
      /^site\.json: fleet\.listen \(--listen\): other runners cannot dial/
    )
    assert.match(
      messagesOf({ link: "10.0.0.1:34531" }),
      /^site\.json: fleet\.link \(--link\): 10\.0\.0\.1 can be reached/
    )
    assert.match(messagesOf({ http: "0.0.0.0:80" }), /^site\.json: http\.listen \(--http\): 0\.0\.0\.0 can be reached/)
    for (const listen of ["127.0.0.1", "127.0.0.1:99999", "here"])
      assert.match(messagesOf({ listen }), /fleet\.listen \(--listen\): expected an address to listen on/)
    for (const name of ["r 5", "", "r".repeat(65)])
      assert.match(messagesOf({ name }), /fleet\.name \(--name\): .*the name of a runner/)
    const right = parseSite("site.json", text, {}, { name: "r2", listen: "127.0.0.1:34432", http: "8082" })
    assert.deepInclude(right._tag === "Success" ? right.success.fleet : {}, { name: "r2", listen: "127.0.0.1:34432" })
  })

  it("refuses times with which runners lose their devices while they live", () => {
    assert.match(
      messageOf(parse({ lockRefresh: "30s" })),
      /fleet\.lockExpiration: expected at least three times lockRefresh/
    )
    assert.match(messageOf(parse({ lockExpiration: "5s" })), /fleet\.lockExpiration: .*which is 2s/)
    for (const key of ["lockExpiration", "lockRefresh", "refresh"])
      assert.match(messageOf(parse({ [key]: 0 })), new RegExp(`fleet\\.${key}: expected at least`))
    assert.strictEqual(parse({ joinDebounce: 0, lockRefresh: "500ms", lockExpiration: "2s" })._tag, "Success")
  })

  it("asks for a database with a host and a name", () => {
    for (const database of ["postgres://", "postgres://katcp@db", "postgres:///katcp", "http://db/katcp"])
      assert.match(messageOf(parse({ database })), /fleet\.database: expected postgres:\/\/USER@HOST\/DATABASE/)
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
