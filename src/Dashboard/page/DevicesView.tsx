/** The devices, as tiles. */
import { allSensors, href } from "../state/address.ts"
import { counted, countText, visible } from "../state/format.ts"
import type { Device } from "../state/Live.ts"
import { codesByGravity, statusWord } from "../state/status.ts"
import { connectionChanges, deviceChanges, live } from "./app.ts"
import { StatusIcon } from "./icons.tsx"
import { Age } from "./text.tsx"

/** All devices by name. */
export const DevicesView = () => {
  deviceChanges.value
  connectionChanges.value
  const order = new Intl.Collator("en", { numeric: true })
  const devices = [...live.devices.values()].sort((one, other) => order.compare(one.name, other.name))
  const away = devices.filter(({ connected }) => !connected).length
  const sensors = devices.reduce((sum, { counts }) => sum + total(counts), 0)
  return (
    <div class="view">
      <header class="head">
        <h1>Devices</h1>
        <p class="count" hidden={devices.length === 0}>
          {counted(devices.length, "device")}
          {away === 0 ? "" : `, ${countText(away)} disconnected`} · {counted(sensors, "sensor")}
        </p>
      </header>
      {devices.length === 0 ? (
        <p class="nothing">
          {live.state._tag === "live" ? "The gateway has no devices." : "Connecting to the gateway…"}
        </p>
      ) : (
        <ul class="tiles">
          {devices.map((device) => (
            <Tile key={device.name} device={device} />
          ))}
        </ul>
      )}
    </div>
  )
}

const total = (counts: ReadonlyArray<number>): number => counts.reduce((sum, count) => sum + count, 0)

const Tile = ({ device }: { readonly device: Device }) => (
  <li class={`tile ${device.connected ? "" : "away"}`}>
    <h2>
      <a href={href({ view: "device", device: device.name, request: undefined })}>
        <bdi>{visible(device.name)}</bdi>
      </a>
    </h2>
    <DeviceState device={device} />
    <Counts device={device} />
  </li>
)

/** The state of the connection to a device, and its duration. */
export const DeviceState = ({ device }: { readonly device: Device }) => (
  <p class="device-state">
    <span class={`status ${device.connected ? "s1" : "s5"}`}>
      <StatusIcon code={device.connected ? 1 : 5} />
      {device.connected ? (device.state === "Synced" ? "Connected" : stateWords(device.state)) : "Disconnected"}
    </span>
    <span class="dim">
      for <Age since={device.since} />
    </span>
    {device.reason === undefined || device.connected ? null : (
      <span class="reason">
        <bdi>{visible(device.reason)}</bdi>
      </span>
    )}
  </p>
)

const words: Readonly<Record<string, string>> = {
  Connecting: "Connecting",
  Negotiating: "Connecting",
  Connected: "Connected",
  Syncing: "Reading sensors"
}

const stateWords = (state: string): string => words[state] ?? visible(state)

/** The numbers of a device's sensors by status, as a bar and in words. */
export const Counts = ({ device }: { readonly device: Device }) => {
  const sum = total(device.counts)
  const present = codesByGravity.filter((code) => (device.counts[code] ?? 0) > 0)
  return (
    <div class="counts">
      <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="6" class="bar-empty" />
        {sum === 0 ? null : barOf(device.counts, sum)}
      </svg>
      <ul>
        {present.map((code) => (
          <li key={code}>
            <a class={`status s${code}`} href={href({ ...allSensors, device: device.name, codes: [code] })}>
              <StatusIcon code={code} />
              <b class="number">{countText(device.counts[code]!)}</b> {statusWord(code)}
            </a>
          </li>
        ))}
        {sum === 0 ? <li class="dim">no sensors</li> : null}
      </ul>
    </div>
  )
}

/** Given by the eye: the smallest part of the bar, in hundredths. One sensor in error of 10,000 is seen. */
const smallest = 2.5

const barOf = (counts: ReadonlyArray<number>, sum: number) => {
  const parts = codesByGravity.toReversed().flatMap((code) => {
    const count = counts[code] ?? 0
    return count === 0 ? [] : [{ code, width: Math.max(smallest, (100 * count) / sum) }]
  })
  const scale = 100 / parts.reduce((width, part) => width + part.width, 0)
  let x = 0
  return parts.map(({ code, width }, index) => {
    const at = x
    x += width * scale
    const gap = index === parts.length - 1 ? 0 : 0.3
    return <rect key={code} x={at} width={Math.max(0.5, width * scale - gap)} height="6" class={`s${code}`} />
  })
}
