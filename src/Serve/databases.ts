/** Returns `true` for the address of a PostgreSQL database. */
export const isPostgres = (text: string): boolean => /^postgres(?:ql)?:\/\//.test(text)

/** `true` if two addresses of PostgreSQL have the same database, for any user. */
export const isSameDatabase = (one: string, other: string): boolean => {
  if (!isPostgres(one) || !URL.canParse(one) || !URL.canParse(other)) return false
  const place = ({ hostname, pathname, port }: URL) => `${hostname}:${port || "5432"}${pathname}`
  return place(new URL(one)) === place(new URL(other))
}
