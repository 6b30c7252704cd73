import * as Schema from "effect/Schema"

/**
 * A sensor cannot take this: a value that is none of its type, an unknown status, a timestamp that is no number, ranges
 * that are none. The sensor keeps the reading, or the ranges, that it had.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidSensorValue extends Schema.TaggedError<InvalidSensorValue>("katcp/InvalidSensorValue")(
  "InvalidSensorValue",
  {
    /** The name of the sensor. */
    sensor: Schema.String,
    /** What is wrong. */
    detail: Schema.String
  }
) {
  override get message(): string {
    return `sensor ${this.sensor}: ${this.detail}`
  }
}

/**
 * There is no sensor of that name. The message holds `Unknown sensor`, which clients look for (Rev 5.1 §7.2).
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
 * A name filter `/…/` that is no regular expression, or one that would take too long.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidFilter extends Schema.TaggedError<InvalidFilter>("katcp/InvalidFilter")("InvalidFilter", {
  /** The regular expression, without the slashes. */
  pattern: Schema.String,
  /** What is wrong. */
  detail: Schema.String
}) {
  override get message(): string {
    return `bad regular expression: ${this.detail}`
  }
}

/**
 * A sensor cannot be linked to others in a tree: it would depend on itself (`cycle`), it follows a rule there already
 * (`taken`), or it is of a type that the tree is not for (`type`). Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidLink extends Schema.TaggedError<InvalidLink>("katcp/InvalidLink")("InvalidLink", {
  /** The name of the sensor that was to depend on another. */
  parent: Schema.String,
  reason: Schema.Literals(["cycle", "taken", "type"]),
  /** What is wrong. */
  detail: Schema.String
}) {
  override get message(): string {
    return `sensor ${this.parent}: ${this.detail}`
  }
}
