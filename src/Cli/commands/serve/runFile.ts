/** Runs a site file until a signal: `katcp serve` and `katcp fleet run`. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { errorText } from "../../../Message/index.ts"
import { type Changes, SiteFileError, serveSite } from "../../../Serve/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import { reachable } from "../../reach/reachable.ts"
import { Output } from "../../show/Output.ts"

/** Runs a site file, with settings of this process instead of those in the file. SIGHUP reloads the file. */
export const runFile = Effect.fnUntraced(function* (file: string, json: boolean, changes: Changes = {}) {
  const output = yield* Output
  const ending = yield* Ending
  yield* ending.isService
  const hangups = yield* Queue.sliding<void>(1)
  yield* ending.onHangup(() => {
    Queue.offerUnsafe(hangups, undefined)
  })
  const running = yield* Effect.mapError(serveSite(file, changes), explain)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Queue.take(hangups), running.reload)))
  const listening = running.url()
  const url = listening === undefined ? undefined : reachable(listening)
  const { runner } = running
  const devices = runner === undefined ? running.site.devices.size : runner.directory.devices().size
  const counted = `${devices} ${devices === 1 ? "device" : "devices"}`
  const what = runner === undefined ? counted : `runner ${runner.name} of a fleet of ${counted}`
  yield* json
    ? output.json({
        event: "serving",
        file,
        devices,
        ...(runner === undefined ? {} : { name: runner.name, epoch: runner.epoch }),
        ...(url === undefined ? {} : { url })
      })
    : output.note(`katcp: serving ${file}: ${what}${url === undefined ? "" : `; ${url}/healthz`}`)
  yield* output.flush
  yield* ending.serves
  return yield* runner === undefined ? Effect.never : Effect.mapError(runner.ended, explain)
})

const explain = (error: unknown): Failure => {
  if (!(error instanceof SiteFileError)) return cannotRun(errorText(error))
  const [first = "", ...more] = error.lines
  return cannotRun(first, more)
}
