/** `${env:NAME}` in devices: texts for people have the reference, and devices of a database cannot use every variable. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Logger, References, Result } from "effect"
import { devicesOf, foreignReferences, parseSite, resolveDevice } from "katcp/Serve"
import { type DeviceOptions, Site } from "katcp/Site"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))
/** A reference to a variable, which is not a template of this file. */
const variable = (name: string) => `$\{env:${name}}`
/** The same in the form of shells, which is not a reference. */
const bare = (name: string) => `$\{${name}}`
const environment = {
  KATCP_DEVICE_HOST: "127.0.0.1",
  KATCP_DEVICE_PORT: "hunter2",
  KATCP_DEVICE_ADDRESS: "10.0.0.9:7147",
  KATCP_DATABASE_PASSWORD: "hunter2"
}
const resolved = (section: unknown) => resolveDevice(path.join(folder, "site.yaml"), "m000", section, environment)
const faultOf = (section: unknown): string => {
  const result = resolved(section)
  return Result.isFailure(result) ? result.failure : assert.fail("it is right")
}

/** A port at which nothing listens. */
const closedPort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number }
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Returns all texts that a site has and logs about a device, once it could not connect. */
const textsOf = (options: DeviceOptions) =>
  Effect.gen(function* () {
    const texts: Array<string> = []
    const logger = Logger.make(({ cause, message }) => void texts.push(String(message), String(cause)))
    yield* Effect.gen(function* () {
      const site = yield* Site.make({ devices: { m000: options } })
      while (site.devices.get("m000")!.health.error === undefined) yield* Effect.sleep(5)
      texts.push(JSON.stringify(site.devices.get("m000")!.health))
    }).pipe(
      Effect.scoped,
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "Trace")
    )
    return texts.join("\n")
  })

describe("a device with variables in its address", () => {
  for (const [what, address] of [
    ["TCP", `katcp://${variable("KATCP_DEVICE_HOST")}:1`],
    ["TLS", `katcps://${variable("KATCP_DEVICE_HOST")}:1`],
    ["a WebSocket", `ws://${variable("KATCP_DEVICE_HOST")}:1/katcp`]
  ] as const)
    it.live(`shows the address as written over ${what}: in its state, errors and logs`, () =>
      Effect.gen(function* () {
        const texts = yield* textsOf(Result.getOrThrow(resolved(address)).options)
        assert.include(texts, address)
        assert.notMatch(texts, /127\.0\.0\.1/)
      })
    )

  it.live("still says what is wrong", () =>
    Effect.gen(function* () {
      const address = `127.0.0.1:${yield* closedPort}`
      const { options } = Result.getOrThrow(
        resolveDevice("site.yaml", "m000", variable("KATCP_DEVICE_A"), { KATCP_DEVICE_A: address })
      )
      const texts = yield* textsOf(options)
      assert.match(texts, /cannot connect: nothing listens on that port/)
      assert.notInclude(texts, address)
    })
  )

  it.effect("shows it as written when it comes from a file, too", () =>
    Effect.gen(function* () {
      const written = { m000: variable("KATCP_DEVICE_ADDRESS"), m001: "10.0.0.8" }
      const site = Result.getOrThrow(parseSite("site.json", JSON.stringify({ devices: written }), environment))
      const devices = yield* devicesOf("site.json", site, written, environment)
      assert.deepStrictEqual(
        Array.from(devices.values(), ({ options }) => options.address),
        [variable("KATCP_DEVICE_ADDRESS"), "10.0.0.8:7147"]
      )
    })
  )

  it("does not show values that are not addresses", () => {
    const address = `10.0.0.1:${variable("KATCP_DEVICE_PORT")}`
    assert.strictEqual(faultOf(address), `devices.m000: the value of ${JSON.stringify(address)} is not valid here`)
    assert.notInclude(faultOf({ address: "10.0.0.1", sensors: [`/(${variable("KATCP_DEVICE_PORT")}/`] }), "hunter2")
    assert.notInclude(faultOf({ address: "katcps://a", tls: { ca: variable("KATCP_DEVICE_PORT") } }), "hunter2")
  })
})

describe("a reference that is not replaced", () => {
  const parsed = (token: string, variables: Readonly<Record<string, string>>) => {
    const result = parseSite("site.json", JSON.stringify({ devices: { a: token } }), variables)
    return Result.isFailure(result) ? result.failure.message : assert.fail("it is right")
  }

  it("without env: is a mistake, and the message has the right form", () => {
    assert.strictEqual(
      parsed(`${bare("DISH")}:7148`, { DISH: "dish" }),
      `site.json: devices.a: ${bare("DISH")} is not replaced: write ${variable("DISH")}`
    )
    assert.match(faultOf(`${bare("DISH")}:7148`), /write \$\{env:KATCP_DEVICE_DISH\}/)
    // other texts with braces stay as they are
    assert.isTrue(Result.isSuccess(resolved({ address: "10.0.0.1", description: bare("b c") })))
  })

  it("names the variable with the prefix of devices, if that one exists", () => {
    assert.strictEqual(
      parsed(variable("HOST"), environment),
      `site.json: devices.a: ${variable("HOST")}: the environment has no variable HOST. It has KATCP_DEVICE_HOST: write ${variable("KATCP_DEVICE_HOST")}`
    )
    assert.match(parsed(variable("NOBODY"), environment), /the environment has no variable NOBODY$/)
  })
})

describe("a device in the database of a fleet", () => {
  it("can only use variables whose names begin with KATCP_DEVICE_", () => {
    const section = { address: "10.0.0.1", description: variable("KATCP_DATABASE_PASSWORD") }
    const fault =
      /^devices\.m000\.description: \$\{env:KATCP_DATABASE_PASSWORD\}: .*only use variables whose names begin with KATCP_DEVICE_,.* Rename the variable to KATCP_DEVICE_KATCP_DATABASE_PASSWORD$/
    assert.match(faultOf(section), fault)
    // katcp fleet add says so at once; other variables are those of the runners
    const [{ message, path: at } = { message: "", path: "" }] = foreignReferences({ m000: section })
    assert.match(`${at}: ${message}`, fault)
    assert.deepStrictEqual(foreignReferences({ m000: variable("KATCP_DEVICE_NONE") }), [])
    // without a database the devices are those of the file, which may use all
    assert.isTrue(Result.isSuccess(resolveDevice("site.yaml", "m000", section, environment, "")))
  })

  it("does not get the contents of files into errors", () => {
    const file = path.join(folder, "secrets")
    writeFileSync(file, "TOKEN=hunter2\n")
    const section = { address: "10.0.0.1", contract: file }
    assert.strictEqual(faultOf(section), "devices.m000.contract: the file has no contract")
  })
})
