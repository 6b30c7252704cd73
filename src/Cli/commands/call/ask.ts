import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Client from "../../../Client/index.ts"
import { didYouMean, type Message } from "../../../Message/index.ts"
import { exitCodes, explain, type Failure } from "../../Failure.ts"
import { callOptions, connect, type Reaching } from "../../reach/connect.ts"
import type { Host } from "../../reach/host.ts"
import { Output } from "../../show/Output.ts"
import type { Answers } from "./answers.ts"
import { watchReasons } from "./reasons.ts"

/** A request to make. */
export interface Asked {
  readonly name: string
  readonly values: ReadonlyArray<string | Uint8Array>
}

/** The options of requests. */
interface Asking extends Reaching {
  /** The id of each request; by default the next number. */
  readonly id: Option.Option<number>
  /** `true` to show asynchronous informs. */
  readonly informs: boolean
}

/** Calls one device. Returns the exit code. With several devices, each line names its device. */
export const ask = (
  host: Host,
  asked: Stream.Stream<Asked, Failure>,
  input: Asking,
  answers: Answers,
  several: boolean
): Effect.Effect<number, Failure, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* connect(host, input)
    const show = answers.show(client.dialect, several ? host.text : undefined)
    const reasons = yield* watchReasons(client)
    if (input.informs) yield* Effect.forkScoped(Stream.runForEach(client.informs(), show), { startImmediately: true })
    let exitCode: number = exitCodes.ok
    // a user who is typing input must learn that the device has gone
    const requests = Stream.merge(asked, closing(client, host), { haltStrategy: "left" })
    const { counts } = client.anomalies
    let missing = 0
    /** Reports lines of the device that are malformed or too long: informs may be missing. */
    const noteMissing = Effect.suspend(() => {
      const count = counts.BadLine + counts.CutLine - missing
      missing += count
      return count === 0
        ? Effect.void
        : answers.note(
            `${count === 1 ? "a line" : `${count} lines`} of ${host.text} ${count === 1 ? "is" : "are"} missing here: malformed or too long`
          )
    })
    yield* Stream.runForEach(requests, ({ name, values }) => {
      reasons.begin()
      return output.busy(
        `?${name}: waiting for ${host.text}`,
        client.callRawStream(name, values, options(input)).pipe(
          Stream.mapError((error) => explain(host.text, error)),
          Stream.runForEach((piece) => {
            if (piece._tag === "Inform") return show(piece.inform)
            if (piece.reply.text(0) === "ok") return show(piece.reply)
            exitCode = Math.max(exitCode, exitCodes.refused)
            return show(piece.reply).pipe(
              Effect.andThen(hint(client, name, piece.reply, answers)),
              Effect.andThen(
                hasReason(piece.reply)
                  ? Effect.void
                  : Effect.flatMap(reasons.since, (texts) => Effect.forEach(texts, answers.note, { discard: true }))
              )
            )
          }),
          Effect.andThen(noteMissing)
        )
      )
    })
    return exitCode
  }).pipe(
    // the other devices are still called
    Effect.catch((failure) => (several ? Effect.as(answers.fault(failure), failure.exitCode) : Effect.fail(failure)))
  )

/** Returns `true` if the reply to a failed request has a reason. */
const hasReason = (reply: Message): boolean => (reply.text(1) ?? "").trim() !== ""

/** Fails when the device has gone. */
const closing = (client: Client.Client<never, never>, host: Host): Stream.Stream<never, Failure> =>
  SubscriptionRef.changes(client.state).pipe(
    Stream.mapEffect((state) =>
      state._tag === "Closed" ? Effect.fail(explain(host.text, state.reason)) : Effect.void
    ),
    Stream.drain
  )

const options = (input: Asking): Client.CallOptions => ({
  ...callOptions(input),
  ...(Option.isSome(input.id) ? { id: input.id.value } : {})
})

/** Suggests the most similar request names if the device does not know the request. */
const hint = (client: Client.Client<never, never>, name: string, reply: Message, { note }: Answers) => {
  if (reply.text(0) !== "invalid" || !/unknown/i.test(reply.text(1) ?? "")) return Effect.void
  return client.call("help").pipe(
    Effect.flatMap(({ informs }) => {
      const text = didYouMean(
        name,
        informs.flatMap((inform) => inform.text(0) ?? [])
      )
      return text === "" ? Effect.void : note(`there is no ?${name}${text}`)
    }),
    Effect.ignore
  )
}
