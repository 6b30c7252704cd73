/** The contract of the example device, as it is read of our server and of both Python libraries. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Client, Interface } from "katcp"
import { NodeClient } from "katcp/Node"
import { Example } from "../../examples/example/contract.ts"
import { type Device, describePeer, startOurDevice, startPythonDevice } from "./peers.ts"

const decode = Schema.decodeEffect(Interface.ContractDescription)

const importing = (start: () => Promise<Device>, options?: Client.ImportOptions) =>
  Effect.gen(function* () {
    const { host, port } = yield* Effect.promise(start)
    const client = yield* Effect.provide(Client.make(), NodeClient.tcp({ host, port }))
    return yield* Client.importContract(client, options)
  }).pipe(Effect.scoped)

const usageOf = ({ requests }: Interface.ContractDescription, name: string) => {
  const request = requests.find((request) => request.name === name)
  return request?.kind === "raw" ? request.usage : undefined
}

describe("our device", () => {
  for (const protocol of [5, 4] as const)
    it.live(
      `keeps its contract at version ${protocol}`,
      Effect.fnUntraced(function* () {
        const imported = yield* importing(() => startOurDevice(protocol))
        assert.deepStrictEqual(Interface.check(Example, imported), [])
        assert.deepStrictEqual(imported.device?.notes, [])
        assert.deepStrictEqual([imported.id, imported.version], ["example-api", "example-api-1.0"])
      })
    )

  it.live(
    "is described by its import as by its contract, except signatures and facts that only the device knows",
    Effect.fnUntraced(function* () {
      const imported = yield* importing(() => startOurDevice())
      const compatible = [
        "compatible id",
        "breaking signature",
        "compatible type",
        "compatible initial",
        "compatible protocol"
      ]
      const { requests, sensors, ...names } = Interface.describe(Example)
      const changes = Interface.compare({ ...names, requests, sensors }, imported)
      assert.deepStrictEqual(
        changes.filter(({ impact, kind }) => !compatible.includes(`${impact} ${kind}`)),
        []
      )
    })
  )
})

const library = { aio: "aiokatcp", kp: "katcp", kp4: "katcp" } as const
const components = { aio: ["katcp-library"], kp: ["katcp-library"], kp4: [] } as const

for (const kind of ["aio", "kp", "kp4"] as const)
  describePeer(library[kind], `the device on ${library[kind]}${kind === "kp4" ? " at version 4" : ""}`, () => {
    it.live(
      "keeps the contract of ours (A-369, A-370)",
      Effect.fnUntraced(function* () {
        for (const help of ["full", "short"] as const) {
          const imported = yield* importing(() => startPythonDevice(kind), { help })
          assert.deepStrictEqual(Interface.check(Example, imported), [])
          assert.deepStrictEqual(imported.device?.notes, [])
          assert.deepStrictEqual(yield* decode(imported), imported)
        }
      })
    )

    it.live(
      "reports its versions, its standard requests, and the usage of its requests",
      Effect.fnUntraced(function* () {
        const imported = yield* importing(() => startPythonDevice(kind))
        const { device, id, requests, version } = imported
        assert.deepStrictEqual([id, version], ["example-api", "example-api-1.0"])
        assert.match(imported.build, /^example-implementation-0\.1/)
        assert.deepStrictEqual(
          device?.versions.map(({ name }) => name),
          [...components[kind]]
        )
        assert.isTrue(device?.standard.every((name) => Interface.standardRequests.has(name)))
        assert.strictEqual(device?.standard.includes("restart"), kind !== "aio")
        assert.deepStrictEqual(requests.map(({ name }) => name).toSorted(), [...Example.requests.keys()].toSorted())
        assert.strictEqual(usageOf(imported, "add"), "?add x y")
        assert.strictEqual(usageOf(imported, "set-sensor"), "?set-sensor name value [status [timestamp]]")
        const hints = requests.flatMap(({ name, timeoutHint }) =>
          timeoutHint === undefined ? [] : [[name, timeoutHint]]
        )
        assert.deepStrictEqual(
          hints,
          kind === "kp"
            ? [
                ["pick-fruit", 2],
                ["sleep", 10]
              ]
            : []
        )
      })
    )
  })
