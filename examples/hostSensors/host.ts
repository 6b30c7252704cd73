/** The data of a host: its load, its memory, a disk, and the temperatures of its hardware. */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as path from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/** The host does not provide a figure. */
export class HostError extends Schema.TaggedError<HostError>("examples/HostError")("HostError", {
  message: Schema.String
}) {}

/** A temperature probe of the hardware. */
export interface Probe {
  /** The name of its sensor: `temp.k10temp.1`. */
  readonly name: string
  readonly doc: string
  /** In degrees Celsius. */
  readonly read: Effect.Effect<number, HostError>
}

/** The source of the sensors. Tests have their own. */
export class Host extends Context.Service<
  Host,
  {
    /** The load averages of 1, 5 and 15 minutes. */
    readonly load: Effect.Effect<readonly [number, number, number]>
    /** The memory available to programs, in bytes. */
    readonly freeMemory: Effect.Effect<number>
    /** The size of the disk, and the space available to ordinary users, in bytes. */
    readonly disk: Effect.Effect<{ readonly size: number; readonly free: number }, HostError>
    /** The existing temperature probes. */
    readonly probes: Effect.Effect<ReadonlyArray<Probe>>
  }
>()("examples/Host") {
  /** This host, and the disk of a folder. `hardware` is the folder in which Linux shows the hardware's measurements. */
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
      // a host without such hardware has no probes
      probes: Effect.orElseSucceed(probesIn(hardware), () => [])
    })
}

const promised = <A>(read: () => Promise<A>): Effect.Effect<A, HostError> =>
  Effect.tryPromise({ try: read, catch: (error) => new HostError({ message: String(error) }) })

/**
 * Returns the probes of Linux: a folder for each chip, with its name, and a file with the thousandths of degrees of
 * each input.
 */
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
        // two chips of one kind have equal names
        const name = `temp.${chip}.${input}`
        probes.push({ name, doc: `Temperature ${input} of ${chipName}`, read })
      }
    }
    return probes
  })
