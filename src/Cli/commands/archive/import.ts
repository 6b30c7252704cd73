/** Puts recordings into an archive. */
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Importing, Store } from "../../../Archive/index.ts"
import { causeOf } from "../../../Message/index.ts"
import { cannotRun } from "../../Failure.ts"
import { explainStore, storeFlag, storeOf } from "../../reach/store.ts"
import { objectOf } from "../../readingLine.ts"
import { Output } from "../../show/Output.ts"
import { fromJson } from "./fromJson.ts"
import { fromTap, type TapSession } from "./fromTap.ts"

const config = {
  files: Argument.String("FILE").pipe(
    Argument.withDescription(
      "Readings as katcp monitor and katcp history print them as JSON, or recordings of katcp tap"
    ),
    Argument.atLeast(1)
  ),
  store: storeFlag,
  device: Flag.String("device").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription(
      "The name of the device, in place of that in the file; for recordings of katcp tap, device by default"
    ),
    Flag.optional
  )
}

const handler = Effect.fnUntraced(function* (input: Command.Command.Config.Infer<typeof config>) {
  const output = yield* Output
  const layer = yield* storeOf(input.store, { readOnly: false })
  const device = Option.getOrUndefined(input.device)
  yield* Effect.gen(function* () {
    const importing = new Importing(yield* Store)
    for (const file of input.files) {
      const before = importing.taken
      const sessions = new Map<number, TapSession>()
      let passedOver = 0
      let number = 0
      const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY })
      const iterator = lines[Symbol.asyncIterator]()
      for (;;) {
        const next = yield* Effect.tryPromise({
          try: () => iterator.next(),
          catch: (cause) => cannotRun(`cannot read ${file}: ${causeOf(cause)}`)
        })
        if (next.done === true) break
        number++
        if (next.value.trim() === "") continue
        const json = objectOf(next.value)
        if (json === undefined) return yield* cannotRun(`${file}:${number}: the line is no JSON`)
        const found = "connection" in json ? fromTap(next.value, sessions, device ?? "device") : fromJson(json, device)
        if (typeof found === "string") return yield* cannotRun(`${file}:${number}: ${found}`)
        if (found.length === 0) passedOver++
        for (const one of found) yield* importing.add(one)
      }
      yield* importing.flush
      const without = passedOver === 0 ? "" : `; ${passedOver} lines have no reading`
      yield* output.line(`${file}: ${importing.taken - before} readings${without}`)
    }
  }).pipe(
    Effect.provide(layer),
    Effect.catchTag("StoreFailed", (error) => explainStore(error))
  )
})

/** `katcp archive import`. */
export const importing = Command.make("import", config, handler).pipe(
  Command.withDescription("Put recordings into an archive; doing it twice does no harm"),
  Command.withExamples([
    {
      command: "katcp archive import --store site.db night.ndjson",
      description: "What katcp monitor has printed as JSON"
    },
    {
      command: "katcp archive import --store site.db --device m000 session.tap",
      description: "What katcp tap has recorded"
    }
  ])
)
