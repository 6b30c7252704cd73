import * as Schema from "effect/Schema"

/**
 * The site has no device of this name.
 *
 * @category errors
 * @since 0.1.0
 */
export class NoSuchDevice extends Schema.TaggedError<NoSuchDevice>("katcp/NoSuchDevice")("NoSuchDevice", {
  /** The requested name. */
  device: Schema.String,
  /** The names of the site's devices, at most twenty. */
  known: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const { device, known } = this
    const there = known.length === 0 ? "the site has no devices" : `the site has ${known.join(", ")}`
    return `there is no device ${JSON.stringify(device)}: ${there}`
  }
}

/**
 * A device cannot be added to the site.
 *
 * @category errors
 * @since 0.1.0
 */
export class DeviceRefused extends Schema.TaggedError<DeviceRefused>("katcp/DeviceRefused")("DeviceRefused", {
  /** The name of the device. */
  device: Schema.String,
  /**
   * `name`: the name is not valid. `exists`: there is a device of this name. `full`: there are too many. `fleet`: the
   * devices of the site are those of a fleet.
   */
  why: Schema.Literals(["name", "exists", "full", "fleet"]),
  /** The reason, and a remedy. */
  message: Schema.String
}) {}

/**
 * A request is not passed on: no allow list names it, or the role of the client is too low.
 *
 * @category errors
 * @since 0.1.0
 */
export class RequestRefused extends Schema.TaggedError<RequestRefused>("katcp/RequestRefused")("RequestRefused", {
  /** The name of the device. */
  device: Schema.String,
  /** The name of the request. */
  request: Schema.String,
  /** The reason, for people. */
  message: Schema.String
}) {}
