/** Runs a site file. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SiteFile } from "../../Serve/index.ts"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { Output } from "../show/Output.ts"
import { toStandardError } from "../show/toStandardError.ts"
import { check } from "./serve/check.ts"
import { runFile } from "./serve/runFile.ts"

const config = {
  words: flags.words("FILE", "The site file: YAML, TOML or JSON, by its extension"),
  check: Flag.Boolean("check").pipe(
    Flag.withDescription(
      "Check the file, and show the matches of its rules at the devices that answer; serves nothing"
    ),
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
  if (file === undefined) return yield* cannotRun("name a file: katcp serve site.yaml")
  if (more.length > 0) return yield* cannotRun(`too many arguments: ${more.join(" ")}; expected one file`)
  if (input.check) return yield* check(file, input)
  return yield* runFile(file, input.json)
}, Effect.scoped)

/** `katcp serve`. */
export const serve = Command.make("serve", config, (input: Input) =>
  Effect.provide(handler(input), toStandardError)
).pipe(
  Command.withDescription("Run a site file: connect to its devices, and serve them; changes of the file are applied"),
  Command.withExamples([
    { command: "katcp serve site.yaml", description: "Until SIGTERM; SIGHUP reloads the file" },
    { command: "katcp serve --check site.yaml", description: "Its mistakes, and the matches of its rules" },
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
