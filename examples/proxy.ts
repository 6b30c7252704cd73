/**
 * A proxy of two devices that speak different versions of KATCP, all in one program: `node examples/proxy.ts`. Clients
 * of the proxy see one device of version 5.1 with the sensors of both, and may call `?old-stow`.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Arg, Interface, Message, Request, Sensor, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { Proxy } from "katcp/Proxy"
import { Allow, Site } from "katcp/Site"

class Antenna extends Interface.make("antenna").add(
  Request.make("stow", { doc: "Point to the zenith." }),
  Sensor.make("elevation", { doc: "Elevation of the dish.", type: Arg.Float, units: "deg", initial: 45 })
) {}

class Receiver extends Interface.make("receiver").add(
  Sensor.make("rx.temp", { doc: "Temperature of the receiver.", type: Arg.Float, units: "K", initial: 14.5 })
) {}

const AntennaLive = Antenna.toLayer(
  Effect.gen(function* () {
    const { elevation } = yield* Antenna.sensors
    return { stow: () => elevation.set(90) }
  })
)

/** Other ports: `node examples/proxy.ts 7250 7251 7252`. */
const [proxyPort = 7150, antennaPort = 7151, receiverPort = 7152] = process.argv.slice(2).map(Number)

const devices = Layer.merge(
  Server.layer(Antenna, { protocol: Message.Protocol.make(4, 0, "M") }).pipe(
    Layer.provide([AntennaLive, NodeServer.tcp({ port: antennaPort })])
  ),
  Server.layer(Receiver).pipe(Layer.provide([Receiver.toLayer({}), NodeServer.tcp({ port: receiverPort })]))
)

const site = Site.layer({
  devices: {
    old: NodeClient.tcp({ host: "127.0.0.1", port: antennaPort }),
    rx: NodeClient.tcp({ host: "127.0.0.1", port: receiverPort })
  }
})

const proxy = Proxy.layer({ requests: Allow.only("old/stow") }).pipe(
  Layer.provide([site, NodeServer.tcp({ port: proxyPort })])
)

const told = Layer.effectDiscard(Console.log(`listening on 127.0.0.1:${proxyPort}`)).pipe(Layer.provideMerge(proxy))

NodeRuntime.runMain(Layer.launch(Layer.merge(devices, told)))
