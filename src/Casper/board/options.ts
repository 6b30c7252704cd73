import type * as Client from "../../Client/index.ts"

/**
 * The differences between boards.
 *
 * @category models
 * @since 0.1.0
 */
export interface Quirks {
  /** The byte order of a word in `?read` and `?write`. */
  readonly endian: "big" | "little"
  /**
   * `true` if each later word of one `?wordwrite` is ORed with the word before it. Then each word is sent in its own
   * request.
   */
  readonly wordwriteOrs: boolean
  /** `true` if the board has `?bulkread`. `ask` checks `?help` once for each connection. */
  readonly bulkread: boolean | "ask"
}

/**
 * The quirks of known boards.
 *
 * @category models
 * @since 0.1.0
 */
export const quirks: { readonly board: Quirks; readonly x86: Quirks } = {
  /** An FPGA board: big-endian. */
  board: { endian: "big", wordwriteOrs: false, bulkread: "ask" },
  /** tcpborphserver3 on a PC: little-endian, and `?wordwrite` ORs. */
  x86: { endian: "little", wordwriteOrs: true, bulkread: false }
}

/**
 * The options of a client of a board.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The host name or address of the board. */
  readonly host: string
  /** The port of tcpborphserver. Default 7147. */
  readonly port?: number | undefined
  /** The quirks of the board. Default `quirks.board`, which also fills in omitted ones. */
  readonly quirks?: Partial<Quirks> | undefined
  /** The ports that the board may open for an upload, tried in this order. Default 7146, then 7150 to 7157. */
  readonly uploadPorts?: ReadonlyArray<number> | undefined
  /** The largest number of bytes in one `?read` or `?write`. Default 262144 (256 KiB). */
  readonly piece?: number | undefined
  /**
   * The options of the client below. Its `protocol` is 4.0 by default: the client does not negotiate with the board.
   */
  readonly client?: Omit<Client.Options, "host" | "onInform"> | undefined
}

/** The options with their defaults. */
export interface Resolved {
  readonly host: string
  readonly port: number
  readonly text: string
  readonly quirks: Quirks
  readonly uploadPorts: ReadonlyArray<number>
  readonly piece: number
}

export const resolve = (options: Options): Resolved => {
  const {
    host,
    piece = 262144,
    port = 7147,
    uploadPorts = [7146, 7150, 7151, 7152, 7153, 7154, 7155, 7156, 7157]
  } = options
  return {
    host,
    port,
    text: `${host.includes(":") ? `[${host}]` : host}:${port}`,
    quirks: { ...quirks.board, ...options.quirks },
    uploadPorts,
    // whole words
    piece: Math.max(4, piece - (piece % 4))
  }
}
