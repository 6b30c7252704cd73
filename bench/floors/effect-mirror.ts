/** A mirror inside Effect, used with care: `effect-mirror.ts HOST PORT SENSORS UPDATES PHASES`. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { effectMirror } from "./effectMirror.ts"
import { type Floor, measureMirror } from "./measureMirror.ts"

const [host, port, , updates, phases] = process.argv.slice(2)

const mirror = async (): Promise<Floor> => {
  const scope = Scope.makeUnsafe()
  const found = await Effect.runPromise(Scope.provide(effectMirror(host!, Number(port), false), scope))
  return {
    statuses: () => [...found.sensors.values()].map(({ reading }) => reading?.status ?? "unknown"),
    get update() {
      return found.update
    },
    set update(update) {
      found.update = update
    },
    close: () => Effect.runFork(Scope.close(scope, Exit.void))
  }
}

await measureMirror(mirror, Number(updates), Number(phases))
