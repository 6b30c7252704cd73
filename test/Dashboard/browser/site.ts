/** A small site for tests of the page: three devices, one of them away. */
import type { FakeGateway } from "./fakeGateway.ts"
import { sensor } from "./page.ts"

/** The time of the readings: seconds since 1970. */
const now = (): number => performance.timeOrigin / 1000 + performance.now() / 1000

/** Fills a gateway. */
export const smallSite = (gateway: FakeGateway): void => {
  const begun = now()
  for (const device of ["m000", "m001", "m002"]) {
    const code = device === "m002" ? 5 : 1
    const common = { code, time: begun - 5 }
    gateway.add(sensor(device, "rx.temp", { ...common, value: 21.5, parameters: ["-10", "60"] }))
    gateway.add(sensor(device, "rx2.temp", { ...common, value: 22.5 }))
    gateway.add(sensor(device, "rx10.temp", { ...common, value: 23.5 }))
    gateway.add(
      sensor(device, "mode", { ...common, type: "discrete", units: "", parameters: ["stow", "track"], value: "track" })
    )
    gateway.add(sensor(device, "ident", { ...common, type: "string", units: "", value: "receiver 7" }))
  }
  gateway.set(1, 60.5, 3)
  gateway.set(6, 30.5, 2)
  for (const name of ["m000", "m001", "m002"]) {
    const mine = gateway.sensors.filter(({ device }) => device === name)
    gateway.device({
      name,
      state: name === "m002" ? "Disconnected" : "Synced",
      connected: name !== "m002",
      since: begun - (name === "m002" ? 90 : 86_400),
      counts: [0, 1, 2, 3, 4, 5, 6].map((code) => mine.filter((one) => one.code === code).length),
      requests: name === "m000" ? ["track", "stow", "point"] : [],
      ...(name === "m002" ? { reason: "connection refused" } : {})
    })
  }
  gateway.answers.set("/api/history", (query) => {
    const [from, to] = [Number(query.get("from")), Number(query.get("to"))]
    const width = (to - from) / 100
    const t = Array.from({ length: 100 }, (_, at) => from + at * width).filter((_, at) => at < 40 || at >= 50)
    const values = t.map((time) => 20 + Math.sin(time / 30))
    return {
      series: query.getAll("sensor").map((key) => {
        const [device = "", name = ""] = key.split("/")
        const isState = name === "mode"
        const numbers = (air: number) => values.map((value) => (isState ? null : value + air))
        return {
          device,
          name,
          width,
          t,
          avg: numbers(0),
          min: numbers(-1),
          max: numbers(1),
          last: isState ? t.map((_, at) => (at < 30 ? "stow" : "track")) : values,
          st: t.map((_, at) => (at === 70 ? 2 : 1))
        }
      }),
      gaps: [
        { device: "", sensor: "", from: from + 40 * width, to: from + 50 * width, reason: "away" },
        { device: "m002", sensor: "", from: begun - 90, to: null, reason: "away" }
      ]
    }
  })
  gateway.answers.set("/api/sensors", (query) => ({
    sensors: gateway.sensors.filter(({ device, name }) =>
      query.has("device") ? device === query.get("device") : `${device}/${name}`.includes(query.get("text")!)
    )
  }))
  gateway.answers.set("/api/devices/m000", () => ({
    requests: [
      {
        name: "track",
        help: "Track a position.\n\nParameters\n----------\nazimuth : float\n    In degrees.\nmode : {'fast', 'smooth'}, optional"
      },
      { name: "stow", help: "Stow it. Usage: ?stow [reason]" },
      {
        name: "point",
        help: "Point at a place.",
        arguments: [
          { name: "elevation", type: "float", presence: "required", minimum: "15", maximum: "90" },
          { name: "at", type: "timestamp", presence: "optional" },
          { name: "wait", type: "boolean", presence: "optional", default: "0" }
        ]
      }
    ]
  }))
  gateway.answers.set("/api/audit", () => ({
    records: [
      {
        time: begun - 10,
        who: "anna",
        from: "10.0.0.9",
        role: "control",
        via: "websocket",
        device: "m000",
        request: "track",
        arguments: ["12"],
        outcome: "ok",
        seconds: 0.02
      }
    ]
  }))
  gateway.onCall = (call, say) => {
    say({ inform: call.call, name: call.request, args: ["slewing", "20 s"] })
    say({
      reply: call.call,
      code: call.request === "stow" ? "fail" : "ok",
      args: call.request === "stow" ? ["wind"] : ["done", ...(call.args ?? [])]
    })
  }
}
