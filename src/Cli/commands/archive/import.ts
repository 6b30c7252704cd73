/** Imports recordings into an archive. */
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
      "Readings from katcp monitor, katcp history or katcp export ndjson, or recordings of katcp tap"
    ),
    Argument.atLeast(1)
  ),
  store: storeFlag,
  device: Flag.String("device").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription(
      "The name of the device, instead of that in the file; the default for recordings of katcp tap is device"
    ),
    Flag.optional
  )
}

/** The size of one read of a file, in bytes. Not measured: some thousand lines, which are one step of the program. */
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
      const cut = lines.cut ? "; its last line is truncated" : ""
      yield* output.line(`${file}: ${importing.taken - before} readings${without}${cut}`)
    }
  }).pipe(
    Effect.provide(layer),
    Effect.catchTag("StoreFailed", (error) => explainStore(error))
  )
})

/** `katcp archive import`. */
export const importing = Command.make("import", config, handler).pipe(
  Command.withDescription("Import recordings into an archive; importing twice does no harm"),
  Command.withExamples([
    {
      command: "katcp archive import --store site.db night.ndjson",
      description: "The JSON output of katcp monitor"
    },
    {
      command: "katcp archive import --store site.db night.*.ndjson night.ndjson",
      description: "The output of katcp export ndjson, with rotated files"
    },
    {
      command: "katcp archive import --store site.db --device m000 session.tap",
      description: "A recording of katcp tap"
    }
  ])
)
