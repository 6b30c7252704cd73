import { encode } from "../Codec/index.ts"
import type { Message } from "../Message/index.ts"

const decoder = new TextDecoder()

/** Returns the wire form of a message, without the end of its line. */
export const wireText = (message: Message): string => decoder.decode(encode(message).subarray(0, -1))
