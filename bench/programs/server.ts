/** The server that the bench measures: `node server.ts PORT NSENSORS` (see README.md in bench/). */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Codec, Interface, Request, RequestFailed, Sensor, Server } from "katcp"
import { NodeServer } from "katcp/Node"

const [port = "0", count = "0"] = process.argv.slice(2)

class Bench extends Interface.make("bench", { version: "bench-api-1.0", build: "bench-katcp-1.0" }).add(
  Request.make("set-sensor", { doc: "Set a sensor.", args: { name: Arg.Text, value: Arg.Bytes } }),
  Sensor.make("blob", { doc: "Text of any size.", type: Arg.Text, initial: "" })
) {}

const BenchLive = Bench.toLayer(
  Effect.gen(function* () {
    const set = yield* Bench.sensorSet
    for (let n = 0; n < Number(count); n++)
      yield* set.add(Sensor.make(`s${n}`, { doc: `Bench sensor ${n}.`, type: Arg.Float, units: "V", initial: 0 }))
    return {
      "set-sensor": ({ name, value }) => {
        const sensor = set.get(name)
        return sensor === undefined
          ? Effect.fail(new RequestFailed({ message: "unknown sensor" }))
          : Effect.mapError(
              sensor.setFormatted(value, Codec.Dialect.v5),
              ({ message }) => new RequestFailed({ message })
            )
      }
    }
  })
)

Server.layer(Bench).pipe(
  Layer.provide(BenchLive),
  Layer.tap(() => Console.log("ready")),
  Server.launch,
  Effect.provide(NodeServer.tcp({ port: Number(port), host: "127.0.0.1", backlog: 1024 })),
  NodeRuntime.runMain
)
