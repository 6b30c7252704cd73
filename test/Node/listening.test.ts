import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client, Interface, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { freePort } from "../../scripts/freePort.ts"
import { portOf } from "./networks.ts"

const Dish = Interface.make("dish")
const DishServer = Server.layer(Dish).pipe(Layer.provide(Dish.toLayer({})))

/** A device that listens where its settings say. */
const settings = Config.all({
  host: Config.String("KATCP_HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.Int("KATCP_PORT")
})
const configured = DishServer.pipe(Layer.provide(Layer.unwrap(Effect.map(settings, NodeServer.tcp))))
const started = (given: Record<string, string>) =>
  Effect.map(
    Layer.build(Layer.provide(configured, ConfigProvider.layer(ConfigProvider.fromUnknown(given)))),
    (context) => Context.get(context, Server.Server)
  )

describe("where a device listens", () => {
  it.live(
    "is set by host and port (P-339)",
    Effect.fnUntraced(function* () {
      const first = yield* started({ KATCP_PORT: "0" })
      assert.isAbove(portOf(first.address), 0)

      const port = yield* Effect.promise(freePort)
      const given = { KATCP_HOST: "127.0.0.1", KATCP_PORT: `${port}` }
      const { address } = yield* started(given)
      assert.strictEqual(portOf(address), port)
      const client = yield* Effect.provide(Client.make(Dish), NodeClient.tcp({ host: "127.0.0.1", port }))
      assert.isTrue((yield* client.call("watchdog")).ok)
      // it is taken now
      const taken = yield* Effect.flip(started(given))
      assert.strictEqual(taken._tag, "SocketServerError")
    })
  )

  it.live(
    "is only this address (P-339)",
    Effect.fnUntraced(function* () {
      const { address } = yield* started({ KATCP_HOST: "::1", KATCP_PORT: "0" })
      const at = Effect.fnUntraced(function* (host: string) {
        const client = yield* Effect.provide(
          Client.make(Dish, { reconnect: false }),
          NodeClient.tcp({ host, port: portOf(address) })
        )
        return client.isConnected
      }, Effect.scoped)
      assert.isTrue(yield* at("::1"))
      const refused = yield* Effect.flip(at("127.0.0.1"))
      assert.strictEqual(refused.reason._tag, "ConnectFailed")
    })
  )
})
