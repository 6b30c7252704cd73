import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { type Client, Message } from "katcp"
import { type ClientEvent, type ClientState, initial, isConnected, next } from "../../../src/Client/connection/State.ts"

const reason = new Message.KatcpError({ reason: new Message.Disconnected({ sent: false, detail: "it was unplugged" }) })
const other = new Message.KatcpError({ reason: new Message.Disconnected({ sent: false, detail: "before that" }) })
const protocol = Message.Protocol.make(5, 1, "MIB")
const protocol4 = Message.Protocol.make(4, 0)

const events: { readonly [Tag in ClientEvent["_tag"]]: Extract<ClientEvent, { readonly _tag: Tag }> } = {
  Connecting: { _tag: "Connecting", attempt: 2 },
  Opened: { _tag: "Opened" },
  Connected: { _tag: "Connected", protocol },
  Syncing: { _tag: "Syncing", dataSynced: false },
  Synced: { _tag: "Synced" },
  SyncFailed: { _tag: "SyncFailed", reason, delay: 500 },
  ConnectFailed: { _tag: "ConnectFailed", reason, attempt: 2 },
  Disconnected: { _tag: "Disconnected", reason },
  Sleeping: { _tag: "Sleeping", delay: 500 },
  Closed: { _tag: "Closed", reason }
}

const states: { readonly [Tag in ClientState["_tag"]]: Extract<ClientState, { readonly _tag: Tag }> } = {
  Connecting: { _tag: "Connecting", attempt: 1 },
  Negotiating: { _tag: "Negotiating" },
  Connected: { _tag: "Connected", protocol: protocol4 },
  Syncing: { _tag: "Syncing", protocol: protocol4, dataSynced: true },
  Synced: { _tag: "Synced", protocol: protocol4 },
  Disconnected: { _tag: "Disconnected", reason: other },
  Sleeping: { _tag: "Sleeping", reason: other, delay: 250 },
  Closed: { _tag: "Closed", reason: other }
}

/** All that leads anywhere: from which state, by which event, and where to. Closed leads nowhere, and all lead to it. */
const transitions: ReadonlyArray<readonly [ClientState["_tag"], ClientEvent["_tag"], ClientState]> = [
  ["Disconnected", "Connecting", events.Connecting],
  ["Sleeping", "Connecting", events.Connecting],
  ["Connecting", "Opened", { _tag: "Negotiating" }],
  ["Connecting", "ConnectFailed", { _tag: "Disconnected", reason }],
  ["Negotiating", "ConnectFailed", { _tag: "Disconnected", reason }],
  ["Negotiating", "Connected", { _tag: "Connected", protocol }],
  ["Connected", "Syncing", { _tag: "Syncing", protocol: protocol4, dataSynced: false }],
  ["Syncing", "Syncing", { _tag: "Syncing", protocol: protocol4, dataSynced: false }],
  ["Synced", "Syncing", { _tag: "Syncing", protocol: protocol4, dataSynced: false }],
  ["Connected", "Synced", { _tag: "Synced", protocol: protocol4 }],
  ["Syncing", "SyncFailed", states.Syncing],
  ["Syncing", "Synced", { _tag: "Synced", protocol: protocol4 }],
  ["Connected", "Disconnected", { _tag: "Disconnected", reason }],
  ["Syncing", "Disconnected", { _tag: "Disconnected", reason }],
  ["Synced", "Disconnected", { _tag: "Disconnected", reason }],
  ["Disconnected", "Sleeping", { _tag: "Sleeping", reason: other, delay: 500 }],
  ...(["Connecting", "Negotiating", "Connected", "Syncing", "Synced", "Disconnected", "Sleeping"] as const).map(
    (state) => [state, "Closed", { _tag: "Closed", reason }] as const
  )
]

describe("the states of a client", () => {
  for (const state of Object.values(states))
    for (const event of Object.values(events)) {
      const found = transitions.find(([from, by]) => from === state._tag && by === event._tag)
      it(`${event._tag} at ${state._tag} leads to ${found?.[2]._tag ?? "nothing"}`, () => {
        assert.deepStrictEqual(next(state, event), found?.[2])
      })
    }

  it("requests can be made at Connected, Syncing and Synced (A-328, B-155)", () => {
    const connected = Object.values(states).filter(isConnected)
    assert.deepStrictEqual(
      connected.map(({ _tag }) => _tag),
      ["Connected", "Syncing", "Synced"]
    )
  })

  it("a client begins disconnected, and knows the host", () => {
    const state = initial("dish:7147")
    assert.isTrue(state._tag === "Disconnected" && state.reason.host === "dish:7147")
    assert.isTrue(state._tag === "Disconnected" && state.reason.message.includes("not connected yet"))
    assert.strictEqual(next(state, events.Connecting)?._tag, "Connecting")
  })

  const tags = Object.keys(events) as ReadonlyArray<ClientEvent["_tag"]>
  // the closing one is seldom, so most of the sequences are long
  const Tag = Schema.Literals(["Closed", ...tags.filter((tag) => tag !== "Closed"), ...tags.slice(0, 5)])

  it.prop(
    "are connected only after a connection, and closed for good, whatever happens (trap: synced while disconnected)",
    { sequence: Schema.Array(Tag).check(Schema.isMaxLength(60)) },
    ({ sequence }) => {
      let state: Client.ClientState = initial(undefined)
      const happened: Array<ClientEvent["_tag"]> = []
      for (const tag of sequence) {
        happened.push(tag)
        state = next(state, events[tag]) ?? state
        assert.strictEqual(state._tag === "Closed", happened.includes("Closed"))
        if (!isConnected(state)) continue
        // one that cannot happen in its state counts as well: the connection is never there behind it
        const lost = happened.lastIndexOf("Disconnected")
        const connected = happened.indexOf("Connected", lost + 1)
        assert.isAbove(connected, lost, `${state._tag} after ${happened}`)
        const opened = happened.lastIndexOf("Opened", happened.lastIndexOf("Connected"))
        assert.isAbove(opened, happened.indexOf("Connecting"), `${state._tag} after ${happened}`)
        if (state._tag !== "Connected") assert.include(happened.slice(connected), state._tag)
      }
    },
    { arbitrary: { runs: 1000, size: 60 } }
  )
})
