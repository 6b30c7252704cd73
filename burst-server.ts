import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Sensor, Server } from "./src/index.ts"
import { NodeServer } from "./src/Node/index.ts"
class Lab extends Interface.make("lab").add(
  Request.make("echo", { doc: "Echo.", args: { words: Arg.rest(Arg.Text) }, reply: { words: Arg.rest(Arg.Text) } }),
  Sensor.make("count", { type: Arg.Int, initial: 0 })
) {}
const port = Number(process.argv[2])
setInterval(() => {}, 1e9)
if (process.argv[3]) setInterval(() => { const m = process.memoryUsage(); console.log(Object.entries(m).map(([k, v]) => k + " " + (v / 1e6).toFixed(0)).join("  ")) }, 2000)
Effect.runFork(Effect.never.pipe(Effect.provide(Server.layer(Lab, process.env.TOTAL ? { maxTotalBytes: Number(process.env.TOTAL) } : {}).pipe(Layer.provide(Lab.toLayer({ echo: ({ words }) => Effect.succeed({ words }) })), Layer.provide(NodeServer.tcp({ host: "127.0.0.1", port }))))) as any)
process.on("SIGUSR2", () => { (globalThis as any).gc?.(); console.log("gc done") })
