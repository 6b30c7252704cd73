/** Runs what a site file says. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import { errorText } from "../../Message/index.ts"
import { SiteFile, SiteFileError, serveSite } from "../../Serve/index.ts"
import { Ending } from "../Ending.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import * as flags from "../flags.ts"
import { Output } from "../show/Output.ts"
import { toStandardError } from "../show/toStandardError.ts"
import { check } from "./serve/check.ts"

const config = {
  words: flags.words("FILE", "The site file: YAML, TOML or JSON, by the ending of its name"),
  check: Flag.Boolean("check").pipe(
    Flag.withDescription("Check the file, and show what its rules match at the devices that answer; serves nothing"),
    Flag.withDefault(false)
  ),
  schema: Flag.Boolean("schema").pipe(
    Flag.withDescription("Print the JSON Schema of site files, for editors"),
    Flag.withDefault(false)
  ),
  timeout: flags.timeout,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const output = yield* Output
  if (input.schema) return yield* output.line(JSON.stringify(schema(), undefined, 2))
  const [file, ...more] = input.words
  if (file === undefined) return yield* cannotRun("say which file: katcp serve site.yaml")
  if (more.length > 0) return yield* cannotRun(`one file only: ${more.join(" ")} is too much`)
  if (input.check) return yield* check(file, input)
  const ending = yield* Ending
  yield* ending.isService
  const hangups = yield* Queue.sliding<void>(1)
  yield* ending.onHangup(() => {
    Queue.offerUnsafe(hangups, undefined)
  })
  const running = yield* Effect.mapError(serveSite(file), explain)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Queue.take(hangups), running.reload)))
  const url = running.url()
  const devices = running.site.devices.size
  yield* input.json
    ? output.json({ event: "serving", file, devices, ...(url === undefined ? {} : { url }) })
    : output.note(
        `katcp: serving ${file}: ${devices} ${devices === 1 ? "device" : "devices"}${url === undefined ? "" : `; ${url}/healthz`}`
      )
  yield* output.flush
  yield* ending.serves
  return yield* Effect.never
}, Effect.scoped)

/** `katcp serve`. */
export const serve = Command.make("serve", config, (input: Input) =>
  Effect.provide(handler(input), toStandardError)
).pipe(
  Command.withDescription(
    "Run what a site file says: its devices, and what is served of them; goes along when the file changes"
  ),
  Command.withExamples([
    { command: "katcp serve site.yaml", description: "Until SIGTERM; SIGHUP reads the file again" },
    { command: "katcp serve --check site.yaml", description: "What is wrong with it, and what its rules match" },
    { command: "katcp serve --schema > site.schema.json", description: "For an editor" }
  ])
)

const schema = () => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(SiteFile, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Site file of katcp",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
}

const explain = (error: unknown): Failure => {
  if (!(error instanceof SiteFileError)) return cannotRun(errorText(error))
  const [first = "", ...more] = error.lines
  return cannotRun(first, more)
}
