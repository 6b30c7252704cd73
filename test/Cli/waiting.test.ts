/** Messages of monitor, wait and the shell while they wait (issue 11, point 6). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { waitingFor } from "../../src/Cli/reach/waiting.ts"
import { hello4, hello5, immediately } from "../Client/connect.ts"
import { makeDialling, watch } from "../Client/dialling.ts"

const host = { text: "dish-7:7147", where: "dish-7:7147" }
const list = (id: number) => `#sensor-list[${id}] volt Volts. V float\n!sensor-list[${id}] ok 1\n`

/** A command that follows a device and its sensor volt, and what it says. */
const followed = Effect.gen(function* () {
  const dialling = yield* makeDialling()
  dialling.says = hello5
  const { client } = yield* watch(dialling, { negotiationTimeout: "2 seconds" })
  const device = yield* dialling.next
  yield* client.awaitConnected
  yield* client.mirror("volt")
  yield* device.settle
  yield* device.send(list(1))
  yield* device.settle
  yield* device.send("!sensor-sampling[2] ok volt auto\n")
  yield* client.synced
  const said: Array<string> = []
  const waiting = waitingFor(
    client,
    host,
    () => [{ pattern: "volt", filter: "volt" }],
    ({ event, text }) => Effect.sync(() => void said.push(`${event}: ${text}`))
  )
  yield* Effect.forkScoped(waiting.run, immediately)
  return { client, device, dialling, said, waiting }
})

const lost = "disconnected: dish-7:7147: not connected (the device closed the connection); reconnecting"

describe("a command that follows a device (P-418)", () => {
  it.effect(
    "says why it waits, and again only when the reason changes",
    Effect.fnUntraced(function* () {
      const { device, dialling, said, waiting } = yield* followed
      dialling.answer = "refuse"
      yield* device.close
      yield* TestClock.adjust("5 seconds")
      const refused = "cannot connect to dish-7:7147: connect ECONNREFUSED; retrying"
      assert.deepStrictEqual(said, [lost, `waiting: ${refused}`])
      assert.strictEqual(waiting.reason(), refused)
      dialling.answer = "accept"
      dialling.says = ""
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(said.length, 3)
      assert.match(said[2]!, /^waiting: dish-7:7147 does not announce its KATCP version within 2000 ms; .*; retrying$/)
      dialling.says = "#version-connect katcp-protocol 3.0\n"
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(said.length, 4)
      assert.match(said[3]!, /does not support KATCP 4 or 5: it speaks 3\.0; retrying$/)
    })
  )

  it.effect(
    "reports another version, silence about sensors, and a missing sensor",
    Effect.fnUntraced(function* () {
      const { client, device, dialling, said, waiting } = yield* followed
      dialling.says = hello4
      yield* device.close
      yield* TestClock.adjust("1 second")
      const other = yield* dialling.next
      assert.deepStrictEqual(said, [
        lost,
        "connected: connected to dish-7:7147 again; it speaks 4.0 now, and spoke 5.1-BIM before"
      ])
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(said[2], "waiting: dish-7:7147 does not answer queries of its sensors; waiting")
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(said[3], "waiting: dish-7:7147 does not answer ?sensor-list within 20 s; retrying")
      yield* other.close
      dialling.says = hello5
      yield* TestClock.adjust("1 second")
      const again = yield* dialling.next
      yield* again.expect("?sensor-list[1] volt")
      yield* again.send("!sensor-list[1] fail Unknown\\_sensor\\_name.\n")
      yield* client.synced
      yield* again.settle
      const missing = "dish-7:7147 has no sensor volt now; waiting for it"
      assert.strictEqual(said.at(-1), `waiting: ${missing}`)
      assert.strictEqual(waiting.reason(), missing)
      yield* again.send("#interface-changed sensor-list\n")
      yield* TestClock.adjust("1 second")
      const [asked] = yield* again.settle
      yield* again.send(list(Number(/\[(\d+)\]/.exec(asked!)![1])))
      const [sampling] = yield* again.settle
      yield* again.send(`!sensor-sampling${/\[\d+\]/.exec(sampling!)![0]} ok volt auto\n`)
      yield* client.synced
      yield* again.settle
      assert.strictEqual(waiting.reason(), undefined)
    })
  )
})
