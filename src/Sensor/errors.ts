import * as Schema from "effect/Schema"

/**
 * A sensor cannot take a value that is not of its type, an unknown status, a timestamp that is not a number, or
 * inconsistent ranges. The sensor keeps its reading and its ranges.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidSensorValue extends Schema.TaggedError<InvalidSensorValue>("katcp/InvalidSensorValue")(
  "InvalidSensorValue",
  {
    /** The name of the sensor. */
    sensor: Schema.String,
    /** The reason. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `sensor ${this.sensor}: ${this.detail}`
  }
}

/**
 * There is no sensor of that name. The message contains `Unknown sensor`, which clients look for (Rev 5.1 §7.2).
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownSensor extends Schema.TaggedError<UnknownSensor>("katcp/UnknownSensor")("UnknownSensor", {
  /** The name. */
  name: Schema.String
}) {
  override get message(): string {
    return `Unknown sensor '${this.name}'`
  }
}

/**
 * A name filter `/…/` that is not a regular expression, or one that would take too long.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidFilter extends Schema.TaggedError<InvalidFilter>("katcp/InvalidFilter")("InvalidFilter", {
  /** The regular expression, without the slashes. */
  pattern: Schema.String,
  /** The reason. */
  detail: Schema.String
}) {
  override get message(): string {
    return `bad regular expression: ${this.detail}`
  }
}

/**
 * A sensor cannot be linked to others in a tree: it would depend on itself (`cycle`), it has a rule already (`taken`),
 * or it is not of the tree's type (`type`). Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidLink extends Schema.TaggedError<InvalidLink>("katcp/InvalidLink")("InvalidLink", {
  /** The name of the intended parent. */
  parent: Schema.String,
  reason: Schema.Literals(["cycle", "taken", "type"]),
  /** The reason. */
  detail: Schema.String
}) {
  override get message(): string {
    return `sensor ${this.parent}: ${this.detail}`
  }
}
