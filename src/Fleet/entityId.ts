/**
 * The id of a device's entity. The cluster computes the shard of an entity from its id alone, so only the id can select
 * the runner of a device: `m000` or, after a move, `m000~7`. The number is the salt of the device.
 */

/** Returns the id of the entity of a device. */
export const entityIdOf = (device: string, salt: number): string => (salt === 0 ? device : `${device}~${salt}`)

/** Returns the device of an entity, and its salt. */
export const deviceOf = (entityId: string): { readonly device: string; readonly salt: number } => {
  const at = entityId.indexOf("~")
  return at === -1
    ? { device: entityId, salt: 0 }
    : { device: entityId.slice(0, at), salt: Number(entityId.slice(at + 1)) }
}
