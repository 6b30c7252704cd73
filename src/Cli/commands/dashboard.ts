/** Shows devices in a web browser. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as References from "effect/References"
import { Archive, layer as layerArchive } from "../../Archive/index.ts"
import { pageFiles } from "../../Dashboard/node/index.ts"
import { Gateway } from "../../Gateway/index.ts"
import { causeOf } from "../../Message/index.ts"
import { Http, Site } from "../../Site/index.ts"
import { listenHttp } from "../../Site/node/index.ts"
import { Ending } from "../Ending.ts"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { devicesArgument, devicesIn } from "../reach/devices.ts"
import { allowOf, httpFlags } from "../reach/httpFlags.ts"
import { placeOf } from "../reach/listen.ts"
import { reachable } from "../reach/reachable.ts"
import { explainStore, storeOf } from "../reach/store.ts"
import { logAsNotes } from "../show/logAsNotes.ts"
import { Output } from "../show/Output.ts"

const config = {
  devices: devicesArgument("on the page"),
  listen: flags.listenAt("8147, or a free port if that is taken").pipe(Flag.optional),
  store: flags.optional(
    "store",
    "sqlite:FILE",
    "The store of history: sqlite:FILE or postgres://USER@HOST/DATABASE; default: a temporary file"
  ),
  ...httpFlags,
  open: flags.on("open", "Open the page in a browser"),
  ...flags.dialling,
  json: flags.json
}

type Input = Command.Command.Config.Infer<typeof config>

/** A code: the port of KATCP, 7147, and a thousand. */
const usualPort = 8147

const handler = Effect.fnUntraced(
  function* (input: Input) {
    const output = yield* Output
    const devices = yield* devicesIn(input, input.devices)
    const names = Object.keys(devices)
    const requests = yield* allowOf(input.allow)
    const page = yield* Effect.try({ try: pageFiles, catch: (error) => cannotRun(causeOf(error)) })
    const ending = yield* Ending
    yield* ending.isService
    const store = yield* storeOf(Option.some(Option.getOrElse(input.store, () => "") || (yield* temporaryStore)), {
      readOnly: false
    })
    const site = Site.layer({ devices })
    const archive = layerArchive().pipe(Layer.provide(Layer.merge(store, site)))
    const parts = Layer.mergeAll(site, archive, Http.layer)
    const services = yield* Layer.build(parts)
    return yield* Effect.gen(function* () {
      const history = yield* Archive
      yield* Layer.build(Gateway.layer({ requests, page, history: Effect.succeed(history) }))
      const url = reachable(yield* listening(input))
      yield* input.json
        ? output.json({ event: "listening", url, devices: names })
        : output.line(`dashboard of ${names.join(", ")} at ${url}`)
      yield* output.flush
      if (input.open && !openInBrowser(url)) yield* output.note(`katcp: there is no program to open ${url}`)
      yield* ending.serves
      return yield* Effect.never
    }).pipe(Effect.provideContext(services))
  },
  Effect.provide(logAsNotes),
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  Effect.scoped,
  Effect.catchTags({
    QueryRefused: (error) => explainStore(error),
    StoreFailed: (error) => explainStore(error),
    DeviceRefused: ({ message }) => cannotRun(message),
    ListenFailed: ({ message }) => cannotRun(message)
  })
)

/** `katcp dashboard`. */
export const dashboard = Command.make("dashboard", config, handler).pipe(
  Command.withDescription("Show devices in a browser: live, with their history, their log and their requests"),
  Command.withExamples([
    { command: "katcp dashboard 127.0.0.1:7147 --open", description: "One device, opened in a browser" },
    {
      command: "katcp dashboard m000=10.0.0.1 m001=10.0.0.2 --store sqlite:site.db --allow '*/track'",
      description: "Two devices, with a permanent history and one allowed request"
    },
    { command: "katcp dashboard site.yaml", description: "All devices of a site file" }
  ])
)

/** Listens on the address of the flag. Without the flag, it takes another port if the usual one is taken. */
const listening = (input: Input) =>
  Effect.gen(function* () {
    const { host, port } = yield* placeOf(Option.getOrElse(input.listen, () => String(usualPort)))
    const options = {
      host,
      insecure: input.insecure,
      ...Option.match(input.tokens, { onNone: () => ({}), onSome: (tokens) => ({ tokens }) })
    }
    const opened = listenHttp({ ...options, port })
    return yield* Option.isSome(input.listen)
      ? opened
      : Effect.catchTag(opened, "ListenFailed", () => listenHttp({ ...options, port: 0 }))
  })

/** A store in a temporary folder, which is removed when the command ends. */
const temporaryStore = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(path.join(tmpdir(), "katcp-dashboard-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder) => `sqlite:${path.join(folder, "history.db")}`
)

/** Programs that open an address, by platform. */
const openers: Readonly<Record<string, readonly [string, ...ReadonlyArray<string>]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
  linux: ["xdg-open"]
}

/** Opens an address in the user's web browser. Returns `false` if there is no such program. */
const openInBrowser = (url: string): boolean => {
  const [program, ...args] = openers[process.platform] ?? []
  if (program === undefined) return false
  // a browser that does not start is not an error: the terminal shows the address
  execFile(program, [...args, url], () => {})
  return true
}
