/** The one JSON form of a reading. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { ReadingJson, readingJson } from "katcp/Site"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork, siteOf } from "./network.ts"

describe("a reading in JSON", () => {
  it.effect("has the form that the command prints, for every type", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("int", "doc count integer", "nominal 7")
      fake.add("big", "doc \\@ integer", "nominal 9007199254740993")
      fake.add("float", "doc K float", "warn 21.5")
      fake.add("nan", "doc \\@ float", "nominal nan")
      fake.add("inf", "doc \\@ float", "nominal -inf")
      fake.add("bool", "doc \\@ boolean", "nominal 1")
      fake.add("mode", "doc \\@ discrete stow track", "error stow")
      fake.add("text", "doc \\@ string", "nominal a\\_b")
      fake.add("bytes", "doc \\@ string", "nominal \u00ff\u00fe")
      fake.add("time", "doc \\@ timestamp", "nominal 12.5")
      fake.add("address", "doc \\@ address", "nominal 10.0.0.1:7147")
      fake.add("lru", "doc \\@ lru", "nominal nominal")
      fake.add("none", "doc \\@ float", "unknown ?")
      const site = yield* siteOf({})
      yield* site.add("one", yield* fakeAt(1, fake))
      yield* pass("1 second")
      const json: Record<string, ReadingJson> = {}
      for (const row of site.table.of("one")) json[row.name] = yield* Schema.encodeEffect(ReadingJson)(readingJson(row))
      assert.strictEqual(
        JSON.stringify(json.float),
        `{"name":"float","type":"float","units":"K","value":21.5,"status":"warn","timestamp":1,"device":"one","code":2,"received":${json.float!.received}}`
      )
      const values = Object.fromEntries(Object.entries(json).map(([name, { value }]) => [name, value]))
      assert.deepStrictEqual(values, {
        address: "10.0.0.1:7147",
        big: "9007199254740993",
        bool: true,
        bytes: { base64: "//4=" },
        float: 21.5,
        inf: "-Infinity",
        int: 7,
        lru: "nominal",
        mode: "stow",
        nan: "NaN",
        none: undefined,
        text: "a b",
        time: 12.5
      })
      assert.deepStrictEqual([json.none!.status, json.none!.code], ["unknown", 0])
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(Schema.decodeUnknownEffect(ReadingJson)(json.bytes))))
    }).pipe(Effect.scoped, onNetwork)
  )
})
