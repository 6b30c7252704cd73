import * as Effect from "effect/Effect"
import { type Change, check, formatChange, isBreaking } from "../../Interface/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Follower } from "../connection/Follower.ts"
import type { Link } from "../connection/Link.ts"
import type { Calls } from "../requests/Calls.ts"
import type { Contract } from "./Contract.ts"
import { importContract } from "./importContract.ts"

/** Compares the device with the contract of the client, in the background, on each connection. */
export class ContractCheck implements Follower {
  /** The differences, as far as the device's lists show. `undefined` until they are known. */
  differences: ReadonlyArray<Change> | undefined = undefined
  private readonly core: Core
  // biome-ignore lint/suspicious/noExplicitAny: a contract of any requests and sensors
  private readonly contract: Contract<any, any>
  private readonly link: Link
  private readonly calls: Calls

  // biome-ignore lint/suspicious/noExplicitAny: a contract of any requests and sensors
  constructor(core: Core, contract: Contract<any, any>, link: Link, calls: Calls) {
    this.core = core
    this.contract = contract
    this.link = link
    this.calls = calls
  }

  prepare(): Effect.Effect<void> {
    return Effect.void
  }

  connected(connection: Connection): void {
    this.differences = undefined
    const { requests, sensorTypes } = this.contract
    if (this.core.options.checkContract && requests.size + sensorTypes.size > 0) this.core.run(this.report(connection))
  }

  lost(): void {}

  /** Requests the device's lists and compares. */
  get now() {
    return Effect.suspend(() => {
      const { protocol, versions } = this.link
      const imported = importContract({ call: this.calls.call, protocol, versions }, { help: "short", faults: "note" })
      return Effect.map(imported, (contract) => check(this.contract, contract))
    })
  }

  private report(connection: Connection): Effect.Effect<void> {
    const { anomalies } = this.core
    return Effect.match(this.now, {
      onSuccess: (differences) => {
        if (!connection.alive) return
        this.differences = differences
        for (const difference of differences)
          if (isBreaking(difference))
            anomalies.log("Warn", () => `the device does not fulfil the contract: ${formatChange(difference)}`)
      },
      // a device without lists cannot be compared
      onFailure: (error) =>
        anomalies.log("Debug", () => `the device could not be compared with the contract: ${error.message}`)
    })
  }
}
