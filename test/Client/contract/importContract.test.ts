import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import {
  Arg,
  Client,
  Codec,
  Interface,
  Message,
  Request,
  RequestFailed,
  RequestInvalid,
  Sensor,
  type Server
} from "katcp"
import { connect } from "katcp/Testing"
import { immediately } from "../connect.ts"

const { Protocol } = Message
const decode = Schema.decodeUnknownSync(Interface.ContractDescription)

class Dish extends Interface.make("dish", { version: "dish-api-1.2", build: "dish-1.2.7" }).add(
  Request.make("point", {
    doc: "Point at a place.\n\nIt takes a while (?point az).",
    args: { az: Arg.Float, name: Arg.optional(Arg.Text) },
    timeoutHint: "30 seconds"
  }),
  Request.raw("any", { doc: "Anything.", usage: "?any [thing ...]" }),
  Request.make("timed", { doc: "Timed.", requires: Protocol.make(5, 1, "T") }),
  Sensor.make("az", { doc: "Azimuth", type: Arg.Float, units: "deg", nominal: [-180, 180], warn: [-270.5, 270.5] }),
  Sensor.make("count", { doc: "Count", type: Arg.between(Arg.SafeInt, { minimum: 0 }), nominal: [0, 100] }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Enum({ STOW: 1, TRACK: 2 }), initial: 1 }),
  Sensor.make("peer", { doc: "Peer", type: Arg.Address, initial: Codec.Address.make("::1", 80) }),
  Sensor.make("on", { doc: "On", type: Arg.Boolean }),
  Sensor.make("text", { doc: "é", type: Arg.Pattern(/^x/), initial: "x" })
) {}

const DishLive = Dish.toLayer({
  point: () => Effect.void,
  any: () => Effect.succeed(["ok"]),
  timed: () => Effect.void
})

const dish = (options?: Server.Options) => connect(Dish, DishLive, { server: options ?? {} })

const sensors: ReadonlyArray<Interface.SensorDescription> = [
  { name: "az", doc: "Azimuth", units: "deg", type: { kind: "float" }, nominal: [-180, 180], warn: [-270.5, 270.5] },
  { name: "count", doc: "Count", units: "", type: { kind: "integer" }, nominal: [0, 100] },
  { name: "mode", doc: "Mode", units: "", type: { kind: "discrete", options: ["stow", "track"] } },
  { name: "on", doc: "On", units: "", type: { kind: "boolean" } },
  { name: "peer", doc: "Peer", units: "", type: { kind: "address" } },
  { name: "text", doc: "é", units: "", type: { kind: "string" } }
]
const standard = [
  "halt",
  "help",
  "log-level",
  "restart",
  "sensor-list",
  "sensor-sampling",
  "sensor-sampling-clear",
  "sensor-value",
  "watchdog"
]

describe("the imported contract of a device of this library", () => {
  it.effect(
    "has the requests and sensors of its lists, with help texts, hints and versions (A-368, A-369, A-370)",
    Effect.fnUntraced(function* () {
      const { client } = yield* dish({ versions: { "dish-mcu": ["mcu-2", "serial-9"], firmware: ["fw-1"] } })
      const imported = yield* Client.importContract(client)
      const [library, ...versions] = imported.device!.versions
      assert.strictEqual(library?.name, "katcp-library")
      assert.deepStrictEqual(
        { ...imported, device: { ...imported.device!, versions } },
        {
          format: "katcp-contract-1",
          id: "dish-api",
          version: "dish-api-1.2",
          build: "dish-1.2.7",
          protocol: "5.1-BIMT",
          requests: [
            { kind: "raw", name: "any", doc: "Anything.", usage: "?any [thing ...]" },
            {
              kind: "raw",
              name: "point",
              doc: "Point at a place.\n\nIt takes a while (?point az).",
              usage: "?point az [name]",
              timeoutHint: 30
            },
            { kind: "raw", name: "timed", doc: "Timed.", usage: "?timed" }
          ],
          sensors,
          device: {
            versions: [
              { name: "dish-mcu", version: "mcu-2", build: "serial-9" },
              { name: "firmware", version: "fw-1" }
            ],
            standard: [...standard, "client-list", "request-timeout-hint", "version-list"].toSorted(),
            notes: []
          }
        }
      )
      assert.deepStrictEqual(decode(imported), imported)
      assert.deepStrictEqual(new Set(imported.device?.standard), Interface.standardRequests)
    })
  )

  it.effect(
    "in short form takes one ?help for all requests, and the first lines of their help",
    Effect.fnUntraced(function* () {
      const { client, recorder } = yield* dish()
      const { id, requests } = yield* Client.importContract(client, { id: "mine", help: "short" })
      assert.strictEqual(id, "mine")
      assert.strictEqual(requests.find(({ name }) => name === "point")?.doc, "Point at a place.")
      assert.strictEqual(recorder.messages({ direction: "sent", names: ["help"] }).length, 1)
    })
  )

  it.effect(
    "is compatible with its own contract",
    Effect.fnUntraced(function* () {
      for (const protocol of [Protocol.make(5, 1, "BIMT"), Protocol.make(5, 0, "M"), Protocol.make(4, 0, "M")]) {
        const { client } = yield* dish({ protocol })
        for (const help of ["full", "short"] as const)
          assert.deepStrictEqual(
            Interface.check(Dish, yield* Client.importContract(client, { help })),
            [],
            `${protocol}`
          )
      }
    })
  )

  it.effect(
    "has no hints without flag T",
    Effect.fnUntraced(function* () {
      const { client, recorder } = yield* dish({ protocol: Protocol.make(5, 1, "IM") })
      const { protocol, requests } = yield* Client.importContract(client)
      assert.strictEqual(protocol, "5.1-IM")
      assert.isTrue(requests.every((request) => !("timeoutHint" in request)))
      assert.deepStrictEqual(recorder.messages({ names: ["request-timeout-hint"] }), [])
    })
  )

  it.effect(
    "at version 4 has the versions of the greeting, and strings instead of addresses (P-315)",
    Effect.fnUntraced(function* () {
      const { client, recorder } = yield* dish({ protocol: Protocol.make(4, 0, "M") })
      const imported = yield* Client.importContract(client)
      assert.deepStrictEqual(
        [imported.id, imported.version, imported.build],
        ["dish-api", "dish-api-1.2", "dish-1.2.7"]
      )
      assert.strictEqual(imported.protocol, "4.0")
      assert.deepStrictEqual(imported.sensors.find(({ name }) => name === "peer")?.type, { kind: "string" })
      assert.deepStrictEqual(imported.device?.versions, [])
      assert.deepStrictEqual(recorder.messages({ names: ["version-list"] }), [])
    })
  )
})

type Line = ReadonlyArray<Message.ArgumentValue>
/** The answer of a device to one of the lists; by default a correct one. */
interface Lists {
  readonly help?: Answered
  readonly "sensor-list"?: Answered
  readonly "version-list"?: Answered
  readonly "request-timeout-hint"?: Answered
}
type Answered = { readonly informs: ReadonlyArray<Line>; readonly reply?: Line } | RequestFailed | RequestInvalid

const lists = ["help", "sensor-list", "version-list", "request-timeout-hint"] as const

/** A device with configurable answers about itself. */
const odd = Effect.fnUntraced(function* (answers: Lists, options?: { readonly id?: Message.Protocol }) {
  const contract = Interface.make("odd", { version: "odd-1.0" }).add(
    ...lists.map((name) => Request.raw(name, { doc: "" }))
  )
  const handle =
    (name: (typeof lists)[number]) =>
    (message: Message.Message, { inform }: { inform: (values: Line) => void }) => {
      const answer = answers[name] ?? { informs: name === "version-list" ? [["katcp-device", "odd-1.0"]] : [] }
      if ("_tag" in answer) return Effect.fail(answer)
      if (message.length > 0) {
        const found = answer.informs.filter(([one]) => one === message.text(0))
        for (const values of found) inform([...values.slice(0, 1), `All of ${message.text(0)}.`])
        return Effect.succeed(["ok", found.length])
      }
      for (const values of answer.informs) inform(values)
      return Effect.succeed(answer.reply ?? ["ok", answer.informs.length])
    }
  const device = contract.toLayer(Object.fromEntries(lists.map((name) => [name, handle(name)])) as never)
  const { client } = yield* connect(contract, device as Layer.Layer<Layer.Success<typeof device>>, {
    server: { protocol: options?.id ?? Protocol.make(5, 1, "BIMT") }
  })
  return client
})

const float: Line = ["a", "A.", "", "float"]

describe("a device that contradicts itself", () => {
  const table: ReadonlyArray<readonly [title: string, answers: Lists, request: string, detail: RegExp]> = [
    [
      "counts more than it tells",
      { "sensor-list": { informs: [float], reply: ["ok", "2"] } },
      "sensor-list",
      /1 informs, but the reply says 2/
    ],
    [
      "counts less",
      {
        help: {
          informs: [
            ["a", "A."],
            ["b", "B."]
          ],
          reply: ["ok", 1]
        }
      },
      "help",
      /2 informs, but the reply says 1/
    ],
    ["does not count", { "version-list": { informs: [], reply: ["ok"] } }, "version-list", /no number/],
    [
      "tells of a sensor twice",
      { "sensor-list": { informs: [float, ["a", "B.", "", "integer"]] } },
      "sensor-list",
      /a is listed twice/
    ],
    [
      "tells of a request twice",
      {
        help: {
          informs: [
            ["a", "A."],
            ["a", "A."]
          ]
        }
      },
      "help",
      /a is listed twice/
    ],
    ["tells of a sensor in part", { "sensor-list": { informs: [["a", "A.", ""]] } }, "sensor-list", /3 arguments/],
    ["tells of nothing", { "sensor-list": { informs: [[]] } }, "sensor-list", /without arguments/],
    ["has a request that cannot be", { help: { informs: [["a.b", "A."]] } }, "help", /"a.b" is not a request name/],
    ["says nothing of a request", { help: { informs: [["a"]] } }, "help", /a has no help text/],
    [
      "has a malformed hint",
      { "request-timeout-hint": { informs: [["a", "soon"]] } },
      "request-timeout-hint",
      /the hint of a: expected a float, got "soon"/
    ],
    [
      "has a hint that is not a number",
      { "request-timeout-hint": { informs: [["a"]] } },
      "request-timeout-hint",
      /expected a float, got ""/
    ],
    [
      "has a hint without end",
      { "request-timeout-hint": { informs: [["a", "inf"]] } },
      "request-timeout-hint",
      /the hint of a is Infinity/
    ],
    [
      "has a hint before now",
      { "request-timeout-hint": { informs: [["a", "-1"]] } },
      "request-timeout-hint",
      /the hint of a is -1/
    ]
  ]
  for (const [title, answers, request, detail] of table) {
    it.effect(
      `${title}: fails, and names the place (A-383)`,
      Effect.fnUntraced(function* () {
        const error = yield* Effect.flip(Client.importContract(yield* odd(answers), { help: "short" }))
        assert.isTrue(
          error._tag === "KatcpError" && error.reason._tag === "MalformedReply" && error.request === request
        )
        assert.match(error.message, detail)
      })
    )
    it.effect(
      `${title}: is noted if configured`,
      Effect.fnUntraced(function* () {
        const imported = yield* Client.importContract(yield* odd(answers), { faults: "note", help: "short" })
        assert.match(imported.device!.notes[0]!, new RegExp(`^\\?${request}: .*${detail.source}`))
        assert.deepStrictEqual(decode(imported), imported)
        const names = [...imported.requests, ...imported.sensors].map(({ name }) => name)
        assert.deepStrictEqual([...new Set(names)], names)
      })
    )
  }

  it.effect(
    "keeps the first of items that are listed twice",
    Effect.fnUntraced(function* () {
      const device = yield* odd({ "sensor-list": { informs: [float, ["a", "B.", "", "integer"]] } })
      const { sensors } = yield* Client.importContract(device, { faults: "note" })
      assert.deepStrictEqual(sensors, [{ name: "a", doc: "A.", units: "", type: { kind: "float" } }])
    })
  )
})

describe("a device that is odd", () => {
  it.effect(
    "has malformed sensors, which are kept as far as possible, with notes",
    Effect.fnUntraced(function* () {
      const informs: ReadonlyArray<Line> = [
        ["b", "B.", "", "complex", "1", "2"],
        ["c", "C.", "m", "integer", "0.0", "1.0"],
        ["d", "D.", "", "float", "1", "2", "3"],
        ["e", "E.", "", "discrete"],
        ["f", "F.", "s", "timestamp", "0", "1"],
        ["g h", "G.", "", "float", "9", "1"]
      ]
      const { device, sensors } = yield* Client.importContract(yield* odd({ "sensor-list": { informs } }))
      assert.deepStrictEqual(sensors, [
        {
          name: "b",
          doc: "B.",
          units: "",
          type: { kind: "opaque", name: "complex", sensorType: "string", parameters: ["1", "2"] }
        },
        { name: "c", doc: "C.", units: "m", type: { kind: "integer" } },
        { name: "d", doc: "D.", units: "", type: { kind: "float" } },
        { name: "e", doc: "E.", units: "", type: { kind: "opaque", name: "discrete", sensorType: "discrete" } },
        { name: "f", doc: "F.", units: "s", type: { kind: "timestamp" } },
        { name: "g h", doc: "G.", units: "", type: { kind: "float" }, nominal: [9, 1] }
      ])
      assert.deepStrictEqual(device?.notes, [
        'sensor b is of unknown type "complex": its values are taken as bytes',
        'range of sensor c: expected an integer, got "0.0"; its limits are left out',
        "sensor d has 3 limits instead of 0, 2 or 4; they are left out",
        "discrete sensor e has no options: its values are taken as bytes",
        "sensor f: timestamp sensors have no parameters; 0 1 is left out"
      ])
    })
  )

  it.effect(
    "has hints of zero, which are ignored, and of unknown requests (P-140)",
    Effect.fnUntraced(function* () {
      const device = yield* odd({
        help: {
          informs: [
            ["a", "A."],
            ["b", "B."]
          ]
        },
        "request-timeout-hint": {
          informs: [
            ["a", "0.0"],
            ["b", "1e-3"],
            ["c", 5]
          ]
        }
      })
      const { requests } = yield* Client.importContract(device)
      assert.deepStrictEqual(
        requests.map((request) => request.timeoutHint),
        [undefined, 0.001]
      )
      // and the whole of their help, a request each
      assert.deepStrictEqual(
        requests.map(({ doc }) => doc),
        ["All of a.", "All of b."]
      )
    })
  )

  it.effect(
    "does not return the full help of a request: its line of the list is kept, with a note",
    Effect.fnUntraced(function* () {
      const device = yield* odd({ help: { informs: [["a", "A."]] } })
      const call: typeof device.call = (name, values = [], options) =>
        device.call(name, values.length > 0 ? ["other"] : values, options)
      const missing = yield* Client.importContract({ call, protocol: device.protocol, versions: device.versions })
      assert.strictEqual(missing.requests[0]?.doc, "A.")
      assert.deepStrictEqual(missing.device?.notes, ["?help a: its help is missing; the short one is kept"])
      const refusing: typeof device.call = (name, values = [], options) =>
        values.length > 0 ? Effect.fail(new RequestFailed({ message: "no such" })) : device.call(name, values, options)
      const refused = yield* Client.importContract({
        call: refusing,
        protocol: device.protocol,
        versions: device.versions
      })
      assert.strictEqual(refused.requests[0]?.doc, "A.")
      assert.deepStrictEqual(refused.device?.notes, ["?help a: no such; the short one is kept"])
    })
  )

  it.effect(
    "does not name its contract",
    Effect.fnUntraced(function* () {
      const device = yield* odd({ "version-list": { informs: [["katcp-library", "lib-1"]] } })
      const imported = yield* Client.importContract(device)
      assert.deepStrictEqual([imported.id, imported.version, imported.build], ["unknown", "unknown", "unknown"])
      assert.match(imported.device!.notes[0]!, /does not announce the name and version/)
    })
  )

  it.effect(
    "has no ?version-list: the versions of its greeting are used",
    Effect.fnUntraced(function* () {
      for (const refusal of [new RequestInvalid({ message: "no such" }), new RequestFailed({ message: "no such" })]) {
        const { device, version } = yield* Client.importContract(yield* odd({ "version-list": refusal }))
        assert.strictEqual(version, "odd-1.0")
        assert.deepStrictEqual(
          device?.versions.map(({ name }) => name),
          ["katcp-library"]
        )
        assert.deepStrictEqual(device?.notes, ["?version-list: no such; the versions announced on connecting are kept"])
      }
    })
  )

  it.effect(
    "refuses other requests: the import fails as they do",
    Effect.fnUntraced(function* () {
      const refusal = new RequestFailed({ code: "busy", message: "later" })
      for (const name of ["help", "sensor-list", "request-timeout-hint"] as const) {
        const error = yield* Effect.flip(Client.importContract(yield* odd({ [name]: refusal })))
        assert.isTrue(error._tag === "RequestFailed" && error.code === "busy")
      }
    })
  )

  it.effect(
    "has more items than the limit",
    Effect.fnUntraced(function* () {
      const informs = Array.from({ length: 5 }, (_, n): Line => [`s${n}`, "", "", "float"])
      const device = yield* odd({ "sensor-list": { informs } })
      assert.strictEqual((yield* Client.importContract(device, { maxItems: 5 })).sensors.length, 5)
      const error = yield* Effect.flip(Client.importContract(device, { maxItems: 4, faults: "note" }))
      assert.match(error.message, /5 informs, more than 4/)
    })
  )

  it.effect(
    "disconnects meanwhile",
    Effect.fnUntraced(function* () {
      const { client } = yield* dish()
      const importing = yield* Effect.forkChild(Effect.flip(Client.importContract(client)), immediately)
      yield* client.close
      const error = yield* Fiber.join(importing)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "Disconnected")
    })
  )
})
