import type { Options } from "../Options.ts"

/**
 * Changes up to which `few` names each, whatever the number of items. Given by the client of this library, which lists all
 * items again for more names: then one inform is enough.
 */
const few = 256
/** The items for each further change that is named. Given by the client, as above. */
const itemsPerName = 10

/** Returns `true` if `#interface-changed` names each of some changes, among a number of sensors or requests. */
export const namesEach = (form: Options["interfaceChanged"], changes: number, items: number): boolean =>
  form === "each" || (form === "few" && changes <= Math.max(few, items / itemsPerName))
