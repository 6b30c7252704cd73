/** Returns `true` for the address of a store: `sqlite:FILE`, a file alone, or `postgres://…`. */
export const isStore = (text: string): boolean => isPostgres(text) || fileOf(text) !== undefined

/** Returns `true` for the address of a database of PostgreSQL. */
export const isPostgres = (text: string): boolean => /^postgres(?:ql)?:\/\//.test(text)

/** Returns the file of an address of SQLite, `sqlite:FILE` or a file alone; `undefined` for another text. */
export const fileOf = (text: string): string | undefined => {
  const file = text.startsWith("sqlite:") ? text.slice("sqlite:".length) : text
  return file === "" || /^[a-z]+:/i.test(file) ? undefined : file
}
