import { createReadStream } from "node:fs"
import { promisify } from "node:util"
import { gunzip } from "node:zlib"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { causeOf } from "../../Message/index.ts"
import { NodeClient, NodeServer } from "../../Node/index.ts"
import type { Fpg } from "../fpg/Fpg.ts"
import { FpgError } from "../fpg/Fpg.ts"
import { parse } from "../fpg/parse.ts"
import { Network } from "../Network.ts"

/**
 * The network of this machine: TCP.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Network> = Layer.succeed(Network, {
  dial: (host, port) => Effect.map(Layer.build(NodeClient.tcp({ host, port })), Context.get(Socket.Socket)),
  listen: (host, port) =>
    Effect.map(Layer.build(NodeServer.tcp({ host, port })), Context.get(SocketServer.SocketServer))
})

/**
 * The largest file that is read: 512 MiB. Not measured: the largest designs have some 60 MB, and a file is read as a
 * whole.
 */
const maxFile = 536870912

/**
 * Reads a design from a file. A file that is compressed as a whole (`.fpg.gz`) is decompressed. Fails with `FpgError`
 * if the file cannot be read, has more than 512 MiB, or is not a design.
 *
 * @category files
 * @since 0.1.0
 */
export const file = (path: string): Effect.Effect<Fpg, FpgError> =>
  Effect.tryPromise({
    try: () => bytesOf(path),
    catch: (cause) => new FpgError({ reason: "Unreadable", line: 0, detail: `${path}: ${causeOf(cause)}` })
  }).pipe(
    Effect.flatMap((bytes) => Effect.fromResult(parse(bytes))),
    Effect.mapError((error) =>
      error.reason === "Unreadable"
        ? error
        : new FpgError({ reason: error.reason, line: error.line, detail: `${path}: ${error.detail}` })
    )
  )

const bytesOf = async (path: string): Promise<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  let size = 0
  for await (const part of createReadStream(path, { highWaterMark: 1048576 })) {
    parts.push(part)
    size += part.length
    if (size > maxFile) throw new Error(`the file has more than ${maxFile} bytes`)
  }
  const bytes = Buffer.concat(parts, size)
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? await promisify(gunzip)(bytes, { maxOutputLength: maxFile }) : bytes
}
