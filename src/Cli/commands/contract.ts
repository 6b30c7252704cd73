/** The contracts of devices, and the changes between two. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { ContractDescription, compare, formatChange, isBreaking, toTypeScript } from "../../Interface/index.ts"
import { cannotRun, Exited, exitCodes } from "../Failure.ts"
import * as flags from "../flags.ts"
import { connect, type Reaching } from "../reach/connect.ts"
import { contractOf, importedBy } from "../reach/contract.ts"
import type { Host } from "../reach/host.ts"
import { hostNamed, hostOf } from "../reach/targets.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"

const config = {
  words: flags.words("HOST | diff A B", "The device to read; or diff, and two contracts: files or devices"),
  typescript: Flag.Boolean("typescript").pipe(
    Flag.withDescription("Print a TypeScript module instead of JSON"),
    Flag.withDefault(false)
  ),
  ...flags.reaching,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const output = yield* Output
  const [first, one, other, ...more] = input.words
  if (first === "diff") {
    if (one === undefined || other === undefined || more.length > 0)
      return yield* cannotRun("name two contracts: katcp contract diff A B, each a file or a device")
    const changes = compare(yield* load(one, input), yield* load(other, input))
    for (const change of changes)
      yield* input.json
        ? output.json(change)
        : output.line(output.paint(isBreaking(change) ? "red" : "green", visible(formatChange(change))))
    if (changes.some(isBreaking)) return yield* new Exited({ code: exitCodes.refused })
    return
  }
  const { host, rest } = yield* hostOf(input, input.words)
  if (rest.length > 0) return yield* cannotRun(`too many arguments: ${rest.join(" ")}; expected one device`)
  const description = yield* imported(host, input)
  if (input.typescript) return yield* output.raw(toTypeScript(description))
  const encoded = yield* Effect.orDie(Schema.encodeEffect(ContractDescription)(description))
  yield* input.json ? output.json(encoded) : output.line(JSON.stringify(encoded, undefined, 2))
}, Effect.scoped)

/** `katcp contract`. */
export const contract = Command.make("contract", config, handler).pipe(
  Command.withDescription(
    "Print the contract of a device, or the changes between two; exit code 1 if they break clients"
  ),
  Command.withExamples([
    { command: "katcp contract dish-7 > dish.json", description: "Save it" },
    { command: "katcp contract dish-7 --typescript > dish.ts", description: "Use it in a program" },
    { command: "katcp contract diff dish.json dish-7", description: "Compare it with the device" }
  ])
)

/** Returns the contract of a device. */
const imported = (host: Host, reaching: Reaching) =>
  Effect.flatMap(connect(host, reaching), (client) => importedBy(client, host))

/** Returns the contract in a file, if there is one of that name, otherwise that of a device. */
const load = (what: string, reaching: Reaching) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    if (yield* Effect.orElseSucceed(files.exists(what), () => false)) return yield* contractOf(what)
    if (!what.includes(":") && /[/\\]|\.json$/.test(what)) return yield* cannotRun(`there is no file ${what}`)
    return yield* imported(yield* hostNamed(reaching, what), reaching)
  })
