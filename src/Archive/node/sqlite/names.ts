/**
 * Names and descriptions as they stand in a file. A device may give them any bytes; those that are no UTF-8, and those with a
 * NUL, of which some versions of Node read only the part before it, stand there as blobs.
 */
import { decodeText } from "../../../Message/index.ts"
import { type Text, textOf } from "../../model/Value.ts"

/** Returns a text as it is stored. */
export const storedText = (text: string): Text => textOf(text)!

/** Returns what was stored as text. */
export const loadedText = (text: Text): string => (typeof text === "string" ? text : decodeText(text))
