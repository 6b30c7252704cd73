/**
 * Recognizes peers that do not speak KATCP and must not be served: web pages, and programs that expect TLS. Any web
 * page can make a browser send a request to any port, with lines of the page's choice in its body. If the server only
 * complained about the HTTP lines before them, each of those lines would be a KATCP request.
 *
 * Three signs identify such a peer, and KATCP has none of them: the first bytes of a TLS handshake or of a STUN message
 * (sent by a page's WebRTC over TCP), and an HTTP request line.
 */
import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpSyntaxError } from "../../Message/index.ts"

const http = "This port speaks KATCP, not HTTP."
const tls = "This port speaks KATCP without TLS."
const stun = "This port speaks KATCP, not STUN."

/** The magic cookie of STUN (RFC 8489 §5): after type and length, which may have a length before them (RFC 4571). */
const cookie = [0x21, 0x12, 0xa4, 0x42] as const
/** Given by STUN (RFC 8489 §5): its magic cookie ends in the tenth byte, a length before it included (RFC 4571). */
const enough = 10

/** Examines the first bytes of a connection, in pieces of any size. */
export class Opening {
  private bytes: Array<number> | undefined = undefined
  /** `true` once the first bytes are identified. */
  decided = false

  /** Returns why the peer must not be served, or `undefined` if nothing suspicious was seen. */
  look(chunk: Uint8Array): string | undefined {
    if (this.decided || chunk.length === 0) return undefined
    // KATCP messages do not begin with a control character, so this usually decides
    const first = this.bytes?.[0] ?? chunk[0]!
    if (first > 0x08 && first !== 0x16) {
      this.decided = true
      return undefined
    }
    this.bytes ??= []
    this.bytes.push(...chunk.subarray(0, enough - this.bytes.length))
    const { bytes } = this
    // a record of TLS: handshake (22), then the major version, 3
    if (bytes.length > 1 && first === 0x16) {
      this.decided = true
      return bytes[1] === 0x03 ? tls : undefined
    }
    this.decided = bytes.length === enough
    return [4, 6].some((at) => cookie.every((byte, index) => bytes[at + index] === byte)) ? stun : undefined
  }
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09

/** The characters of a token (RFC 9110 §5.6.2): a method consists of them. */
const token = new Uint8Array(256)
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  token[character.charCodeAt(0)] = 1

const version = /^HTTP\/\d+(\.\d+)?$/i

/**
 * Returns `true` if a line is an HTTP request line: a method, a target and a version, separated by blanks. For a line
 * that was `cut`, a method that begins with a letter and something after it are enough.
 */
const isRequestLine = (line: Uint8Array, cut = false): boolean => {
  let start = 0
  while (isBlank(line[start])) start++
  let at = start
  while (token[line[at] ?? 0] === 1) at++
  if (at === start || !isBlank(line[at])) return false
  if (cut) return (line[start]! | 0x20) >= 0x61 && (line[start]! | 0x20) <= 0x7a
  let end = line.length
  while (isBlank(line[end - 1])) end--
  let last = end
  while (last > at && !isBlank(line[last - 1])) last--
  // there must be a target between the method and the version
  let target = at
  while (isBlank(line[target])) target++
  return last > target && end - last < 16 && version.test(String.fromCharCode(...line.subarray(last, end)))
}

/** Returns why the peer that sent a malformed line must not be served, or `undefined` if it may continue. */
export const foreignLine = (error: KatcpSyntaxError, maxLine: number): string | undefined =>
  isRequestLine(error.raw, error.position > maxLine) ? http : undefined

/**
 * Returns why the peer that sent a reply or inform as its first line must not be served: the methods `!x` and `#x` make
 * a request line look like a message.
 */
export const foreignMessage = (message: ParsedMessage): string | undefined =>
  message.length === 2 && message.id === undefined && version.test(message.text(1) ?? "") ? http : undefined

/** Examines the first line of a protocol other than KATCP, which web pages must not reach either. */
export class FirstLine {
  private readonly opening = new Opening()
  private head: ReadonlyArray<number> = []
  private done = false

  /** Returns why the peer must not be served, by the bytes received, or `undefined` if nothing suspicious was seen. */
  look(chunk: Uint8Array): string | undefined {
    if (this.done) return undefined
    if (this.head.length < shown) this.head = [...this.head, ...chunk.subarray(0, shown - this.head.length)]
    return this.opening.look(chunk)?.replace("KATCP", "lines")
  }

  /** Returns why the peer must not be served, by its first line. An over-long line is judged by its first bytes. */
  judge(line: Uint8Array | undefined): string | undefined {
    if (this.done) return undefined
    this.done = line === undefined || line.some((byte) => !isBlank(byte))
    const foreign = line === undefined ? isRequestLine(Uint8Array.from(this.head), true) : isRequestLine(line)
    return foreign ? "This port does not speak HTTP." : undefined
  }
}

/**
 * First bytes that are examined if the first line is too long. Not measured: a method and the beginning of its target
 * need fewer.
 */
const shown = 64
