/** What a host tells of itself: its load, its memory, a disk, and the temperatures that its hardware measures. */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as path from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/** The host does not tell something. */
export class HostError extends Schema.TaggedError<HostError>("examples/HostError")("HostError", {
  message: Schema.String
}) {}

/** A temperature that the hardware measures. */
export interface Probe {
  /** As a sensor is called: `temp.k10temp.1`. */
  readonly name: string
  readonly doc: string
  /** In degrees Celsius. */
  readonly read: Effect.Effect<number, HostError>
}

/** The host that the sensors are of. A test has one of its own. */
export class Host extends Context.Service<
  Host,
  {
    /** The load averages of 1, 5 and 15 minutes. */
    readonly load: Effect.Effect<readonly [number, number, number]>
    /** The memory that programs can still have, in bytes. */
    readonly freeMemory: Effect.Effect<number>
    /** The size of the disk and what ordinary users can still have of it, in bytes. */
    readonly disk: Effect.Effect<{ readonly size: number; readonly free: number }, HostError>
    /** The temperatures that there are. */
    readonly probes: Effect.Effect<ReadonlyArray<Probe>>
  }
>()("examples/Host") {
  /** This host, and the disk that holds a folder. `hardware` is where Linux shows what the hardware measures. */
  static readonly layer = (folder = "/", hardware = "/sys/class/hwmon") =>
    Layer.succeed(Host, {
      load: Effect.sync(() => {
        const [one = 0, five = 0, fifteen = 0] = Os.loadavg()
        return [one, five, fifteen] as const
      }),
      freeMemory: Effect.sync(() => process.availableMemory()),
      disk: Effect.map(
        promised(() => Fs.statfs(folder)),
        ({ bavail, blocks, bsize }) => ({
          size: blocks * bsize,
          free: bavail * bsize
        })
      ),
      // a host without such hardware has none
      probes: Effect.orElseSucceed(probesIn(hardware), () => [])
    })
}

const promised = <A>(read: () => Promise<A>): Effect.Effect<A, HostError> =>
  Effect.tryPromise({ try: read, catch: (error) => new HostError({ message: String(error) }) })

/** The probes of Linux: a folder for each chip, with its name, and a file with the thousandths of degrees of each input. */
const probesIn = (hardware: string) =>
  promised(async () => {
    const probes: Array<Probe> = []
    for (const chip of (await Fs.readdir(hardware)).sort()) {
      const folder = path.join(hardware, chip)
      const chipName = (await Fs.readFile(path.join(folder, "name"), "utf8")).trim()
      for (const file of (await Fs.readdir(folder)).sort()) {
        const [, input] = /^temp(\d+)_input$/.exec(file) ?? []
        if (input === undefined) continue
        const read = promised(async () => Number(await Fs.readFile(path.join(folder, file), "utf8")) / 1000)
        // two chips of one kind have the same name
        const name = `temp.${chip}.${input}`
        probes.push({ name, doc: `Temperature ${input} of ${chipName}`, read })
      }
    }
    return probes
  })
