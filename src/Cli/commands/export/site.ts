/** The devices and sensors of an exporter. */
import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import { type Matcher, matcherOf } from "../../../Client/index.ts"
import { type DeviceOptions, type Pattern, Selection, Site } from "../../../Site/index.ts"
import { cannotRun } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { deviceOptions, type Keeping } from "../../reach/deviceOptions.ts"
import { nameOf } from "../../reach/devices.ts"
import { aimsOf, type Dialling, hostsNamed } from "../../reach/targets.ts"
import { logAsNotes } from "../../show/logAsNotes.ts"

/** The flags of all exporters. */
export const common = {
  targets: Argument.String("[NAME=]TARGET").pipe(
    Argument.withDescription(
      "The devices and their sensors: addresses, a site file, m000/rx.temp, 'm0*/rx.*', /regular expression/. NAME= sets the name of a device; default: its name in the site file, or its host"
    ),
    Argument.variadic()
  ),
  ...flags.dialling,
  ...flags.reconnecting
}

interface Input extends Dialling, Keeping {
  readonly targets: ReadonlyArray<string>
}

/** Makes a site of the devices and sensors in the words of a command, until the scope closes. */
export const siteOf = Effect.fnUntraced(function* (input: Input) {
  const chosen = new Map<string, string>()
  const words: Array<string> = []
  for (const word of input.targets) {
    const [, name, address = word] = /^([A-Za-z][A-Za-z0-9-]*)=(.*)$/s.exec(word) ?? []
    words.push(address)
    if (name === undefined) continue
    const hosts = yield* hostsNamed(input, address)
    if (hosts.length !== 1)
      return yield* cannotRun(`${word}: a name is for one device, and ${address} matches ${hosts.length}`)
    const { text } = hosts[0]!
    const other = chosen.get(text) ?? name
    if (other !== name)
      return yield* cannotRun(`${text} is already called ${other}: a device cannot also have the name ${name}`)
    chosen.set(text, name)
  }
  const aims = yield* aimsOf(input, words)
  if (aims.length === 0) return yield* cannotRun(`no device matches ${words.join(" ")}`)
  const devices: Record<string, DeviceOptions> = {}
  const rules: Array<Selection.Rule> = []
  for (const { host, wanted } of aims) {
    const name = chosen.get(host.text) ?? host.device ?? nameOf(host.text, devices)
    if (name in devices) return yield* cannotRun(`two devices are called ${name}: write NAME=${host.text}`)
    devices[name] = deviceOptions(host, input)
    if (wanted.length === 0) rules.push({ match: Selection.within(name, "*") })
    for (const { filter, pattern } of wanted) rules.push({ match: patternWithin(name, pattern, matcherOf(filter)) })
  }
  const site = yield* Site.make({ devices, selection: Selection.make(rules) }).pipe(
    Effect.mapError(({ message }) => cannotRun(message))
  )
  return { site, names: Object.keys(devices) }
})

const patternWithin = (device: string, text: string, { exact, matches }: Matcher): Pattern => ({
  text,
  exact,
  mayMean: (other) => other === device,
  matches: (other, sensor) => other === device && matches(sensor)
})

/** Log records of exporters, for the person at the terminal. */
export const told = Layer.merge(Layer.succeed(References.MinimumLogLevel, "Info"), logAsNotes)
