/** The contracts of devices, and what has changed between two. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as Client from "../Client/index.ts"
import { ContractDescription, compare, formatChange, isBreaking, toTypeScript } from "../Interface/index.ts"
import { causeOf } from "../Message/index.ts"
import { Exited, exitCodes, explain, unasked } from "./Failure.ts"
import { connect, hostOf, type Reaching } from "./reach/connect.ts"
import { type Host, parseHost } from "./reach/host.ts"
import { Output } from "./show/Output.ts"
import { visible } from "./show/visible.ts"

interface Input extends Reaching {
  readonly words: ReadonlyArray<string>
  readonly typescript: boolean
  readonly json: boolean
}

/** `katcp contract`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const output = yield* Output
  const [first, one, other, ...more] = input.words
  if (first === "diff") {
    if (one === undefined || other === undefined || more.length > 0)
      return yield* unasked("say which two contracts: katcp contract diff A B, each a file or a device")
    const changes = compare(yield* load(one, input), yield* load(other, input))
    for (const change of changes)
      yield* input.json
        ? output.json(change)
        : output.line(output.paint(isBreaking(change) ? "red" : "green", visible(formatChange(change))))
    if (changes.some(isBreaking)) return yield* new Exited({ code: exitCodes.refused })
    return
  }
  const { host, rest } = yield* hostOf(input.words)
  if (rest.length > 0) return yield* unasked(`one device only: ${rest.join(" ")} is too much`)
  const description = yield* imported(host, input)
  if (input.typescript) return yield* output.raw(toTypeScript(description))
  const encoded = yield* Effect.orDie(Schema.encodeEffect(ContractDescription)(description))
  yield* input.json ? output.json(encoded) : output.line(JSON.stringify(encoded, undefined, 2))
}, Effect.scoped)

/** The contract of a device that is connected to. */
export const importedBy = (client: Client.Client<never, never>, host: Host) =>
  Effect.flatMap(Output, ({ busy }) =>
    busy(
      `reading the contract of ${host.text}`,
      Effect.mapError(Client.importContract(client, { faults: "note" }), (error) => explain(host.text, error))
    )
  )

/** The contract of a device. */
const imported = (host: Host, reaching: Reaching) =>
  Effect.flatMap(connect(host, reaching), (client) => importedBy(client, host))

/** A contract out of a file, where there is one of that name, else of a device. */
const load = (what: string, reaching: Reaching) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    if (yield* Effect.orElseSucceed(files.exists(what), () => false)) return yield* contractOf(what)
    if (/[/\\]|\.json$/.test(what)) return yield* unasked(`there is no file ${what}`)
    return yield* imported(yield* Effect.fromResult(parseHost(what)), reaching)
  })

/** A contract out of a file. */
export const contractOf = (file: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const text = yield* Effect.mapError(files.readFileString(file), (error) =>
      unasked(`cannot read ${file}: ${causeOf(error)}`)
    )
    return yield* Effect.mapError(Schema.decodeEffect(Schema.fromJsonString(ContractDescription))(text), (error) =>
      unasked(`${file} holds no contract: ${error.message.replace(/\s*\n\s*/g, " ")}`)
    )
  })
