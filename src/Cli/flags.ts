/** Flags shared by several commands. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"

/** Prints one JSON object a line instead of text for people. */
export const json = Flag.Boolean("json").pipe(
  Flag.withAlias("j"),
  Flag.withDescription("Print one JSON object a line"),
  Flag.withDefault(false)
)

/** The output forms for programs. */
export const forms = {
  json,
  csv: Flag.Boolean("csv").pipe(
    Flag.withDescription("Print comma-separated values, with column names in the first line"),
    Flag.withDefault(false)
  ),
  format: Flag.String("format").pipe(
    Flag.withAlias("f"),
    Flag.withMetavar("TEMPLATE"),
    Flag.withDescription(
      "Print lines by a template: '{name} {value}', with width and precision '{name:<20} {value:>10.3}'"
    ),
    Flag.optional
  )
}

/** The time zone of the output. */
export const utc = Flag.Boolean("utc").pipe(
  Flag.withDescription("Print times in UTC; default: this machine's time zone, or that of TZ"),
  Flag.withDefault(false)
)

/** Both times of readings. */
export const times = Flag.Boolean("times").pipe(
  Flag.withDescription("Show the time of each reading by the device's clock, and its time of arrival"),
  Flag.withDefault(false)
)

/** The timeout of a request. */
export const timeout = Flag.Finite("timeout").pipe(
  Flag.withAlias("t"),
  Flag.withMetavar("SECONDS"),
  Flag.withDescription("The timeout of each request in seconds; default: the device's hint, otherwise 5"),
  Flag.filter(
    (seconds) => seconds > 0,
    (seconds) => `"${seconds}" is not a timeout: write seconds, 5 or 0.5`
  ),
  Flag.optional
)

/** The protocol of a device that does not announce it. */
const protocol = Flag.String("protocol").pipe(
  Flag.withMetavar("5.1-BIMT"),
  Flag.withDescription("The protocol of the device, if it does not announce it"),
  Flag.optional
)

/** A flag with an optional text. */
export const optional = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** A flag with a text that may be repeated. */
export const several = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(`${description}. May be repeated`),
    Flag.atLeast(0)
  )

/** A flag that is off by default. */
export const on = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** The address that a command listens on; `otherwise` is the default, for people. */
export const listenAt = (otherwise: string) =>
  Flag.String("listen").pipe(
    Flag.withMetavar("PORT"),
    Flag.withDescription(`The address to listen on, PORT or HOST:PORT; default: ${otherwise}`)
  )

/** The address that a command listens on, by default this port of this machine. */
export const listen = (port: string) => listenAt(port).pipe(Flag.withDefault(port))

/** The source of device names, and the TLS options. */
export const dialling = {
  site: optional("site", "FILE", "The site file with device names; default: KATCP_SITE, otherwise your katcp.yaml"),
  ca: optional("ca", "FILE", "For katcps:// and wss://: the trusted certificate authorities, in PEM"),
  cert: optional("cert", "FILE", "For katcps:// and wss://: the client certificate, in PEM"),
  key: optional("key", "FILE", "The private key of --cert, unless it is in the same file"),
  serverName: optional("server-name", "NAME", "The name in the device's certificate, if it is not the host name")
}

/** The options for reaching a device, and the timeout of its answers. */
export const reaching = { timeout, protocol, ...dialling }

/** The options of long-running commands: detecting a lost device, and reconnecting. */
export const reconnecting = {
  alive: Flag.Finite("alive").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("The silence in seconds before a ?watchdog checks the device (0 disables it); default: 10"),
    Flag.filter(
      (seconds) => seconds >= 0,
      (seconds) => `"${seconds}" is not a time: write seconds, 10 or 0.5, or 0 for never`
    ),
    Flag.optional
  ),
  reconnectMax: Flag.Finite("reconnect-max").pipe(
    Flag.withMetavar("SECONDS"),
    Flag.withDescription("The longest delay in seconds before reconnecting; default: 60"),
    Flag.filter(
      (seconds) => seconds > 0,
      (seconds) => `"${seconds}" is not a time: write seconds, 60 or 0.5`
    ),
    Flag.optional
  )
}

/** A duration: seconds, or with a unit: `500ms`, `10s`, `5min`, `2h`. In milliseconds. */
export const duration = (name: string, description: string, alias?: string) => {
  const flag = Flag.String(name).pipe(
    Flag.withMetavar("10s"),
    Flag.withDescription(description),
    Flag.filterMap(millisecondsOf, (text) => `${JSON.stringify(text)} is not a duration: write 500ms, 10s, 5min or 2h`)
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

/** The severity of a log record. */
export const severity = (name: string, description: string, otherwise: (typeof severities)[number], alias?: string) => {
  const flag = Flag.Literals(name, severities).pipe(Flag.withDescription(description))
  return (alias === undefined ? flag : Flag.withAlias(flag, alias)).pipe(Flag.withDefault(otherwise))
}

/** The logger name. */
export const subsystem = Flag.String("subsystem").pipe(
  Flag.withAlias("s"),
  Flag.withDescription("The logger name; default: KATCP_LABEL, otherwise root"),
  Flag.optional
)

/** The protocol of the device that relays `#log` lines. */
export const logProtocol = Flag.String("protocol").pipe(
  Flag.withMetavar("4.0"),
  Flag.withDescription(
    "The protocol of the relaying device; version 4 has times in milliseconds; default: KATCP_PROTOCOL, otherwise 5.1"
  ),
  Flag.optional
)

/** The forms of targets. */
export const targets =
  "The device and its sensors (dish-7 rx.temp 'rx.*' /temp/), or sensors of devices of the site file: m000/rx.temp, 'm0*/rx.*', /regular expression/"

/** The words of a command: HOST first, unless KATCP_SERVER is set. */
export const words = (name: string, description: string) =>
  Argument.String(name).pipe(Argument.withDescription(description), Argument.variadic())

/** The access rules of the command's listener. */
export const access = Flag.String("access").pipe(
  Flag.withMetavar("NETWORK=ROLE"),
  Flag.withDescription(
    "Access rules: none, read, control or admin, like 10.0.0.0/8=read or all=none; the first match applies; default: this machine has admin, all others control"
  ),
  Flag.atLeast(0)
)
