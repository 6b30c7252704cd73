/** The page: the frame around the views. */
import "./language.ts"
import { render } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { type Address, allSensors, href } from "../state/address.ts"
import { visible } from "../state/format.ts"
import { AuditView } from "./AuditView.tsx"
import { leave } from "./api.ts"
import { address, connectionChanges, live, switchTheme, switchZone, theme, zone } from "./app.ts"
import { Banner } from "./Banner.tsx"
import { DevicesView } from "./DevicesView.tsx"
import { DeviceView } from "./DeviceView.tsx"
import { Icon, type IconName } from "./icons.tsx"
import { LogView } from "./LogView.tsx"
import { SensorsView } from "./SensorsView.tsx"
import { SensorView } from "./SensorView.tsx"

const View = ({ address }: { readonly address: Address }) => {
  switch (address.view) {
    case "devices":
      return <DevicesView />
    case "device":
      return <DeviceView key={address.device} device={address.device} request={address.request} />
    case "sensors":
      return <SensorsView address={address} />
    case "sensor":
      return <SensorView key={address.sensors[0]} address={address} />
    case "log":
      return <LogView address={address} />
    case "audit":
      return <AuditView />
    case "nowhere":
      return (
        <div class="view">
          <header class="head">
            <h1>Page not found</h1>
          </header>
          <p>
            No view has the address <code>{visible(address.text)}</code>.{" "}
            <a href={href({ view: "devices" })}>All devices</a>
          </p>
        </div>
      )
  }
}

const titles: Readonly<Record<Address["view"], string>> = {
  devices: "Devices",
  device: "Device",
  sensors: "Sensors",
  sensor: "Sensor",
  log: "Log",
  audit: "Audit",
  nowhere: "Page not found"
}

/** The title of a view, for the browser's history and for screen readers. */
const titleOf = (address: Address): string =>
  address.view === "device"
    ? visible(address.device)
    : address.view === "sensor"
      ? visible(address.sensors[0]!)
      : titles[address.view]

const App = () => {
  connectionChanges.value
  const { hello, state } = live
  const at = address.value
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const place = at.view === "device" ? at.device : at.view === "sensor" ? at.sensors[0] : ""
  useLayoutEffect(() => {
    document.title = `${titleOf(at)} · katcp`
  })
  useEffect(() => {
    // focus the new view, as a new page does
    if (!first.current) main.current!.focus({ preventScroll: true })
    first.current = false
    main.current!.scrollTop = 0
  }, [at.view, place])
  const isLost = state._tag === "lost" || state._tag === "ended"
  return (
    <div class={`app ${isLost ? "is-lost" : ""}`}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current!.focus()
        }}
      >
        Skip to content
      </a>
      <nav class="side" aria-label="Views">
        <a class="mark" href={href({ view: "devices" })}>
          <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <rect width="32" height="32" rx="8" class="mark-box" />
            <path d="M6 18h5l3-9 4 15 3-9 1.5 3H26" class="mark-line" />
          </svg>
          <span>katcp</span>
        </a>
        <ul>
          <Link icon="devices" to={{ view: "devices" }} isAt={at.view === "devices" || at.view === "device"}>
            Devices
          </Link>
          <Link icon="sensors" to={allSensors} isAt={at.view === "sensors" || at.view === "sensor"}>
            Sensors
          </Link>
          <Link icon="log" to={{ view: "log", level: "info", device: "" }} isAt={at.view === "log"}>
            Log
          </Link>
          {hello?.role === "admin" ? (
            <Link icon="audit" to={{ view: "audit" }} isAt={at.view === "audit"}>
              Audit
            </Link>
          ) : null}
        </ul>
        <div class="foot">
          <button type="button" class="quiet" onClick={switchZone} title="Switch between UTC and local time">
            <Icon name="clock" />
            <span>{zone.value === "utc" ? "UTC" : "Local time"}</span>
          </button>
          <button type="button" class="quiet" onClick={switchTheme} title="Change colours">
            <Icon name={theme.value === "system" ? "auto" : theme.value === "light" ? "sun" : "moon"} />
            <span>{{ system: "System colours", light: "Light", dark: "Dark" }[theme.value]}</span>
          </button>
          <Who />
        </div>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        <Banner />
        <View address={at} />
      </main>
    </div>
  )
}

const Link = (props: {
  readonly icon: IconName
  readonly to: Address
  readonly isAt: boolean
  readonly children: string
}) => (
  <li>
    <a href={href(props.to)} aria-current={props.isAt ? "page" : undefined}>
      <Icon name={props.icon} />
      <span>{props.children}</span>
    </a>
  </li>
)

/** The caller's name, and the button to log in or out. */
const Who = () => {
  const { hello } = live
  if (hello === undefined) return null
  return (
    <div class="who">
      <Icon name="user" />
      <span class="who-text">
        <bdi>{hello.name === undefined ? "This computer" : visible(hello.name)}</bdi>
        <small>{hello.role}</small>
      </span>
      {hello.login ? (
        <button type="button" class="quiet icon-only" onClick={() => void leave()} title="Log out">
          <Icon name="leave" />
          <span class="unseen">Log out</span>
        </button>
      ) : null}
    </div>
  )
}

live.start()
render(<App />, document.getElementById("app")!)
