/**
 * Three devices for trying sites: `npm run site` starts two dishes and a weather station on the ports of
 * examples/site.yaml. Their sensors move. Then, in another terminal: `npx katcp list 'm0*' --site examples/site.yaml`.
 */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { Arg, Interface, Request, RequestFailed, Sensor, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { parseSite } from "katcp/Serve"
import { DeviceAddress } from "katcp/Site"

class Dish extends Interface.make("dish", { version: "site-dish-1.0" }).add(
  Request.make("track", { doc: "Go to an azimuth, in degrees.", args: { azimuth: Arg.Float } }),
  Request.make("stow", { doc: "Stow the dish." }),
  Sensor.make("mode", { doc: "What the dish does", type: Arg.Discrete("stow", "track"), initial: "stow" }),
  Sensor.make("azimuth", { doc: "Where the dish points", type: Arg.Float, units: "deg", initial: 0 }),
  Sensor.make("rx.temp", { doc: "Temperature of the receiver", type: Arg.Float, units: "K" })
) {}

class Weather extends Interface.make("weather", { version: "site-weather-1.0" }).add(
  Sensor.make("wind.speed", { doc: "Wind", type: Arg.Float, units: "m/s", nominal: [0, 12], statusFrom: "ranges" }),
  Sensor.make("air.temp", { doc: "Temperature of the air", type: Arg.Float, units: "degC" })
) {}

/** Runs an action every second, with the seconds since 1970. */
const everySecond = <E, R>(act: (seconds: number) => Effect.Effect<void, E, R>) =>
  Effect.forkScoped(
    Effect.repeat(
      Effect.flatMap(Clock.currentTimeMillis, (now) => act(now / 1000)),
      Schedule.spaced("1 second")
    )
  )

const DishLive = Dish.toLayer(
  Effect.gen(function* () {
    const sensors = yield* Dish.sensors
    let target = 0
    let azimuth = 0
    yield* everySecond((seconds) => {
      azimuth += Math.max(-2, Math.min(2, target - azimuth))
      return Effect.andThen(sensors.azimuth.set(azimuth), sensors["rx.temp"].set(20 + Math.sin(seconds / 20)))
    })
    return {
      track: Effect.fnUntraced(function* ({ azimuth }) {
        if (Math.abs(azimuth) > 180) return yield* new RequestFailed({ message: "an azimuth is -180 to 180 degrees" })
        target = azimuth
        yield* sensors.mode.set("track")
      }),
      stow: Effect.fnUntraced(function* () {
        target = 0
        yield* sensors.mode.set("stow")
      })
    }
  })
)

const WeatherLive = Weather.toLayer(
  Effect.gen(function* () {
    const sensors = yield* Weather.sensors
    yield* everySecond((seconds) =>
      Effect.andThen(
        sensors["wind.speed"].set(8 + 6 * Math.sin(seconds / 30)),
        sensors["air.temp"].set(15 + 5 * Math.sin(seconds / 300))
      )
    )
    return {}
  })
)

/** Serves a device of the site at its port in the file. */
const served = (name: string, address: string) => {
  const { port } = Result.getOrThrow(DeviceAddress.parse(address)) as { readonly port: number }
  const device = name.startsWith("m")
    ? Layer.provide(Server.layer(Dish), Layer.fresh(DishLive))
    : Layer.provide(Server.layer(Weather), WeatherLive)
  return device.pipe(
    Layer.provide(NodeServer.tcp({ port })),
    Layer.tap(() => Console.log(`${name} listens on 127.0.0.1:${port}`))
  )
}

const [file = path.join(import.meta.dirname, "site.yaml")] = process.argv.slice(2)
const site = Result.getOrThrow(parseSite(file, readFileSync(file, "utf8")))
const devices = Object.entries(site.devices).map(([name, device]) =>
  served(name, typeof device === "string" ? device : device.address)
)

// runMain ends the program in order on SIGINT and SIGTERM; a terminal that closes sends SIGHUP
process.on("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))

Layer.mergeAll(Layer.empty, ...devices).pipe(
  Layer.tap(() => Console.log("try: npx katcp monitor 'm0*' anc/wind.speed --site examples/site.yaml")),
  Layer.launch,
  NodeRuntime.runMain
)
