/** The client with the recorded servers of other libraries: every request of their sessions is made, and understood. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Client } from "katcp"
import type { RawConnection } from "katcp/Testing"
import { connect, immediately, logged } from "../Client/connect.ts"
import { textOf } from "../Codec/wire/support.ts"
import { type Name, names, Recorded } from "./Recorded.ts"

/** Answers all that comes. */
const play = (recorded: Recorded, device: RawConnection.RawConnection) =>
  Effect.forkScoped(
    Effect.forever(
      Effect.flatMap(device.next, (line) =>
        device.send(
          Uint8Array.from(
            recorded
              .answer(line)
              .map((line) => `${line}\n`)
              .join(""),
            (at) => at.charCodeAt(0)
          )
        )
      )
    ),
    immediately
  )

const connected = Effect.fnUntraced(function* (name: Name) {
  const recorded = new Recorded(name)
  const { client, device } = yield* connect({}, recorded.greeting.map((line) => `${line}\n`).join(""))
  yield* play(recorded, device)
  return { client, recorded }
})

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  _: " ",
  "0": "\0",
  n: "\n",
  r: "\r",
  e: "\x1b",
  t: "\t",
  "@": ""
}
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const words = (line: string) =>
  line
    .split(/[ \t]+/)
    .slice(1)
    .map((word) => word.replace(/\\(.)/g, (_, letter: string) => escapes[letter]!))

const speaks: Readonly<Record<Name, readonly [protocol: string, major: number]>> = {
  "c-server-v4": ["4.0", 4],
  "c-server-v5": ["5.0-M", 5],
  "rust-server": ["5.0-IM", 5],
  tcpborphserver3: ["4.0", 4]
}

/** The sensors of the servers with lists, and the kinds of their values. */
const types: Readonly<Partial<Record<Name, Readonly<Record<string, string>>>>> = {
  "c-server-v4": { "check.integer.simple": "integer" },
  "c-server-v5": { "check.integer.simple": "integer" },
  "rust-server": {
    "receiver-band": "discrete",
    "door-open": "boolean",
    "last-command": "string",
    "adc-value": "integer",
    "digitiser-health": "lru",
    "wind-speed": "float"
  }
}

describe("recorded servers", () => {
  for (const name of names) {
    it.effect(
      `${name}: its version is detected from its greeting`,
      Effect.fnUntraced(function* () {
        const { client } = yield* connected(name)
        assert.deepStrictEqual([client.protocol.toString(), client.dialect.major], [...speaks[name]])
      })
    )

    it.effect(
      `${name}: each request has its informs, its code and its values, without anomalies`,
      Effect.fnUntraced(function* () {
        const { value } = yield* logged(
          Effect.gen(function* () {
            const { client, recorded } = yield* connected(name)
            let made = 0
            for (const { came, sent } of recorded.exchanges) {
              const reply = came.find((line) => line.startsWith("!"))
              // the session has lines that no client sends, too
              if (!sent.startsWith("?") || reply === undefined) continue
              const request = /^\?([\w-]+)/.exec(sent)![1]!
              const answer = yield* client.callRaw(request, words(sent).map(bytes))
              const wanted = words(reply)
              assert.strictEqual(answer.code, wanted[0], sent)
              assert.deepStrictEqual(answer.reply.arguments.map(textOf), wanted, sent)
              const informs = came
                .slice(0, came.indexOf(reply))
                .filter((line) => line.startsWith(`#${request} `) || line.startsWith(`#${request}[`))
              assert.strictEqual(answer.informs.length, informs.length, sent)
              made++
            }
            return { made, counts: client.anomalies.counts }
          })
        )
        assert.isAtLeast(value.made, 30)
        for (const [anomaly, count] of Object.entries(value.counts)) assert.strictEqual(count, 0, anomaly)
      })
    )
  }

  for (const [name, sensors] of Object.entries(types))
    it.effect(
      `${name}: its requests and its sensors are imported, each of its type`,
      Effect.fnUntraced(function* () {
        const { value } = yield* logged(
          Effect.gen(function* () {
            const { client } = yield* connected(name as Name)
            return yield* Client.importContract(client)
          })
        )
        assert.deepStrictEqual(Object.fromEntries(value.sensors.map(({ name, type }) => [name, type.kind])), sensors)
      })
    )
})
