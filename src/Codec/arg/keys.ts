/** Checks a key of a record whose order is that of the wire. Throws if JavaScript would reorder it. */
export const checkedKey = (name: string): string => {
  if (String(Number(name) >>> 0) === name)
    throw new TypeError(
      `${JSON.stringify(name)} cannot be a key: JavaScript moves whole numbers to the front of a record`
    )
  if (name === "" || name === "__proto__") throw new TypeError(`${JSON.stringify(name)} cannot be a key`)
  return name
}
