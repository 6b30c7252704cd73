import type { WriteStream } from "node:tty"

/** Whether a stream is a terminal on which colours are wanted: not with `NO_COLOR`, nor where `TERM` is `dumb`. */
export const showsColours = (stream: Pick<WriteStream, "isTTY">): boolean =>
  stream.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb"
