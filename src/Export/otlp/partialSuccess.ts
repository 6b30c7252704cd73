/** The points that a collector has refused (`ExportMetricsServiceResponse.partial_success.rejected_data_points`). */

/** Returns the number of points that an answer in JSON refuses; 0 for a malformed answer. */
export const rejectedByJson = (body: Uint8Array): number => {
  try {
    const { partialSuccess } = JSON.parse(new TextDecoder().decode(body)) as {
      readonly partialSuccess?: { readonly rejectedDataPoints?: unknown }
    }
    return Math.max(0, Number(partialSuccess?.rejectedDataPoints ?? 0) || 0)
  } catch {
    return 0
  }
}

/** The fields of a message in protobuf: numbers and bytes by their numbers. Undefined for a malformed message. */
const fieldsOf = (bytes: Uint8Array): ReadonlyMap<number, number | Uint8Array> | undefined => {
  const fields = new Map<number, number | Uint8Array>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < bytes.length) {
    const key = varint()
    const wire = key % 8
    if (wire === 0) fields.set(Math.floor(key / 8), varint())
    else if (wire === 2) {
      const length = varint()
      if (!(at + length <= bytes.length)) return undefined
      fields.set(Math.floor(key / 8), bytes.subarray(at, at + length))
      at += length
    } else return undefined
  }
  return fields
}

/** Returns the number of points that an answer in protobuf refuses; 0 for a malformed answer. */
export const rejectedByProtobuf = (body: Uint8Array): number => {
  const partial = fieldsOf(body)?.get(1)
  const rejected = partial instanceof Uint8Array ? fieldsOf(partial)?.get(1) : undefined
  return typeof rejected === "number" && rejected > 0 ? rejected : 0
}
