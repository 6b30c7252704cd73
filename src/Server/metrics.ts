import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import { Address } from "../Codec/index.ts"
import type { Hub } from "./Hub.ts"

/** Of each figure: the name of its metric, what it is, and where it is read. */
const gauges: ReadonlyArray<readonly [name: string, description: string, read: (hub: Hub) => number]> = [
  ["katcp_server_clients", "Clients connected", (hub) => hub.clients.size],
  ["katcp_server_sampled", "Pairs of a client and a sensor that it samples", (hub) => hub.sampled],
  ["katcp_server_requests_in_flight", "Requests being answered", (hub) => hub.inFlight],
  ["katcp_server_queued_bytes", "Bytes that wait for clients", (hub) => hub.queuedBytes]
]
const counters: ReadonlyArray<readonly [name: string, description: string, read: (hub: Hub) => number]> = [
  ["katcp_server_unknown_requests_total", "Requests that there are none of", (hub) => hub.counts.unknownRequests],
  ["katcp_server_informs_total", "Informs sent", (hub) => hub.counts.informs],
  ["katcp_server_syntax_errors_total", "Lines received that are no messages", (hub) => hub.counts.syntaxErrors],
  ["katcp_server_slow_clients_total", "Clients disconnected since they did not read", (hub) => hub.counts.slowClients],
  ["katcp_server_refused_requests_total", "Requests that the client may not make", (hub) => hub.counts.refusedRequests],
  ["katcp_server_refused_clients_total", "Clients not let in", (hub) => hub.counts.refusedClients],
  [
    "katcp_server_largest_clients_total",
    "Clients disconnected as those that held most",
    (hub) => hub.counts.largestClients
  ]
]

/** An address as people write it. */
export const textOf = (address: NetAddress.SocketAddress): string =>
  address._tag === "UnixPathAddress" ? address.path : Address.fromInet(address).toString()

/**
 * Lets the metrics of Effect be read from what the hub knows anyway, until the scope closes: nothing is done but when
 * somebody reads them.
 */
export const register = (
  hub: Hub,
  context: Context.Context<never>,
  device: string,
  address: NetAddress.SocketAddress
): Effect.Effect<Registered, never, Scope.Scope> => {
  const attributes = { device, address: textOf(address) }
  const add = <State>(metric: Metric.Metric<number, State>, get: () => State) =>
    Metric.registerUnsafe(metric, context, { get, update: () => {}, modify: () => {} })
  const gauge = ([name, description, read]: (typeof gauges)[number]) =>
    add(Metric.gauge(name, { description, attributes }), () => ({ value: read(hub) }))
  const counter = (name: string, description: string, attributes: Record<string, string>, read: () => number) =>
    add(Metric.counter(name, { description, attributes, incremental: true }), () => ({
      count: read(),
      incremental: true
    }))
  const request = (name: string) =>
    counter(
      "katcp_server_requests_total",
      "Requests made",
      { ...attributes, request: name },
      () => hub.requests.get(name)?.count ?? 0
    )
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => ({
        own: [
          ...gauges.map(gauge),
          ...counters.map(([name, description, read]) => counter(name, description, attributes, () => read(hub)))
        ],
        requests: new Map(Array.from(hub.requests.keys(), (name) => [name, request(name)]))
      })),
      ({ own, requests }) =>
        Effect.sync(() => {
          for (const registration of [...own, ...requests.values()]) registration.remove()
        })
    ),
    ({ requests }) => ({
      add: (name) => {
        if (!requests.has(name)) requests.set(name, request(name))
      },
      remove: (name) => {
        requests.get(name)?.remove()
        requests.delete(name)
      }
    })
  )
}

/** The counters of requests: a request that comes gets one, and loses it when it goes. */
export interface Registered {
  readonly add: (name: string) => void
  readonly remove: (name: string) => void
}
