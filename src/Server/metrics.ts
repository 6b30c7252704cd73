import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import { addressText } from "./listening/addressText.ts"
import type { RequestTable } from "./requests/Entry.ts"
import type { Counts } from "./Stats.ts"

/** The figures of a server that its metrics read. */
interface Figures {
  readonly clients: {
    readonly size: number
    readonly sampled: number
    readonly inFlight: number
    readonly queuedBytes: number
  }
  readonly counts: Counts
  readonly requests: RequestTable
}

/** For each figure: the name of its metric, a description, and the function that reads it. */
const gauges: ReadonlyArray<readonly [name: string, description: string, read: (figures: Figures) => number]> = [
  ["katcp_server_clients", "Clients connected", ({ clients }) => clients.size],
  ["katcp_server_sampled", "Pairs of a client and a sensor that it samples", ({ clients }) => clients.sampled],
  ["katcp_server_requests_in_flight", "Requests being answered", ({ clients }) => clients.inFlight],
  ["katcp_server_queued_bytes", "Bytes that wait for clients", ({ clients }) => clients.queuedBytes]
]
const counters: ReadonlyArray<readonly [name: string, description: string, read: (figures: Figures) => number]> = [
  ["katcp_server_unknown_requests_total", "Requests with an unknown name", ({ counts }) => counts.unknownRequests],
  ["katcp_server_informs_total", "Informs sent", ({ counts }) => counts.informs],
  ["katcp_server_syntax_errors_total", "Lines received that are not messages", ({ counts }) => counts.syntaxErrors],
  [
    "katcp_server_slow_clients_total",
    "Clients disconnected because they did not read",
    ({ counts }) => counts.slowClients
  ],
  ["katcp_server_refused_requests_total", "Requests refused to the client", ({ counts }) => counts.refusedRequests],
  ["katcp_server_refused_clients_total", "Clients refused", ({ counts }) => counts.refusedClients],
  [
    "katcp_server_largest_clients_total",
    "Clients disconnected because they held most memory",
    ({ counts }) => counts.largestClients
  ]
]

/**
 * Registers the figures of a server as Effect metrics, until the Scope closes. They cost nothing until they are read.
 */
export const register = (
  figures: Figures,
  context: Context.Context<never>,
  device: string,
  address: NetAddress.SocketAddress
): Effect.Effect<Registered, never, Scope.Scope> => {
  const attributes = { device, address: addressText(address) }
  const add = <State>(metric: Metric.Metric<number, State>, get: () => State) =>
    Metric.registerUnsafe(metric, context, { get, update: () => {}, modify: () => {} })
  const gauge = ([name, description, read]: (typeof gauges)[number]) =>
    add(Metric.gauge(name, { description, attributes }), () => ({ value: read(figures) }))
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
      () => figures.requests.get(name)?.count ?? 0
    )
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => ({
        own: [
          ...gauges.map(gauge),
          ...counters.map(([name, description, read]) => counter(name, description, attributes, () => read(figures)))
        ],
        requests: new Map(Array.from(figures.requests.keys(), (name) => [name, request(name)]))
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

/** The counters of requests: an added request gets one, and a removed request loses it. */
export interface Registered {
  readonly add: (name: string) => void
  readonly remove: (name: string) => void
}
