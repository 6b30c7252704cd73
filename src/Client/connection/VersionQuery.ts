import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError } from "../../Message/index.ts"
import { OpenRequest } from "./RequestTable.ts"

/**
 * The client's own `?version-list`, for a device that has not announced its protocol (Rev 5.1 §4.1): a gateway may have
 * kept the informs that the device sent on connecting. It has no id, because the device may not have ids. A refusal
 * decides nothing: version 4 does not have the request, and a gateway may not have it either.
 */
export class VersionQuery extends OpenRequest {
  private readonly take: (message: ParsedMessage) => void

  /** `take` is called with each `#version-list`. */
  constructor(take: (message: ParsedMessage) => void) {
    super({
      name: "version-list",
      values: [],
      timeout: Number.POSITIVE_INFINITY,
      waited: 0,
      which: "default",
      id: undefined,
      useId: false
    })
    this.take = take
  }

  override get isProbe(): boolean {
    return true
  }
  inform(message: ParsedMessage): void {
    this.take(message)
  }
  reply(_: ParsedMessage): void {}
  fail(_: KatcpError): void {}
}
