import * as Schema from "effect/Schema"
import type { KatcpError } from "../../Message/index.ts"

/**
 * A line of a board's log.
 *
 * @category models
 * @since 0.1.0
 */
export interface LogLine {
  /** The level: `fatal`, `error`, `warn`, … */
  readonly level: string
  /** The part of the server that logged it: `raw`, `kcpfpg`, … */
  readonly module: string
  /** The text. */
  readonly text: string
}

const LogLines = Schema.Array(Schema.Struct({ level: Schema.String, module: Schema.String, text: Schema.String }))

const because = (reasons: ReadonlyArray<LogLine>): string =>
  reasons.length === 0 ? "" : `. The board logged meanwhile: ${reasons.map(({ text }) => text).join("; ")}`

/**
 * The board refused a request. Its reasons, if any, are only in its log. All clients get its log, so the lines received
 * meanwhile are possible reasons.
 *
 * @category errors
 * @since 0.1.0
 */
export class BoardRefused extends Schema.TaggedError<BoardRefused>("katcp/Casper/BoardRefused")("BoardRefused", {
  /** The board. */
  host: Schema.String,
  /** The request. */
  request: Schema.String,
  /** The return code: `fail` or `invalid`. */
  code: Schema.String,
  /** The arguments after the return code. Usually empty. */
  detail: Schema.String,
  /** Lines of level warn, error and fatal between the request and its reply. */
  reasons: LogLines
}) {
  override get message(): string {
    return `${this.host}: ?${this.request}: ${this.code}${this.detail === "" ? "" : ` ${this.detail}`}${because(this.reasons)}`
  }
}

/**
 * The design in the FPGA has no register of this name.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownRegister extends Schema.TaggedError<UnknownRegister>("katcp/Casper/UnknownRegister")(
  "UnknownRegister",
  {
    /** The board. */
    host: Schema.String,
    /** The name. */
    register: Schema.String,
    /** The number of registers in the design. */
    known: Schema.Int
  }
) {
  override get message(): string {
    return this.known === 0
      ? `${this.host} has no registers: is the FPGA programmed?`
      : `${this.host} has no register ${this.register}; ${this.known} others are listed by ?listdev`
  }
}

/**
 * A place or a value does not fit a register. No request was sent.
 *
 * @category errors
 * @since 0.1.0
 */
export class DoesNotFit extends Schema.TaggedError<DoesNotFit>("katcp/Casper/DoesNotFit")("DoesNotFit", {
  /** The board. */
  host: Schema.String,
  /** The register. */
  register: Schema.String,
  /** A sentence for people. */
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.register} of ${this.host}: ${this.detail}`
  }
}

/**
 * A design could not be sent, or the FPGA was not programmed with it.
 *
 * @category errors
 * @since 0.1.0
 */
export class UploadFailed extends Schema.TaggedError<UploadFailed>("katcp/Casper/UploadFailed")("UploadFailed", {
  /** The board. */
  host: Schema.String,
  /**
   * The stage at which it failed. `checking`: nothing was sent. `asking`: no port was opened. `sending`: the design was not sent as a
   * whole. `programming`: the design was sent, and the FPGA did not become ready.
   */
  stage: Schema.Literals(["checking", "asking", "sending", "programming"]),
  /** A sentence for people. */
  detail: Schema.String,
  /** Lines of level warn, error and fatal during the upload. They may belong to another client's requests. */
  reasons: LogLines
}) {
  override get message(): string {
    return `${this.host}: ${this.detail}${because(this.reasons)}`
  }
}

/**
 * The errors of a request to a board.
 *
 * @category errors
 * @since 0.1.0
 */
export type BoardError = BoardRefused | UnknownRegister | DoesNotFit | KatcpError
