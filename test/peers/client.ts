/**
 * Devices against the client, as the test folders of the two Python libraries script them, in our own words. A device
 * greets, gets one request, answers it with these lines, and may end the connection.
 */
import type { Peers } from "./messages.ts"

/** How a request ends. */
export type End =
  | { readonly ok: ReadonlyArray<string>; readonly informs?: ReadonlyArray<string> }
  | { readonly fails: "RequestFailed" | "RequestInvalid"; readonly message: string }
  | { readonly fails: "KatcpError"; readonly reason: string }

export interface Script {
  readonly title: string
  readonly peers: Peers
  /** The request of the client: name and arguments, one character per byte. */
  readonly ask: readonly [name: string, ...args: ReadonlyArray<string>]
  /** How the request stands on the wire. */
  readonly line: string
  /** The output of the device, lines without their end; `close` ends its side. */
  readonly answer: ReadonlyArray<string>
  readonly ends: End
  /** Unexpected input. */
  readonly odd?: Readonly<Record<string, number>>
  readonly departure?: string
}

const aio = "aiokatcp 2.3.0"
const kp = "katcp 0.9.3"

export const scripts: ReadonlyArray<Script> = [
  {
    title: "a reply without values",
    peers: "both",
    ask: ["echo"],
    line: "?echo[1]",
    answer: ["!echo[1] ok"],
    ends: { ok: [] }
  },
  {
    title: "arguments of any bytes come back as they went",
    peers: aio,
    ask: ["echo", "123", "h\xaf\xce\0"],
    line: "?echo[1] 123 h\xaf\xce\\0",
    answer: ["!echo[1] ok 123 h\xaf\xce\\0"],
    ends: { ok: ["123", "h\xaf\xce\0"] }
  },
  {
    title: "a failure with its reason",
    peers: "both",
    ask: ["failme"],
    line: "?failme[1]",
    answer: ["!failme[1] fail Error\\_message"],
    ends: { fails: "RequestFailed", message: "Error message" }
  },
  {
    title: "a failure without a reason",
    peers: aio,
    ask: ["failme"],
    line: "?failme[1]",
    answer: ["!failme[1] fail"],
    ends: { fails: "RequestFailed", message: "" }
  },
  {
    title: "a reason that is not UTF-8",
    peers: aio,
    ask: ["failme"],
    line: "?failme[1]",
    answer: ["!failme[1] fail \xaf"],
    ends: { fails: "RequestFailed", message: "\udcaf" },
    departure: "aiokatcp puts U+FFFD; ours keeps the byte (Rev 5.1 §3; P-081)"
  },
  {
    title: "a request that the device does not have",
    peers: "both",
    ask: ["unknown"],
    line: "?unknown[1]",
    answer: ["!unknown[1] invalid Unknown\\_request"],
    ends: { fails: "RequestInvalid", message: "Unknown request" }
  },
  {
    title: "a reply without a code",
    peers: aio,
    ask: ["unknown"],
    line: "?unknown[1]",
    answer: ["!unknown[1]"],
    ends: { fails: "KatcpError", reason: "MalformedReply" },
    departure: "aiokatcp takes it for invalid; a reply has a code (Rev 5.1 §2; P-005)"
  },
  {
    title: "informs before their reply, in their order",
    peers: "both",
    ask: ["help"],
    line: "?help[1]",
    answer: ["#help[1] help Show\\_help", "#help[1] halt Halt", "!help[1] ok 2"],
    ends: { ok: ["2"], informs: ["help", "halt"] }
  },
  {
    title: "informs of others do not count",
    peers: kp,
    ask: ["help"],
    line: "?help[1]",
    answer: ["#help[7] x y", "#other a", "#help[1] help Show\\_help", "!help[1] ok 1"],
    ends: { ok: ["1"], informs: ["help"] },
    odd: { UnexpectedInform: 1 }
  },
  {
    title: "a reply with an id that was not asked for is passed over",
    peers: "both",
    ask: ["echo"],
    line: "?echo[1]",
    answer: ["!surprise[3]", "!echo[1] ok"],
    ends: { ok: [] },
    odd: { UnexpectedReply: 1 }
  },
  {
    title: "a reply without an id, where the device has ids, is nobody's",
    peers: aio,
    ask: ["echo"],
    line: "?echo[1]",
    answer: ["!surprise ok", "!echo[1] ok"],
    ends: { ok: [] },
    odd: { UnexpectedReply: 1 }
  },
  {
    title: "a request of the device is answered with invalid, and disturbs nothing",
    peers: "both",
    ask: ["echo"],
    line: "?echo[1]",
    answer: ["?surprise", "!echo[1] ok"],
    ends: { ok: [] },
    odd: { UnknownRequest: 1 }
  },
  {
    title: "lines that are not messages are ignored",
    peers: "both",
    ask: ["echo"],
    line: "?echo[1]",
    answer: ["malformed", "#exception \\q", "!echo[1] ok"],
    ends: { ok: [] },
    odd: { BadLine: 2 }
  },
  {
    title: "an end of the connection before the reply",
    peers: "both",
    ask: ["help"],
    line: "?help[1]",
    answer: ["#help[1] halt Halt", "close"],
    ends: { fails: "KatcpError", reason: "Disconnected" }
  },
  {
    title: "#disconnect before the reply",
    peers: aio,
    ask: ["help"],
    line: "?help[1]",
    answer: ["#disconnect Server\\_exiting", "close"],
    ends: { fails: "KatcpError", reason: "Disconnected" }
  }
]

/** The greeting of a device, and its result. */
export const greetings: ReadonlyArray<{
  readonly title: string
  readonly peers: Peers
  readonly lines: ReadonlyArray<string>
  /** Undefined where the client gives up. */
  readonly protocol: string | undefined
  readonly departure?: string
}> = [
  {
    title: "a version with flags",
    peers: "both",
    lines: ["#version-connect katcp-protocol 5.1-IMB"],
    protocol: "5.1-BIM"
  },
  {
    title: "what is not a version",
    peers: aio,
    lines: ["#version-connect katcp-protocol notvalid"],
    protocol: undefined
  },
  {
    title: "flag I with version 4, which has no ids",
    peers: aio,
    lines: ["#version-connect katcp-protocol 4.0-I"],
    protocol: "4.0-I",
    departure: "aiokatcp speaks version 5 alone, ours version 4 too; ids are not used there (Rev 5.1 §2.2; P-124)"
  },
  {
    title: "a version 4 device, by its informs",
    peers: kp,
    lines: ["#version device_stub-0.1", "#build-state name-0.1"],
    protocol: "4.0"
  }
]
