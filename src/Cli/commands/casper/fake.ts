/** `katcp casper fake`: a board in memory. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Casper from "../../../Casper/index.ts"
import * as CasperNode from "../../../Casper/node/index.ts"
import { causeOf } from "../../../Message/index.ts"
import { Ending } from "../../Ending.ts"
import { unasked } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { parseHost } from "../../reach/host.ts"
import { Output } from "../../show/Output.ts"
import { common } from "./boards.ts"

/** `katcp casper fake`. */
export const fake = Command.make(
  "fake",
  {
    words: flags.words("DESIGN.fpg", "What the FPGA is programmed with; without a file it is not programmed"),
    listen: Flag.String("listen").pipe(
      Flag.withMetavar("PORT"),
      Flag.withDescription("Where to listen, PORT or HOST:PORT; 7147 by default"),
      Flag.withDefault("7147")
    ),
    profile: common.profile,
    upload: Flag.Literals("upload", ["refused", "cut", "broken", "silent", "dropped"]).pipe(
      Flag.withDescription("How uploads fail; by default they do not"),
      Flag.optional
    ),
    fail: Flag.String("fail").pipe(
      Flag.withMetavar("REQUEST=REASON"),
      Flag.withDescription("A request that fails, and why; hang for no answer, drop for a closed connection"),
      Flag.atLeast(0)
    ),
    json: flags.json
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const [file, ...more] = input.words
    if (more.length > 0) return yield* unasked(`one design only: ${more.join(" ")} is too much`)
    const design =
      file === undefined ? undefined : yield* Effect.mapError(CasperNode.file(file), ({ message }) => unasked(message))
    const requests: Record<string, string> = {}
    for (const text of input.fail) {
      const [, request, reason] = /^\??([A-Za-z][A-Za-z0-9-]*)=(.+)$/.exec(text) ?? []
      if (request === undefined || reason === undefined)
        return yield* unasked(`--fail ${JSON.stringify(text)}: write REQUEST=REASON, like read=the bus does not answer`)
      requests[request] = reason
    }
    const { host, port } = yield* Effect.fromResult(
      parseHost(/^\d+$/.test(input.listen) ? `127.0.0.1:${input.listen}` : input.listen)
    )
    const faults = { requests, ...(Option.isSome(input.upload) ? { upload: input.upload.value } : {}) }
    const board = yield* Casper.fake({ design, profile: input.profile, host, port, faults }).pipe(
      Effect.provide(CasperNode.layer),
      Effect.mapError((error) => unasked(`cannot listen at ${input.listen}: ${causeOf(error)}`))
    )
    yield* input.json
      ? output.json({ event: "listening", at: board.address, registers: design?.registers.size ?? 0 })
      : output.note(`katcp: a fake board of ${design?.registers.size ?? 0} registers at ${board.address}`)
    yield* output.flush
    yield* (yield* Ending).serves
    return yield* Effect.never
  }, Effect.scoped)
).pipe(
  Command.withDescription("Serve a board in memory, for trials and tests"),
  Command.withExamples([
    { command: "katcp casper fake design.fpg --listen 7447", description: "A board with that design" },
    { command: "katcp casper fake --upload broken", description: "One that cannot be programmed" }
  ])
)
