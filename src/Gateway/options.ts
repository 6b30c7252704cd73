import type * as Effect from "effect/Effect"
import type { Archive } from "../Archive/index.ts"
import type { Allow } from "../Site/index.ts"

/**
 * A file of a page that the gateway serves.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageFile {
  /** The media type: `text/html; charset=utf-8`. */
  readonly contentType: string
  readonly body: Uint8Array
  /** The same, compressed, for clients that accept it. */
  readonly gzip?: Uint8Array | undefined
  /**
   * `true` if the path changes together with the file: browsers then keep the file for a year. Default `false`: they
   * ask each time.
   */
  readonly immutable?: boolean | undefined
}

/**
 * Options of a gateway.
 *
 * @category models
 * @since 0.1.0
 */
export interface GatewayOptions {
  /** The requests that are passed on to the devices, over HTTP and WebSocket alike. Default none. */
  readonly requests?: Allow.Allow | undefined
  /**
   * The archive for `/api/history`, requested for each query; `undefined` while there is no archive. Default: the
   * `Archive` that is provided to the layer, if any.
   */
  readonly history?: Effect.Effect<Archive["Service"] | undefined> | undefined
  /** The files of a page, by path (`/`, `/page.js`). Callers need the role `read`. Default none. */
  readonly page?: ReadonlyMap<string, PageFile> | undefined
  /**
   * `true` serves KATCP lines over WebSocket, for tools and clients in a page: each device at `/katcp/DEVICE`, and the
   * whole site as one device at `/katcp`. Allow list and roles are the same as elsewhere. Default `false`.
   */
  readonly katcp?: boolean | undefined
  /** The number of audit records that are kept for `/api/audit`. Default 1,000. */
  readonly auditRecords?: number | undefined
}
