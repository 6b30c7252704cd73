/** Puts recordings into an archive. */
import { createReadStream } from "node:fs"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Importing, Store } from "../../../Archive/index.ts"
import { causeOf } from "../../../Message/index.ts"
import { cannotRun } from "../../Failure.ts"
import { explainStore, storeFlag, storeOf } from "../../reach/store.ts"
import { Output } from "../../show/Output.ts"
import { Events } from "./Events.ts"
import { Lines } from "./Lines.ts"

const config = {
  files: Argument.String("FILE").pipe(
    Argument.withDescription(
      "Readings as katcp monitor, katcp history and katcp export ndjson write them, or recordings of katcp tap"
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

/** Bytes of a file that are read at a time. Not measured: some thousand lines, which are one step of the program. */
const pieceSize = 1_048_576

const handler = Effect.fnUntraced(function* (input: Command.Command.Config.Infer<typeof config>) {
  const output = yield* Output
  const layer = yield* storeOf(input.store, { readOnly: false })
  const device = Option.getOrUndefined(input.device)
  yield* Effect.gen(function* () {
    const store = yield* Store
    const importing = new Importing(store)
    const events = new Events(device)
    for (const file of input.files) {
      const before = importing.taken
      const lines = new Lines(file, device, events)
      const pieces = createReadStream(file, { encoding: "utf8", highWaterMark: pieceSize })[Symbol.asyncIterator]()
      for (;;) {
        const next = yield* Effect.tryPromise({
          try: () => pieces.next(),
          catch: (cause) => cannotRun(`cannot read ${file}: ${causeOf(cause)}`)
        })
        const { mistake, readings } = next.done === true ? lines.end() : lines.take(next.value as string)
        yield* importing.addAll(readings)
        if (mistake !== undefined) {
          yield* importing.flush
          const taken = importing.taken - before
          return yield* cannotRun(
            taken === 0 ? mistake : `${mistake}; the ${taken} readings before it are in the archive`
          )
        }
        if (next.done === true) break
      }
      yield* importing.flush
      yield* events.write(store)
      const without = lines.passedOver === 0 ? "" : `; ${lines.passedOver} lines have no reading`
      const cut = lines.cut ? "; its last line is not whole" : ""
      yield* output.line(`${file}: ${importing.taken - before} readings${without}${cut}`)
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
      command: "katcp archive import --store site.db night.*.ndjson night.ndjson",
      description: "What katcp export ndjson has written, with the files that are full"
    },
    {
      command: "katcp archive import --store site.db --device m000 session.tap",
      description: "What katcp tap has recorded"
    }
  ])
)
