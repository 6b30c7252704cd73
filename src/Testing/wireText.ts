import { encode } from "../Codec/index.ts"
import type { Message } from "../Message/index.ts"

const decoder = new TextDecoder()

/** A message as it stands on the wire, without the end of its line. */
export const wireText = (message: Message): string => decoder.decode(encode(message).subarray(0, -1))
