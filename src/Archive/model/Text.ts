/**
 * The column `text`: bytes only for text that is not UTF-8 or has a NUL, which not every engine keeps in text.
 *
 * @category models
 * @since 0.1.0
 */
export type Text = string | Uint8Array

/** `true` if two values of the column `text` are equal. */
export const sameText = (one: Text | null | undefined, other: Text | null | undefined): boolean => {
  if (one == null || other == null) return (one ?? null) === (other ?? null)
  if (typeof one === "string" || typeof other === "string") return one === other
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}
