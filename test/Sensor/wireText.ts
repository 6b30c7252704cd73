import { Encoder } from "katcp/Codec"

/** The written bytes, as text with a character for each. */
export const written = (write: (encoder: Encoder) => void): string => {
  const encoder = new Encoder()
  write(encoder)
  return Buffer.concat(encoder.take()).toString("latin1")
}

/** Bytes as text with a character for each. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")
