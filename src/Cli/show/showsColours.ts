import type { WriteStream } from "node:tty"

/** Returns `true` if a stream is a terminal with colours: not with `NO_COLOR`, nor with the `TERM` `dumb`. */
export const showsColours = (stream: Pick<WriteStream, "isTTY">): boolean =>
  stream.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb"
