/** A field of a CSV file (RFC 4180), in quotation marks if necessary. */
const field = (value: unknown): string => {
  if (value === undefined || value === null) return ""
  const text = typeof value === "object" ? JSON.stringify(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A line of a CSV file. */
export const csvLine = (values: ReadonlyArray<unknown>): string => `${values.map(field).join(",")}\r\n`
