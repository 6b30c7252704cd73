import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Client, KatcpError, RequestFailed, RequestInvalid } from "katcp"
import { NodeClient } from "katcp/Node"
import type { Site as PromiseSite, SiteDeviceInput } from "katcp/promise"
import {
  Allow,
  type Asked,
  type Change,
  type Changes,
  type DeviceRefused,
  type Feed,
  type NoSuchDevice,
  type ReadingJson,
  type RequestRefused,
  type Row,
  readingJson,
  Selection,
  Site,
  type SiteDevice,
  type SiteShape
} from "katcp/Site"
import { expectTypeOf } from "vitest"

// devices are Sockets to dial, alone or with options; what a site needs is nothing but a Scope
const tcp = NodeClient.tcp({ host: "10.0.0.1", port: 7147 })
const made = Site.make({ devices: { m000: tcp, m001: { socket: tcp, client: { timeout: "1 second" } } } })
expectTypeOf<Effect.Success<typeof made>>().toEqualTypeOf<SiteShape>()
expectTypeOf<Effect.Error<typeof made>>().toEqualTypeOf<DeviceRefused>()
expectTypeOf<Effect.Services<typeof made>>().toEqualTypeOf<Scope.Scope>()
const layer = Site.layer({ devices: { m000: tcp }, selection: Selection.make(["m000/rx.*"]) })
expectTypeOf(layer).toEqualTypeOf<Layer.Layer<Site, DeviceRefused>>()
// @ts-expect-error a device is a Socket, not an address
void Site.make({ devices: { m000: "10.0.0.1:7147" } })
// @ts-expect-error the site itself says how its clients connect
void Site.make({ devices: { m000: { socket: tcp, client: { connecting: "fail" } } } })
// @ts-expect-error a rule has a strategy as data
Selection.make([{ match: "*", strategy: "event" }])

declare const site: SiteShape
declare const asked: Asked

// how each fails
expectTypeOf<Effect.Error<ReturnType<SiteShape["device"]>>>().toEqualTypeOf<NoSuchDevice>()
type Failure = KatcpError | RequestFailed | RequestInvalid
const reading = site.reading("m000/rx.temp")
expectTypeOf<Effect.Success<typeof reading>>().toEqualTypeOf<Client.RemoteReading<unknown>>()
expectTypeOf<Effect.Error<typeof reading>>().toEqualTypeOf<NoSuchDevice | Failure>()
const waiting = site.waitFor("m000/rx.temp", ({ value, status }) => value === 3 && status === "nominal")
expectTypeOf<Effect.Error<typeof waiting>>().toEqualTypeOf<NoSuchDevice | KatcpError>()
void site.waitFor("m000/mode", "stow", { timeout: "1 minute" })
// @ts-expect-error no sensor has such a value
void site.waitFor("m000/mode", { mode: "stow" })
const answer = site.request("m000", "track", [1, 2.5])
expectTypeOf<Effect.Success<typeof answer>>().toEqualTypeOf<Client.Answer>()
expectTypeOf<Effect.Error<typeof answer>>().toEqualTypeOf<NoSuchDevice | Failure>()
const passed = site.pass(asked)
expectTypeOf<Effect.Error<typeof passed>>().toEqualTypeOf<NoSuchDevice | RequestRefused | KatcpError>()
const streamed = site.passWith(asked, (device) => {
  expectTypeOf(device).toEqualTypeOf<SiteDevice>()
  return site.reading("m000/rx.temp")
})
expectTypeOf<Effect.Error<typeof streamed>>().toEqualTypeOf<NoSuchDevice | RequestRefused | Failure>()
expectTypeOf<Effect.Error<ReturnType<SiteShape["add"]>>>().toEqualTypeOf<DeviceRefused>()
expectTypeOf(site.synced).toEqualTypeOf<Effect.Effect<void>>()
expectTypeOf(site.changes({ every: "1 second" })).toEqualTypeOf<Stream.Stream<Changes>>()
expectTypeOf(site.table.feed).toEqualTypeOf<Effect.Effect<Feed, never, Scope.Scope>>()

// rows and changes
declare const row: Row
declare const change: Change
expectTypeOf(row.value).toEqualTypeOf<unknown>()
expectTypeOf(row.reading).toEqualTypeOf<Client.WireReading | undefined>()
expectTypeOf(row.bytes).toEqualTypeOf<Uint8Array | undefined>()
// @ts-expect-error rows are the table's to change
row.definition = change.row.definition
// @ts-expect-error and revisions too
row.revision = 7
// only a Reading has one
if (change._tag === "Reading") expectTypeOf(change.reading).toEqualTypeOf<Client.WireReading>()
// @ts-expect-error
if (change._tag === "Added") change.reading
expectTypeOf(readingJson(row)).toEqualTypeOf<ReadingJson>()
expectTypeOf(Allow.only("m000/track").permits("m000", "track")).toEqualTypeOf<boolean>()

// the promise form takes addresses, and either those or host and port
const inputs: ReadonlyArray<SiteDeviceInput> = [
  "katcps://m000:7149",
  { host: "m000", port: 7147 },
  { address: "unix:/run/m000.sock", description: "the first" }
]
void inputs
// @ts-expect-error one of both
const both: SiteDeviceInput = { port: 7147, address: "m000" }
void both
declare const promised: PromiseSite
expectTypeOf(promised.changes({ every: 1000 })).toEqualTypeOf<AsyncIterable<Changes>>()
// @ts-expect-error effects stay below
promised.table.feed
// @ts-expect-error
promised.devices.get("m000")!.client
