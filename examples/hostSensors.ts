/**
 * The host as a device: `node examples/hostSensors.ts [PORT [FOLDER]]` serves load, memory, temperatures and the disk
 * of FOLDER (`/` by default) as sensors, on 127.0.0.1 and PORT (5003 by default). It prints `listening on HOST:PORT`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { HostDevice, HostDeviceLive } from "./hostSensors/device.ts"
import { Host } from "./hostSensors/host.ts"

const [port = "5003", folder = "/"] = process.argv.slice(2)

// runMain ends the program in order on SIGINT and SIGTERM; a terminal that closes sends SIGHUP
process.on("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))

Server.layer(HostDevice).pipe(
  Layer.provide(HostDeviceLive),
  Layer.provide(Host.layer(folder)),
  Layer.tap((context) => Console.log(`listening on ${Context.get(context, Server.Server).address}`)),
  Server.launch,
  Effect.provide(NodeServer.tcp({ host: "127.0.0.1", port: Number(port) })),
  NodeRuntime.runMain
)
