/**
 * Takes the pictures of docs/dashboard.md: `node scripts/dashboard-pictures.ts`, after `npm run build`. They show the
 * real page in light and dark colours, over the gateway of its tests with a small site. Look at them after each change
 * of the page.
 */
import { mkdirSync } from "node:fs"
import * as path from "node:path"
import { FakeGateway } from "../test/Dashboard/browser/fakeGateway.ts"
import { launch } from "./chromium.ts"

const folder = path.join(import.meta.dirname, "..", "docs", "images", "dashboard")
const begun = (performance.timeOrigin + performance.now()) / 1000
const now = () => (performance.timeOrigin + performance.now()) / 1000

/** Name, type, units, description, and the value at a time. */
const sensors: ReadonlyArray<readonly [string, string, string, string, (time: number) => number | string | boolean]> = [
  ["ap.azim", "float", "deg", "Actual azimuth of the antenna", (time) => 34.2 + (time % 3600) * 0.004],
  ["ap.elev", "float", "deg", "Actual elevation of the antenna", (time) => 61.7 - (time % 3600) * 0.002],
  ["ap.mode", "discrete", "", "Mode of the antenna", (time) => (time % 900 < 120 ? "slew" : "track")],
  ["ap.stowed", "boolean", "", "True if the antenna is stowed", () => false],
  ["dig.packets", "integer", "", "Packets sent since the last synchronisation", (time) => Math.floor(time % 1e6) * 12],
  ["dig.sync-time", "timestamp", "", "Time of the last synchronisation", () => begun - 5312],
  ["ident", "string", "", "Serial number and version of the receiver", () => "rx-17 v2.1"],
  ["mon.fan1.rpm", "integer", "rpm", "Speed of the first fan", (time) => 2980 + Math.round(20 * Math.sin(time / 7))],
  ["mon.fan2.rpm", "integer", "rpm", "Speed of the second fan", (time) => 3010 + Math.round(20 * Math.sin(time / 9))],
  ["mon.supply.12v", "float", "V", "Supply of the drives", (time) => 12.03 + 0.02 * Math.sin(time / 5)],
  ["rx.l.pressure", "float", "mbar", "Pressure of the cryostat", (time) => 0.0021 + 0.0002 * Math.sin(time / 60)],
  [
    "rx.l.temp",
    "float",
    "K",
    "Temperature of the first stage",
    (time) => 18.4 + 0.8 * Math.sin(time / 240) + 0.2 * Math.sin(time / 31)
  ],
  ["rx.s.temp", "float", "K", "Temperature of the second stage", (time) => 71 + 1.5 * Math.sin(time / 310)],
  [
    "wind.speed",
    "float",
    "m/s",
    "Wind at the pedestal",
    (time) => 6.1 + 1.4 * Math.sin(time / 45) + 0.6 * Math.sin(time / 7)
  ]
]
const devices = ["anc", "cbf", "m000", "m001", "m002", "m003"]
/** The readings that are not nominal. */
const codes: Readonly<Record<string, number>> = {
  "m000/rx.l.temp": 2,
  "m001/mon.fan2.rpm": 3,
  "m003/dig.packets": 3,
  "anc/wind.speed": 2,
  "cbf/ap.stowed": 6
}
const away = "m002"

const gateway = new FakeGateway()
for (const device of devices)
  for (const [name, type, units, description, valueAt] of sensors)
    gateway.add({
      device,
      name,
      type,
      units,
      description,
      parameters: type === "discrete" ? ["stop", "slew", "track", "stow"] : [],
      value: valueAt(begun),
      code: device === away ? 5 : (codes[`${device}/${name}`] ?? 1),
      time: device === away ? begun - 133 : begun
    })
for (const name of devices) {
  const mine = gateway.sensors.filter(({ device }) => device === name)
  const isAway = name === away
  gateway.device({
    name,
    state: isAway ? "Disconnected" : "Synced",
    connected: !isAway,
    since: isAway ? begun - 133 : begun - 276_000,
    counts: [0, 1, 2, 3, 4, 5, 6].map((code) => mine.filter((one) => one.code === code).length),
    requests: name === "m000" ? ["capture-init", "mode", "stow", "track"] : [],
    ...(isAway ? { reason: "connection refused" } : {})
  })
}
gateway.answers.set("/api/history", (query) => {
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))]
  const width = (to - from) / 600
  const gap = { device: "", sensor: "", from: from + 0.33 * (to - from), to: from + 0.38 * (to - from), reason: "away" }
  const t = Array.from({ length: 600 }, (_, at) => from + at * width).filter(
    (time) => time < gap.from || time >= gap.to
  )
  return {
    series: query.getAll("sensor").map((key) => {
      const [device = "", name = ""] = key.split("/")
      const valueAt = sensors.find(([other]) => other === name)![4]
      const values = t.map(valueAt)
      const numbers = (air: number) => values.map((value) => (typeof value === "number" ? value + air : null))
      const air = name === "rx.l.temp" ? 0.12 : 0.05
      return {
        device,
        name,
        width,
        t,
        avg: numbers(0),
        min: numbers(-air),
        max: numbers(air),
        last: values,
        st: t.map((time) => (codes[key] === 2 && time > to - 0.12 * (to - from) ? 2 : 1))
      }
    }),
    gaps: [gap]
  }
})
gateway.answers.set("/api/sensors", () => ({ sensors: [{ device: "m000", name: "rx.l.temp" }] }))
gateway.answers.set("/api/devices/m000", () => ({
  requests: [
    { name: "capture-init", help: "Begin a capture. Usage: ?capture-init block-id [name ...]" },
    { name: "mode", help: "Change the mode of the antenna. Usage: ?mode stop|stow|track" },
    { name: "stow", help: "Stow the antenna. Usage: ?stow [reason]" },
    {
      name: "track",
      help: "Track a position on the sky.\n\nParameters\n----------\nazimuth : float\n    In degrees.\nelevation : float\n    In degrees.\nmode : {'fast', 'smooth'}, optional"
    }
  ]
}))
gateway.answers.set("/api/audit", () => {
  const record = (ago: number, rest: object) => ({
    time: begun - ago,
    role: "control",
    via: "websocket",
    arguments: [],
    ...rest
  })
  return {
    records: [
      record(41, {
        who: "anna",
        from: "10.1.0.22",
        device: "m000",
        request: "track",
        arguments: ["34.2", "61.7"],
        outcome: "ok",
        seconds: 0.021
      }),
      record(360, {
        who: "anna",
        from: "10.1.0.22",
        device: "m002",
        request: "stow",
        outcome: "lost",
        reason: "m002 is away",
        seconds: 5
      }),
      record(905, {
        who: "ben",
        from: "10.1.0.31",
        device: "m001",
        request: "halt",
        outcome: "refused",
        reason: "the allow list does not name it",
        seconds: 0
      }),
      record(1260, {
        who: "scheduler",
        from: "10.1.0.4",
        via: "http",
        device: "cbf",
        request: "capture-init",
        arguments: ["1700"],
        outcome: "ok",
        seconds: 0.34
      })
    ]
  }
})
gateway.onCall = (call, say) => {
  say({ inform: call.call, name: call.request, args: ["slewing, 14 s"] })
  say({ reply: call.call, code: "ok", args: ["tracking"] })
}
await gateway.start()
// @effect-diagnostics-next-line globalTimers:off
const moving = setInterval(() => {
  gateway.sensors.forEach(({ code, device, name }, index) => {
    if (device !== away) gateway.set(index, sensors.find(([other]) => other === name)![4](now()), code)
  })
}, 200)

const browser = await launch()
if (typeof browser === "string") throw new Error(browser)
mkdirSync(folder, { recursive: true })
const views = {
  devices: "#/",
  sensors: "#/sensors",
  plot: "#/sensor/m000/rx.l.temp?last=1h",
  several: "#/sensor/m000/rx.l.temp?with=m000%2Frx.s.temp&with=m000%2Fap.azim&with=m000%2Fap.mode&last=1h",
  request: "#/devices/m000/track",
  log: "#/log",
  audit: "#/audit"
}
for (const colorScheme of ["light", "dark"] as const)
  for (const [name, address] of Object.entries(views)) {
    const context = await browser.newContext({ viewport: { width: 1080, height: 700 }, colorScheme })
    const page = await context.newPage()
    await page.goto(gateway.url + address)
    await page.waitForTimeout(1200)
    if (name === "log") {
      gateway.log("m001", "info", "drive: the antenna is on source")
      gateway.log("m000", "warn", "cryostat: the first stage is above 18.5 K")
      gateway.log("m003", "error", "digitiser: 14 packets were lost; synchronising again")
      gateway.log("m000", "info", "track: slewing to 34.2, 61.7")
    }
    if (name === "request") {
      await page.getByLabel("azimuth").fill("34.2")
      await page.getByLabel("elevation").fill("61.7")
      await page.getByRole("button", { name: "Send…" }).click()
      await page.getByRole("dialog").getByRole("button", { name: "Send" }).click()
    }
    await page.waitForTimeout(1000)
    if (name === "request") await page.locator(".reply").scrollIntoViewIfNeeded()
    await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}.png`) })
    await context.close()
  }
await browser.close()
clearInterval(moving)
await gateway.stop()
