/**
 * Returns `true` for the address of a PostgreSQL database.
 *
 * @category guards
 * @since 0.1.0
 */
export const isPostgres = (text: string): boolean => /^postgres(?:ql)?:\/\//.test(text)

/** Returns the host, port and name of a database, without its user. Throws for text that is not a URL. */
export const placeOfDatabase = (text: string): string => {
  const { hostname, pathname, port } = new URL(text)
  return `${hostname}:${port || "5432"}${pathname}`
}

/** `true` if two addresses of PostgreSQL have the same database, for any user. */
export const isSameDatabase = (one: string, other: string): boolean =>
  isPostgres(one) && URL.canParse(one) && URL.canParse(other) && placeOfDatabase(one) === placeOfDatabase(other)
