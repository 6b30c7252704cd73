import * as Inspectable from "effect/Inspectable"

/** What something that was thrown says, without its stack; never an error itself. */
export const messageOf = (defect: unknown, otherwise: string): string => {
  try {
    const text = defect instanceof Error ? defect.message || defect.name : Inspectable.toStringUnknown(defect, 0)
    if (typeof text === "string" && text !== "") return text
  } catch {
    // it has no text
  }
  return otherwise
}
