/**
 * The frames between the page and the gateway, from the page's side: text frames of JSON on `/api/live`. The gateway's
 * Schemas describe them (`src/Gateway/live/frames.ts`); a test of types checks that both are equal.
 *
 * @since 0.1.0
 */

/** A text; `base64` if it is not UTF-8. */
export type Text = string | { readonly base64: string }

/** A value in JSON: see `ValueJson` of the room Site. */
export type Value = number | boolean | Text

/** The first frame of a connection. */
export interface Hello {
  /** A different one than before means that the gateway was restarted. */
  readonly epoch: string
  readonly version: string
  /** The gateway's clock, in seconds since 1970. */
  readonly time: number
  readonly role: "read" | "control" | "admin"
  readonly name?: string
  /** `true` if the caller has logged in here. */
  readonly login: boolean
  readonly limits: { readonly [name: string]: number }
}

/** Index, device, name, type, units, description, parameters of a sensor. */
export type Meta = readonly [
  index: number,
  device: string,
  name: string,
  type: string,
  units: string,
  description: string,
  parameters: ReadonlyArray<string>
]

/** Index, time in milliseconds after the frame's, status code, value. */
export type Delta = readonly [index: number, time: number | null, code: number, value: Value | null]

/** A device. */
export interface LiveDevice {
  readonly name: string
  readonly state: string
  readonly connected: boolean
  /** The time since when it is connected or not, in seconds since 1970. */
  readonly since: number
  readonly reason?: string
  /** Numbers of sensors by status code. */
  readonly counts: ReadonlyArray<number>
  /** The requests that this caller can make; absent if unchanged. */
  readonly requests?: ReadonlyArray<string>
}

/** Changes. Apply `gone` first, then `meta`, then `d`. */
export interface Data {
  readonly n: number
  readonly time: number
  readonly gone?: ReadonlyArray<number>
  readonly meta?: ReadonlyArray<Meta>
  readonly d?: ReadonlyArray<Delta>
  readonly devices?: ReadonlyArray<LiveDevice>
  readonly goneDevices?: ReadonlyArray<string>
  readonly missing?: ReadonlyArray<string>
}

/** The answer to a subscription. */
interface Subscribed {
  readonly subscribed: number
  readonly sensors: number
  readonly unmatched?: ReadonlyArray<string>
}

/** An inform of a request. */
export interface Inform {
  readonly inform: number
  readonly name: string
  readonly args: ReadonlyArray<Text>
}

/** The end of a request. */
export interface Reply {
  readonly reply: number
  readonly code: "ok" | "fail" | "invalid" | "error"
  readonly args: ReadonlyArray<Text>
  readonly reason?: string
}

/** Device, level, time in seconds since 1970, logger, text. */
export type LogLine = readonly [device: string, level: string, time: number, logger: string, text: string]

/** A frame of the page was refused. */
export interface Refused {
  readonly of?: { readonly [key: string]: number }
  readonly title: string
  readonly detail: string
}

/** A frame of the gateway. */
export type FromGateway =
  | { readonly hello: Hello }
  | Data
  | Subscribed
  | Inform
  | Reply
  | { readonly logs: ReadonlyArray<LogLine>; readonly lost: number }
  | { readonly error: Refused }
  | { readonly bye: string }

/** A level of log records. */
export type Level = "off" | "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "all"

/** A frame of the page. */
export type ToGateway =
  | { readonly sub: number; readonly targets: ReadonlyArray<string>; readonly maxHz?: number }
  | { readonly unsub: number }
  | { readonly ack: number }
  | {
      readonly call: number
      readonly device: string
      readonly request: string
      readonly args?: ReadonlyArray<Text>
      readonly timeout?: number
    }
  | { readonly cancel: number }
  | { readonly logs: Level }
