/** WebSockets made by hand (RFC 6455), so every header and every frame can be wrong. */
import { randomBytes } from "node:crypto"
import type { Wire } from "./wire.ts"

/** Asks for a WebSocket. Returns `true` if the server agrees. */
export const upgrade = async (wire: Wire, host: string, origin?: string): Promise<boolean> => {
  await wire.write(
    [
      "GET / HTTP/1.1",
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      "Sec-WebSocket-Version: 13",
      ...(origin === undefined ? [] : [`Origin: ${origin}`]),
      "\r\n"
    ].join("\r\n")
  )
  await wire.has("\r\n\r\n", 30_000)
  return wire.text.startsWith("HTTP/1.1 101 ")
}

/** One binary frame of a client, masked with zeros. */
export const frame = (payload: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(14)
  header[0] = 0x82
  header[1] = 0x80 | 127
  header.writeBigUInt64BE(BigInt(payload.length), 2)
  return Buffer.concat([header, payload])
}
