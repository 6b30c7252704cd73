import * as Schema from "effect/Schema"
import { isLoopback, millisecondsOf, placeToListen, Span } from "../Site/index.ts"

const Place = Schema.Union([Schema.Number, Schema.String]).check(
  Schema.makeFilter(
    (text: string | number) => {
      const place = placeToListen(text)
      return (
        (place !== undefined && place.port !== 0) ||
        "expected an address to listen on: PORT or HOST:PORT, like 10.0.0.1:34431; others cannot dial port 0"
      )
    },
    { description: "PORT or HOST:PORT; a port alone is on this machine only." }
  )
)

/**
 * Returns `true` for the address of a database of PostgreSQL, with host and name.
 *
 * @category sections
 * @since 0.1.0
 */
export const isDatabase = (text: string): boolean => {
  if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(text)) return false
  const { host, pathname, searchParams } = new URL(text)
  return (host !== "" || searchParams.has("host")) && pathname.length > 1
}

/**
 * A time between two limits, in milliseconds. Shorter ones would keep runners and database busy with themselves, longer
 * ones are mistakes.
 */
const Time = (least: number) =>
  Span.check(
    Schema.makeFilter((span: string | number) => {
      const time = millisecondsOf(span)
      return (
        time === undefined ||
        (time >= least && time <= longest) ||
        `expected at least ${least / 1000} s, and at most 1 h`
      )
    })
  )

/** The longest time of a fleet. Not measured: an hour without a heartbeat is a dead runner to everyone. */
const longest = 3_600_000

/** Any address of the machine, which others cannot dial. */
const isAny = (host: string): boolean => host === "0.0.0.0" || host === "::"

/**
 * The Schema of the section `fleet` of a site file: this process is a runner of a fleet.
 *
 * @category sections
 * @since 0.1.0
 */
export const FleetSection = Schema.Struct({
  database: Schema.optional(
    Schema.String.check(
      Schema.makeFilter((text: string) => isDatabase(text) || "expected postgres://USER@HOST/DATABASE")
    ).annotate({
      description: "The PostgreSQL database that the runners share. Without it: a fleet of one process."
    })
  ),
  name: Schema.optional(
    Schema.String.check(
      Schema.makeFilter(
        (text: string) =>
          /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(text) ||
          "expected the name of a runner: a letter, then letters, digits and -, at most 64 in all"
      )
    ).annotate({ description: "The name of this runner, unique in the fleet. Default: that of the machine." })
  ),
  listen: Schema.optional(Place.annotate({ description: "The address of the cluster. Default 127.0.0.1:34431." })),
  link: Schema.optional(
    Place.annotate({
      description:
        "The address that serves this runner's devices to the other runners. Default: 100 ports above listen."
    })
  ),
  host: Schema.optional(
    Schema.String.annotate({
      description: "The host that other runners dial. Default: that of listen and of link."
    })
  ),
  token: Schema.optional(
    Schema.String.check(
      Schema.makeFilter((text: string) => text.length >= 16 || "expected at least 16 characters")
    ).annotate({
      description:
        "The token that all runners share: at least 16 characters. A reference to a variable of the environment keeps it out of the file."
    })
  ),
  tls: Schema.optional(
    Schema.Struct({
      ca: Schema.String,
      cert: Schema.String,
      key: Schema.String,
      serverName: Schema.optional(Schema.String)
    }).annotate({
      description:
        "TLS between runners, with certificates on both ends: files in PEM, relative to this file, and the name that the certificates are for."
    })
  ),
  insecure: Schema.optional(
    Schema.Boolean.annotate({
      description: "Required to listen on another address than loopback with neither token nor tls."
    })
  ),
  shards: Schema.optional(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })).annotate({
      description: "The number of shards, the same for all runners. Default 300."
    })
  ),
  lockExpiration: Schema.optional(
    Time(1000).annotate({
      description:
        "The time without a heartbeat after which a runner loses its devices. Default 10s. A runner that has written no heartbeat for half of it gives its devices up."
    })
  ),
  lockRefresh: Schema.optional(Time(100).annotate({ description: "The interval of heartbeats. Default 2s." })),
  refresh: Schema.optional(
    Time(100).annotate({ description: "The interval of reading the wanted devices and the other runners. Default 1s." })
  ),
  joinDebounce: Schema.optional(
    Time(0).annotate({
      description: "The time without changes of the runners before a new one gets devices. Default 2s."
    })
  )
}).check(
  Schema.makeFilter(
    (section: {
      readonly listen?: string | number | undefined
      readonly link?: string | number | undefined
      readonly host?: string | undefined
      readonly token?: unknown
      readonly tls?: unknown
      readonly insecure?: boolean | undefined
      readonly lockExpiration?: string | number | undefined
      readonly lockRefresh?: string | number | undefined
    }) => {
      const [expiration, heartbeat] = [section.lockExpiration ?? "10s", section.lockRefresh ?? "2s"]
      if ((millisecondsOf(expiration) ?? 0) < 3 * (millisecondsOf(heartbeat) ?? 0))
        return {
          path: ["lockExpiration"],
          issue: `expected at least three times lockRefresh, which is ${heartbeat}: a runner would lose its devices while it lives`
        }
      for (const key of ["listen", "link"] as const) {
        const { host } = placeToListen(section[key] ?? 1) ?? { host: "127.0.0.1" }
        if (isAny(host) && section.host === undefined)
          return {
            path: [key],
            issue: `other runners cannot dial ${host}; set the host that they dial: host: r1.example`
          }
        if (!isLoopback(host) && section.token === undefined && section.tls === undefined && section.insecure !== true)
          return {
            path: [key],
            issue: `${host} can be reached from other machines; set token or tls, or write insecure: true, or listen on 127.0.0.1`
          }
      }
      return true
    }
  )
)

/**
 * The section `fleet` of a site file.
 *
 * @category sections
 * @since 0.1.0
 */
export type FleetSection = typeof FleetSection.Type

/**
 * The addresses of a runner: for listening, and for other runners to dial.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerPlaces {
  readonly listen: { readonly host: string; readonly port: number }
  readonly link: { readonly host: string; readonly port: number }
  /** `HOST:PORT` of the cluster, for other runners. */
  readonly cluster: string
  /** `HOST:PORT` of the link, for other runners. */
  readonly linkAt: string
}

/**
 * Returns the addresses of a section.
 *
 * @category getters
 * @since 0.1.0
 */
export const placesOf = (section: Pick<FleetSection, "host" | "link" | "listen">): RunnerPlaces => {
  const listen = placeToListen(section.listen ?? 34_431)!
  const link =
    section.link === undefined ? { host: listen.host, port: listen.port + 100 } : placeToListen(section.link)!
  const at = (place: { readonly host: string; readonly port: number }) => {
    const host = section.host ?? place.host
    return `${host.includes(":") ? `[${host}]` : host}:${place.port}`
  }
  return { listen, link, cluster: at(listen), linkAt: at(link) }
}
