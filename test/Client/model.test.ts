import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import type { KatcpError, RequestFailed, RequestInvalid } from "katcp"
import { connect, hello4, hello5, immediately } from "./connect.ts"

const Step = Schema.Struct({
  action: Schema.Literals([
    "call",
    "call",
    "call without id",
    "stream",
    "inform",
    "inform",
    "reply",
    "reply",
    "reply twice",
    "junk",
    "interrupt",
    "wait",
    "wait long"
  ]),
  pick: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))
})

/** A request as the model knows it: all that is sent for it bears its tag. */
interface Known {
  readonly tag: string
  readonly fiber: Fiber.Fiber<ReadonlyArray<string>, RequestFailed | RequestInvalid | KatcpError>
  readonly deadline: number
  /** The expected answer. */
  readonly informs: Array<string>
  state: "open" | "answered" | "interrupted" | "timed out"
}

/** A request as the device has it. */
interface Received {
  readonly head: string
  readonly name: string
  readonly tag: string
}

const names = ["x", "y", "x-y"]
const timeouts = [100, 250, 250, 1000, 5000]
/** No line that a device could send for any request. */
const junk = ["nonsense", "!x[4000] ok 4000", "#x[4000] 4000", "!z ok z", "#z z", "?a", "!x[0] ok", ""]

for (const [title, hello] of [
  ["with ids", hello5],
  ["without ids", hello4]
] as const)
  describe(`any interleaving ${title}`, () => {
    it.effect.prop(
      "of calls, replies, informs, timeouts and interrupts gives each request its own answer (P-051, P-056, A-350)",
      { steps: Schema.Array(Step).check(Schema.isMaxLength(60)) },
      Effect.fnUntraced(function* ({ steps }) {
        const { client, device } = yield* connect({}, hello)
        const known = new Map<string, Known>()
        const received: Array<Received> = []
        let time = 0

        const begin = Effect.fnUntraced(function* (action: string, pick: number) {
          const tag = `${known.size}`
          const timeout = timeouts[pick % timeouts.length]!
          const options = { timeout, useId: action === "call without id" ? false : undefined }
          const name = names[pick % names.length]!
          const answer =
            action === "stream"
              ? Effect.map(Stream.runCollect(client.callStream(name, [tag], options)), (pieces) =>
                  pieces.map((piece) => (piece._tag === "Inform" ? piece.inform.text(0)! : piece.reply.text(1)!))
                )
              : Effect.map(client.call(name, [tag], options), ({ informs, values }) => [
                  ...informs.map((inform) => inform.text(0)!),
                  values[0]!
                ])
          const fiber = yield* Effect.forkScoped(answer, immediately)
          known.set(tag, { tag, fiber, deadline: time + timeout, informs: [], state: "open" })
        })

        /** The request that the device may speak of: the oldest of its name where there are no ids. */
        const choose = (pick: number) => {
          const one = received[pick % received.length]!
          return one.head.includes("[") ? one : received.find(({ head }) => head === one.head)!
        }

        const inform = Effect.fnUntraced(function* ({ head, tag }: Received) {
          const text = `${tag}:${known.get(tag)!.informs.length}`
          known.get(tag)!.informs.push(text)
          yield* device.send(`#${head} ${text}\n`)
        })

        const reply = Effect.fnUntraced(function* (one: Received) {
          received.splice(received.indexOf(one), 1)
          const request = known.get(one.tag)!
          if (request.state === "open") request.state = "answered"
          yield* device.send(`!${one.head} ok ${one.tag}\n`)
        })

        for (const { action, pick } of steps) {
          if (action.startsWith("call") || action === "stream") yield* begin(action, pick)
          else if (action === "junk") yield* device.send(`${junk[pick % junk.length]}\n`)
          else if (action.startsWith("wait")) {
            const past = action === "wait" ? pick % 100 : pick
            time += past
            for (const request of known.values())
              if (request.state === "open" && request.deadline <= time) request.state = "timed out"
            yield* TestClock.adjust(past)
          } else if (action === "interrupt") {
            const request = known.get(`${pick % Math.max(1, known.size)}`)
            if (request?.state === "open") {
              request.state = "interrupted"
              yield* Fiber.interrupt(request.fiber)
            }
          } else if (received.length > 0) {
            const one = choose(pick)
            if (action === "inform") yield* inform(one)
            else yield* reply(one)
            // without ids nothing tells a second reply from the next one's
            if (action === "reply twice" && one.head.includes("[")) yield* device.send(`!${one.head} ok again\n`)
          }
          for (const line of yield* device.settle) {
            if (line.startsWith("!")) continue
            const [head, tag] = line.slice(1).split(" ") as [string, string]
            received.push({ head, name: head.split("[")[0]!, tag })
          }
          for (const { deadline, fiber, informs, state, tag } of known.values()) {
            const exit = fiber.pollUnsafe()
            assert.strictEqual(exit === undefined, state === "open", `${tag} is ${state}`)
            if (exit === undefined) continue
            if (state === "interrupted") assert.isTrue(Exit.hasInterrupts(exit))
            else if (state === "answered") assert.deepStrictEqual(yield* exit, [...informs, tag])
            else {
              const error = yield* Effect.flip(exit)
              assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "TimedOut")
              assert.isAtMost(deadline, time)
            }
          }
        }
        assert.isTrue(client.isConnected)
      }),
      { arbitrary: { runs: 150, size: 60 } }
    )
  })
