import * as Inspectable from "effect/Inspectable"

/**
 * Returns the text of a thrown value, without the stack: the message of an error, or its name if the message is empty.
 * Other values are converted to text. Returns `otherwise` if there is no text. Never throws.
 *
 * @category errors
 * @since 0.1.0
 */
export const errorText = (thrown: unknown, otherwise = "an error without a message"): string => {
  try {
    const text = thrown instanceof Error ? thrown.message || thrown.name : Inspectable.toStringUnknown(thrown, 0)
    if (typeof text === "string" && text !== "") return text
  } catch {
    // the value has no text
  }
  return otherwise
}
