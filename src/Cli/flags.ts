/** Flags that several commands have. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"

/** One JSON object a line instead of text for people. */
export const json = Flag.Boolean("json").pipe(
  Flag.withAlias("j"),
  Flag.withDescription("One JSON object a line"),
  Flag.withDefault(false)
)

/** The forms in which rows are printed for programs. */
export const forms = {
  json,
  csv: Flag.Boolean("csv").pipe(
    Flag.withDescription("Comma-separated values with a line of column names first"),
    Flag.withDefault(false)
  ),
  format: Flag.String("format").pipe(
    Flag.withAlias("f"),
    Flag.withMetavar("TEMPLATE"),
    Flag.withDescription("A line of your own: '{name} {value}', with width and precision '{name:<20} {value:>10.3}'"),
    Flag.optional
  )
}

/** The zone of the times that are shown. */
export const utc = Flag.Boolean("utc").pipe(
  Flag.withDescription("Times in UTC; by default in the time zone of this machine, or of TZ"),
  Flag.withDefault(false)
)

/** Both times of readings. */
export const times = Flag.Boolean("times").pipe(
  Flag.withDescription("Show when each reading was made, by the clock of the device, and when it was received here"),
  Flag.withDefault(false)
)

/** How long a request may take. */
export const timeout = Flag.Finite("timeout").pipe(
  Flag.withAlias("t"),
  Flag.withMetavar("SECONDS"),
  Flag.withDescription("How long each request may take; by default what the device says, else 5"),
  Flag.filter(
    (seconds) => seconds > 0,
    (seconds) => `"${seconds}" is no time to wait: write seconds, 5 or 0.5`
  ),
  Flag.optional
)

/** What the device speaks, where it does not say. */
const protocol = Flag.String("protocol").pipe(
  Flag.withMetavar("5.1-BIMT"),
  Flag.withDescription("What the device speaks, where it does not say so itself"),
  Flag.optional
)

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** Where the names of devices come from, and what is trusted and shown over TLS. */
export const dialling = {
  site: text("site", "FILE", "The site file whose devices may be named; by default KATCP_SITE, else your katcp.yaml"),
  ca: text(
    "ca",
    "FILE",
    "For katcps:// and wss://: the authorities that the device's certificate may be signed by, in PEM"
  ),
  cert: text("cert", "FILE", "For katcps:// and wss://: the certificate that the device asks for, in PEM"),
  key: text("key", "FILE", "The private key of --cert, unless it stands in the same file"),
  serverName: text(
    "server-name",
    "NAME",
    "The name that the device's certificate is for, if it is not that of the host"
  )
}

/** How a device is reached, and how long its answers may take. */
export const reaching = { timeout, protocol, ...dialling }

/** How a command that goes on and on notices that the device is gone, and how soon it connects again. */
export const reconnecting = {
  alive: Flag.Finite("alive").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription(
      "How long the device may be silent before it is asked whether it is there; 0 is never, 10 by default"
    ),
    Flag.filter(
      (seconds) => seconds >= 0,
      (seconds) => `"${seconds}" is no time to wait: write seconds, 10 or 0.5, or 0 for never`
    ),
    Flag.optional
  ),
  reconnectMax: Flag.Finite("reconnect-max").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("The longest wait before it connects again; 60 by default"),
    Flag.filter(
      (seconds) => seconds > 0,
      (seconds) => `"${seconds}" is no time to wait: write seconds, 60 or 0.5`
    ),
    Flag.optional
  )
}

/** A time: seconds, or with a unit: `500ms`, `10s`, `5min`, `2h`. In milliseconds. */
export const duration = (name: string, description: string, alias?: string) => {
  const flag = Flag.String(name).pipe(
    Flag.withMetavar("10s"),
    Flag.withDescription(description),
    Flag.filterMap(millisecondsOf, (text) => `${JSON.stringify(text)} is no time: write 500ms, 10s, 5min or 2h`)
  )
  return (alias === undefined ? flag : Flag.withAlias(flag, alias)).pipe(Flag.optional)
}

const units: ReadonlyMap<string, number> = new Map([
  ["", 1000],
  ["ms", 1],
  ["s", 1000],
  ["min", 60000],
  ["m", 60000],
  ["h", 3600000]
])

const millisecondsOf = (text: string): Option.Option<number> => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text) ?? []
  const factor = units.get(unit ?? "?")
  return number === undefined || factor === undefined ? Option.none() : Option.some(Number(number) * factor)
}

const severities = ["fatal", "error", "warn", "info", "debug", "trace"] as const

/** How grave a record of a log is. */
export const severity = (name: string, description: string, otherwise: (typeof severities)[number], alias?: string) => {
  const flag = Flag.Literals(name, severities).pipe(Flag.withDescription(description))
  return (alias === undefined ? flag : Flag.withAlias(flag, alias)).pipe(Flag.withDefault(otherwise))
}

/** Who logs. */
export const subsystem = Flag.String("subsystem").pipe(
  Flag.withAlias("s"),
  Flag.withDescription("Who logs; by default KATCP_LABEL, else root"),
  Flag.optional
)

/** What is spoken by the device that relays `#log` lines. */
export const logProtocol = Flag.String("protocol").pipe(
  Flag.withMetavar("4.0"),
  Flag.withDescription(
    "What the device speaks that relays the lines; version 4 has times in milliseconds. By default KATCP_PROTOCOL, else 5.1"
  ),
  Flag.optional
)

/** What targets are. */
export const targets =
  "The device and its sensors (dish-7 rx.temp 'rx.*' /temp/), or sensors of devices of the site file: m000/rx.temp, 'm0*/rx.*', /regular expression/"

/** The words of the command: HOST first, unless KATCP_SERVER is set. */
export const words = (name: string, description: string) =>
  Argument.String(name).pipe(Argument.withDescription(description), Argument.variadic())

/** Who may do what at a listener of the command. */
export const access = Flag.String("access").pipe(
  Flag.withMetavar("NETWORK=ROLE"),
  Flag.withDescription(
    "Who may do what: none, read, control or admin, like 10.0.0.0/8=read or all=none; the first that fits. By default this machine admin, all others control"
  ),
  Flag.atLeast(0)
)
