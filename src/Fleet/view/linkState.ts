import * as Schema from "effect/Schema"

/** The state of a device as its runner reports it to the others, in the sensor `proxy.m000.state`. */
const LinkState = Schema.Struct({
  /** The number of the runner's activation of the device. */
  epoch: Schema.Int,
  state: Schema.String,
  connected: Schema.Boolean,
  synced: Schema.Boolean,
  since: Schema.Finite,
  syncedAt: Schema.optionalKey(Schema.Finite),
  address: Schema.optionalKey(Schema.String),
  description: Schema.String,
  error: Schema.optionalKey(Schema.String),
  protocol: Schema.optionalKey(Schema.String),
  losses: Schema.Int,
  /** The roles of requests in the device's contract; absent without a contract. */
  roles: Schema.optionalKey(Schema.Record(Schema.String, Schema.Literals(["read", "control", "admin"]))),
  /** The number of sensors by status code. */
  counts: Schema.Array(Schema.Int)
})

/** The state of a device as its runner reports it. */
export type LinkState = typeof LinkState.Type

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(LinkState))

/** Parses a state; undefined for a malformed text. */
export const parseLinkState = (text: string): LinkState | undefined => {
  const decoded = decode(text)
  return decoded._tag === "Success" ? decoded.success : undefined
}
