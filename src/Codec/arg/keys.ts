/** A key of a record whose order is that of the wire; throws where JavaScript would not keep it. */
export const checkedKey = (name: string): string => {
  if (String(Number(name) >>> 0) === name)
    throw new TypeError(
      `${JSON.stringify(name)} is no key here: JavaScript moves whole numbers to the front of a record`
    )
  if (name === "" || name === "__proto__") throw new TypeError(`${JSON.stringify(name)} is no key here`)
  return name
}
