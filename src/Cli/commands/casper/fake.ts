/** `katcp casper fake`: a board in memory. */

import * as Context from "effect/Context"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Casper from "../../../Casper/index.ts"
import * as CasperNode from "../../../Casper/node/index.ts"
import { causeOf } from "../../../Message/index.ts"
import { Access, Peer } from "../../../Server/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { rulesOf, withAccessRules } from "../../reach/door.ts"
import { placeOf } from "../../reach/listen.ts"
import { Output } from "../../show/Output.ts"
import { common } from "./boards.ts"

/**
 * Returns this machine's network with the access rules. Clients of the board pass a gate that knows the contract. An
 * upload port accepts a file only from an address whose role permits the request that opens the port.
 */
const guarded = (access: ReadonlyArray<string>, boardPort: number) =>
  Effect.gen(function* () {
    const roleOf = Access.make(yield* rulesOf(access))
    const output = yield* Output
    const network = Context.get(yield* Layer.build(CasperNode.layer), Casper.Network)
    return Casper.Network.of({
      dial: network.dial,
      listen: (host, port) =>
        Effect.map(network.listen(host, port), (server) => ({
          address: server.address,
          run: (handler) =>
            server.run((socket) =>
              port === boardPort
                ? Effect.provideService(
                    withAccessRules(handler, server.address, roleOf, Casper.TcpBorphServer.requests)(socket),
                    Output,
                    output
                  )
                : Effect.flatMap(Peer, (address) => {
                    const role = roleOf({ address, listener: server.address, certificate: undefined })
                    return role === "control" || role === "admin"
                      ? handler(socket)
                      : output.note(`katcp: refused a file for port ${port}: it needs the role control (see --access)`)
                  })
            )
        }))
    })
  })

/** `katcp casper fake`. */
export const fake = Command.make(
  "fake",
  {
    words: flags.words("DESIGN.fpg", "The design in the FPGA; without a file it is not programmed"),
    listen: flags.listen("7147"),
    profile: common.profile,
    upload: Flag.Literals("upload", ["refused", "cut", "broken", "silent", "dropped"]).pipe(
      Flag.withDescription("Make uploads fail in this way; default: uploads succeed"),
      Flag.optional
    ),
    fail: Flag.String("fail").pipe(
      Flag.withMetavar("REQUEST=REASON"),
      Flag.withDescription(
        "A request that fails, and the reason; use hang for no answer, drop for a closed connection"
      ),
      Flag.atLeast(0)
    ),
    access: flags.access,
    json: flags.json
  },
  Effect.fnUntraced(function* (input) {
    yield* (yield* Ending).isService
    const output = yield* Output
    const [file, ...more] = input.words
    if (more.length > 0) return yield* cannotRun(`too many arguments: ${more.join(" ")}; expected one design`)
    const design =
      file === undefined
        ? undefined
        : yield* Effect.mapError(CasperNode.file(file), ({ message }) => cannotRun(message))
    const requests: Record<string, string> = {}
    for (const text of input.fail) {
      const [, request, reason] = /^\??([A-Za-z][A-Za-z0-9-]*)=(.+)$/.exec(text) ?? []
      if (request === undefined || reason === undefined)
        return yield* cannotRun(
          `--fail ${JSON.stringify(text)}: write REQUEST=REASON, like read=the bus does not answer`
        )
      requests[request] = reason
    }
    const { host, port } = yield* placeOf(input.listen)
    const network = yield* guarded(input.access, port)
    const faults = { requests, ...(Option.isSome(input.upload) ? { upload: input.upload.value } : {}) }
    const board = yield* Casper.fake({ design, profile: input.profile, host, port, faults }).pipe(
      Effect.provideService(Casper.Network, network),
      Effect.mapError((error) => cannotRun(`cannot listen at ${input.listen}: ${causeOf(error)}`))
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
    { command: "katcp casper fake design.fpg --listen 7447", description: "A board with this design" },
    { command: "katcp casper fake --upload broken", description: "One that cannot be programmed" },
    { command: "katcp casper fake --listen 0.0.0.0:7147 --access all=read", description: "One that others may read" }
  ])
)
