/** Archives devices until it ends. */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import type * as Command from "effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as References from "effect/References"
import { Archive, type Keep, layer as layerArchive, Store } from "../../../Archive/index.ts"
import { layerSpill } from "../../../Archive/node/index.ts"
import { Site } from "../../../Site/index.ts"
import { Ending } from "../../Ending.ts"
import { cannotRun, type Failure } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { devicesArgument, devicesIn } from "../../reach/devices.ts"
import { explainStore, storeFlag, storeOf } from "../../reach/store.ts"
import { logAsNotes } from "../../show/logAsNotes.ts"
import { Output } from "../../show/Output.ts"
import { timeText, zoneOf } from "../../show/time.ts"
import { visible } from "../../show/visible.ts"

export const config = {
  devices: devicesArgument("in the archive"),
  sensors: flags.several(
    "sensors",
    "DEVICE/SENSOR",
    "The sensors to record: names, globs ('*/rx.*') or /expressions/; default: all"
  ),
  store: storeFlag,
  keepRaw: flags.optional("keep-raw", "7d", "How long readings are kept; default: forever"),
  keepMinute: flags.optional(
    "keep-minute",
    "1000d",
    "How long minutes are kept: count, minimum, maximum, mean; default: forever"
  ),
  keepBytes: flags.optional("keep-bytes", "20GB", "The size above which the oldest are dropped; default: no limit"),
  buffer: flags.optional(
    "buffer",
    "64MB",
    "The size of readings that wait in memory while the store is not writable; default: 64 MiB"
  ),
  spill: flags.optional("spill", "FOLDER", "A folder on disk for further ones; default: they are lost and counted"),
  spillBytes: flags.optional("spill-bytes", "4GB", "The size above which the folder is full; default: 1 GiB"),
  every: flags.duration("report", "The interval of progress lines; default: 1min"),
  ...flags.dialling,
  utc: flags.utc
}

type Input = Command.Command.Config.Infer<typeof config>

export const handler = Effect.fnUntraced(function* (input: Input) {
  yield* (yield* Ending).isService
  const output = yield* Output
  const devices = yield* devicesIn(input, input.devices)
  const sensors = input.sensors.length === 0 ? ["*"] : input.sensors
  const keep = yield* keepOf(input)
  const buffer = yield* bytesOf("buffer", input.buffer)
  const spillBytes = yield* bytesOf("spill-bytes", input.spillBytes)
  const folder = Option.getOrUndefined(input.spill)
  if (folder === undefined && spillBytes !== undefined)
    return yield* cannotRun("--spill-bytes needs a folder: name it with --spill FOLDER")
  const store = yield* storeOf(input.store, { readOnly: false, waits: folder !== undefined })
  const zone = zoneOf(input)
  const names = Object.keys(devices)
  return yield* Effect.gen(function* () {
    const archive = yield* Archive
    const { address } = yield* Store
    yield* output.note(`katcp: archiving ${names.join(", ")} in ${address}; ctrl-C ends it`)
    for (;;) {
      yield* Effect.sleep(Option.getOrElse(input.every, () => 60_000))
      const health = (yield* archive.writer)!
      const state = yield* Effect.option(archive.state)
      const now = timeText((yield* Clock.currentTimeMillis) / 1000, zone)
      const size = Option.match(state, {
        onNone: () => "",
        onSome: ({ bytes }) => `; ${ByteSize.format(ByteSize.bytes(Math.round(bytes)))}`
      })
      const waiting = `${health.waiting} waiting${health.spilled > 0 ? ` (${health.spilled} of them in ${folder})` : ""}`
      yield* output.line(
        `${now} ${health.written} readings written, ${waiting}, ${health.lost} lost${size}${health.ok ? "" : `; ${visible(health.error!)}`}`
      )
    }
  }).pipe(
    Effect.provide(
      layerArchive({ keep, sensors, buffer }).pipe(
        Layer.provideMerge(store),
        Layer.provide(Site.layer({ devices })),
        Layer.provide(folder === undefined ? Layer.empty : layerSpill(folder, { bytes: spillBytes })),
        Layer.provideMerge(logAsNotes)
      )
    ),
    Effect.provideService(References.MinimumLogLevel, "Info"),
    Effect.catchTags({
      QueryRefused: (error) => explainStore(error),
      StoreFailed: (error) => explainStore(error),
      SpillFailed: ({ message }) => cannotRun(message),
      DeviceRefused: ({ message }) => cannotRun(message)
    })
  )
})

const keepOf = (input: Input): Effect.Effect<Keep, Failure> =>
  Effect.gen(function* () {
    const raw = yield* durationOf("keep-raw", input.keepRaw)
    const minute = yield* durationOf("keep-minute", input.keepMinute)
    const bytes = yield* bytesOf("keep-bytes", input.keepBytes)
    if (raw !== undefined && raw < 600_000) return yield* cannotRun("--keep-raw must be at least 10 minutes")
    if (minute !== undefined && minute < (raw ?? Number.POSITIVE_INFINITY))
      return yield* cannotRun("--keep-minute must be at least as long as --keep-raw")
    return {
      ...(raw === undefined ? {} : { raw }),
      ...(minute === undefined ? {} : { minute }),
      ...(bytes === undefined ? {} : { bytes })
    }
  })

const bytesOf = (flag: string, given: Option.Option<string>): Effect.Effect<ByteSize.ByteSize | undefined, Failure> => {
  if (Option.isNone(given)) return Effect.undefined
  const bytes = Option.getOrUndefined(ByteSize.fromString(given.value))
  return bytes === undefined
    ? Effect.fail(cannotRun(`--${flag}: ${JSON.stringify(given.value)} is not a size: write 20GB or 500MiB`))
    : Effect.succeed(bytes)
}

const lengths: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

const durationOf = (flag: string, given: Option.Option<string>): Effect.Effect<number | undefined, Failure> => {
  if (Option.isNone(given)) return Effect.undefined
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(min|h|d|w)$/.exec(given.value) ?? []
  return number === undefined
    ? Effect.fail(cannotRun(`--${flag}: ${JSON.stringify(given.value)} is not a time: write 30min, 12h, 7d or 4w`))
    : Effect.succeed(Duration.toMillis(Duration.millis(Number(number) * lengths[unit!]!)))
}
