/**
 * The requests by which the KATCP library in C administers a device's clients (C-125). Rev 5.1 does not have them, and
 * a device has them only if its contract includes them. All need the role `admin`, because they act on other clients.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import { Arg } from "../Codec/index.ts"
import { RequestFailed, version } from "../Message/index.ts"
import { holderOf } from "./Certificate.ts"
import type { ConnectedClient, Handlers } from "./Handler.ts"
import * as Request from "./Request.ts"

const role = "admin"

/** `?client-rename name [client]`: gives a client a name of its own beside its address. */
const clientRename = Request.make("client-rename", {
  doc: "Give a client a name, which the other requests of this kind accept: this client, or the one of that name or address.",
  args: { name: Arg.Text, client: Arg.optional(Arg.Text) },
  role
})

/** `?client-halt [client]`: disconnects a client. */
const clientHalt = Request.make("client-halt", {
  doc: "Disconnect a client: this one, or the one of that name or address.",
  args: { client: Arg.optional(Arg.Text) },
  role
})

/** `?client-config option [client]`: changes how a client is served. */
const clientConfig = Request.make("client-config", {
  doc: "Change how a client is served: this one, or the one of that name or address.\nsampling-none sets its strategies of all sensors to none.",
  args: { option: Arg.Discrete("sampling-none"), client: Arg.optional(Arg.Text) },
  role
})

/** `?list-duplex`: lists the connections with all their properties. */
const listDuplex = Request.make("list-duplex", {
  doc: "List the connections: name, address, role, listener, and the holder of the certificate if the client has one.",
  informs: {
    name: Arg.Text,
    address: Arg.Text,
    role: Arg.Text,
    listener: Arg.Text,
    holder: Arg.optional(Arg.Text)
  },
  reply: { count: Arg.Int },
  role
})

/** `?system-info`: describes the server. */
const systemInfo = Request.make("system-info", {
  doc: "Describe this server: the library, the protocol, the seconds since its start, and the number of clients.",
  informs: { name: Arg.Text, value: Arg.Text },
  reply: { count: Arg.Int },
  role
})

/**
 * The requests as items of a contract: `?client-rename`, `?client-halt`, `?client-config`, `?list-duplex` and
 * `?system-info`. `?client-list` is a standard request with flag M (Rev 5.1 §8.1), and lists addresses.
 *
 * The only option of `?client-config` is `sampling-none`. The other options of the library in C concern its relays, or
 * have a request of their own here: `?log-override` sets the log level of a client, with the server's option
 * `clientLogLevels`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Interface, Request } from "katcp"
 *
 * const { ClientAdmin } = Interface
 *
 * class Dish extends Interface.make("dish").add(Request.make("stow", { doc: "Stow." }), ...ClientAdmin.requests) {}
 *
 * export const DishLive = Dish.toLayer(
 *   Effect.gen(function* () {
 *     const administration = yield* ClientAdmin.handlers({ info: Effect.succeed({ site: "Karoo" }) })
 *     return { ...administration, stow: () => Effect.log("stowed") }
 *   })
 * )
 * ```
 *
 * @category requests
 * @since 0.1.0
 */
export const requests = [clientRename, clientHalt, clientConfig, listDuplex, systemInfo] as const

/** Characters of the longest name of a client. Not measured: names appear in log lines. */
const longestName = 64

/**
 * Returns the handlers of {@link requests}. `info` adds lines to `?system-info`, or replaces those of the same name. It
 * runs for each request. Names of clients live as long as these handlers.
 *
 * @category requests
 * @since 0.1.0
 */
export const handlers = (options?: {
  readonly info?: Effect.Effect<Readonly<Record<string, string | number>>> | undefined
}): Effect.Effect<Handlers<(typeof requests)[number]>> =>
  Effect.gen(function* () {
    const began = yield* Clock.monotonicTimeNanos
    // the name is released with the client
    const names = new WeakMap<ConnectedClient, string>()
    const nameOf = (client: ConnectedClient) => names.get(client) ?? client.address
    /** Returns the client of that name or address, or the requesting client without one. */
    const find = (asking: ConnectedClient, wanted: string | undefined) => {
      if (wanted === undefined) return Effect.succeed(asking)
      for (const client of asking.peers)
        if (names.get(client) === wanted || client.address === wanted) return Effect.succeed(client)
      return Effect.fail(
        new RequestFailed({ message: `Unknown client ${wanted}. ?list-duplex lists who is connected.` })
      )
    }
    return {
      "client-rename": ({ client: wanted, name }, { client: asking }) =>
        Effect.flatMap(find(asking, wanted), (client) => {
          if (name === "" || name.length > longestName)
            return Effect.fail(new RequestFailed({ message: `A name has 1 to ${longestName} characters.` }))
          for (const other of asking.peers)
            if (other !== client && (nameOf(other) === name || other.address === name))
              return Effect.fail(new RequestFailed({ message: `Another client is called ${name}.` }))
          return Effect.sync(() => void names.set(client, name))
        }),
      "client-halt": ({ client: wanted }, { client: asking, reply }) =>
        Effect.flatMap(find(asking, wanted), (client) => {
          // a client that halts itself gets its reply first
          reply({})
          return client.disconnect(`Disconnected by ${nameOf(asking)}.`)
        }),
      "client-config": ({ client: wanted }, { client: asking }) =>
        Effect.flatMap(find(asking, wanted), (client) => client.clearSampling),
      "list-duplex": (_, { client: asking, informs }) =>
        Effect.suspend(() => {
          const all = [...asking.peers]
          const lines = all.map((client) => ({
            name: nameOf(client),
            address: client.address,
            role: client.role,
            listener: NetAddress.formatSocketAddress(client.listener),
            ...(client.certificate === undefined ? {} : { holder: holderOf(client.certificate) })
          }))
          return Effect.as(informs(lines), { count: all.length })
        }),
      "system-info": (_, { client: asking, informs }) =>
        Effect.gen(function* () {
          const now = yield* Clock.monotonicTimeNanos
          const all = {
            library: `katcp-typescript-${version}`,
            protocol: asking.protocol.toString(),
            uptime: (Number(now - began) / 1e9).toFixed(3),
            clients: asking.peers.size,
            ...(yield* options?.info ?? Effect.succeed({}))
          }
          const lines = Object.entries(all).map(([name, value]) => ({ name, value: `${value}` }))
          yield* informs(lines)
          return { count: lines.length }
        })
    }
  })
