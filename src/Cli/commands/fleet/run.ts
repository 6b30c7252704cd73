/** Runs a runner of a fleet. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { loadSite } from "../../../Serve/index.ts"
import { cannotRun } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { toStandardError } from "../../show/toStandardError.ts"
import { runFile } from "../serve/runFile.ts"

const place = (name: string, of: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("HOST:PORT"),
    Flag.withDescription(`The address for this runner, instead of ${of} in the file`),
    Flag.optional
  )

/** `katcp fleet run`. */
export const run = Command.make(
  "run",
  {
    words: flags.words("FILE", "The site file with a section fleet: the same one for all runners"),
    name: Flag.String("name").pipe(
      Flag.withMetavar("r1"),
      Flag.withDescription("The name of this runner, unique in the fleet; default: that of the machine"),
      Flag.optional
    ),
    listen: place("listen", "fleet.listen"),
    link: place("link", "fleet.link"),
    http: place("http", "http.listen"),
    proxy: place("proxy", "proxy.listen"),
    json: flags.json
  },
  (input) =>
    Effect.gen(function* () {
      const [file, ...more] = input.words
      if (file === undefined) return yield* cannotRun("name a file: katcp fleet run site.yaml")
      if (more.length > 0) return yield* cannotRun(`too many arguments: ${more.join(" ")}; expected one file`)
      const site = yield* Effect.result(loadSite(file))
      if (site._tag === "Success" && site.success.fleet === undefined)
        return yield* cannotRun(
          `${file} has no section fleet; write fleet: { database: postgres://… }, or fleet: {} for one process`
        )
      return yield* runFile(file, input.json, {
        name: Option.getOrUndefined(input.name),
        listen: Option.getOrUndefined(input.listen),
        link: Option.getOrUndefined(input.link),
        http: Option.getOrUndefined(input.http),
        proxy: Option.getOrUndefined(input.proxy)
      })
    }).pipe(Effect.scoped, Effect.provide(toStandardError))
).pipe(
  Command.withDescription(
    "Run a runner of a fleet: it holds its share of the devices, and takes over from runners that die"
  ),
  Command.withExamples([
    { command: "katcp fleet run site.yaml", description: "Until SIGTERM, when other runners take the devices" },
    {
      command: "katcp fleet run site.yaml --name r2 --listen 34432 --http 8082",
      description: "A second runner on the same machine"
    }
  ])
)
