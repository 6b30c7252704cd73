import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { SiteDevice, SiteShape } from "../Site/index.ts"

/** The sensor with a proxy's id, and those of the proxies behind it. */
export const pathSensor = "proxy.path"

/** The number of ids in a path. Not measured: chains of proxies are three deep, and no site has as many behind it. */
const maxIds = 1000

/**
 * Detects loops. Each proxy serves its id and the ids of the proxies behind it in {@link pathSensor}. A proxy that
 * finds its own id in the path of a device would serve its own sensors to itself: it closes that link.
 */
export class PathOfProxies {
  readonly id: string
  /** The devices whose link was closed, each with its path. */
  readonly loops = new Map<string, string>()
  private readonly site: SiteShape
  private readonly onChange: () => void
  private readonly paths = new Map<string, ReadonlyArray<string>>()

  constructor(id: string, site: SiteShape, onChange: () => void) {
    this.id = id
    this.site = site
    this.onChange = onChange
  }

  /** The own id, then those behind it. */
  get value(): string {
    const ids = new Set([this.id])
    for (const path of this.paths.values()) for (const id of path) if (ids.size < maxIds) ids.add(id)
    return [...ids].join(" ")
  }

  /** Watches the path of a device while it runs. A device that is not a proxy has no path. */
  readonly watch = ({ client, name, through }: SiteDevice): Effect.Effect<void> => {
    const path =
      through !== undefined || client.watch === undefined
        ? Effect.andThen(this.take(name, through ?? ""), Effect.never)
        : Stream.runForEach(
            client.watch((sensor) => sensor === pathSensor),
            (event) => (event._tag === "Reading" ? this.take(name, String(event.reading.value)) : Effect.void)
          )
    return path.pipe(Effect.ignore, Effect.ensuring(Effect.sync(() => this.paths.delete(name))))
  }

  private take(device: string, text: string): Effect.Effect<void> {
    const path = text
      .split(" ")
      .filter((id) => id !== "")
      .slice(0, maxIds)
    this.paths.set(device, path)
    if (!path.includes(this.id)) return Effect.sync(this.onChange)
    this.paths.delete(device)
    this.loops.set(device, text)
    return Effect.gen({ self: this as PathOfProxies }, function* () {
      yield* Effect.logError(
        `loop: ${device} is a proxy that leads back to this one (its ${pathSensor} is "${text}"); the link to it is closed`
      )
      // removing the device interrupts this fiber with its client
      yield* Effect.forkDetach(this.site.remove(device))
      this.onChange()
    })
  }
}
