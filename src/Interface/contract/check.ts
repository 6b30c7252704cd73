import { Dialect } from "../../Codec/index.ts"
import type { Change } from "./Change.ts"
import type { ContractDescription, RequestDescription } from "./ContractDescription.ts"
import { compareRequests, compareSensors } from "./compare.ts"
import { type ContractItems, describeRequest } from "./describe.ts"
import { protocolOf, sensorOf } from "./fromDescription.ts"
import { asListed, standardRequests } from "./listed.ts"

/** What an import knows of a request, and the contract says of it. */
const known = (expected: RequestDescription, there: RequestDescription, hints: boolean): RequestDescription => {
  if (expected.kind === "typed" && there.kind === "typed") return expected
  const { timeoutHint } = hints ? expected : there
  const { timeoutHint: _, ...rest } = there
  return timeoutHint === undefined ? rest : { ...rest, timeoutHint }
}

/** What is for people, or for the device alone. */
const notJudged: ReadonlyArray<Change["kind"]> = ["doc", "usage", "initial"]

/**
 * What of a contract a running device does not keep, as far as an import of it tells (`Client.importContract`): requests
 * and sensors that are missing, sensors of another type, units or options, and as compatible changes what is more, other
 * ranges and hints. An import knows no signatures of requests, so that every signature fits; of sensors it knows what
 * `#sensor-list` tells. Requests that are hidden, or need a protocol which the device does not speak, are not expected in
 * it, and version and build may be any.
 *
 * Throws a `TypeError` where the description makes no sense; none that `ContractDescription` has decoded does that.
 *
 * @category comparison
 * @since 0.1.0
 */
export const check = (contract: ContractItems, imported: ContractDescription): ReadonlyArray<Change> => {
  const protocol = imported.protocol === undefined ? undefined : protocolOf(imported.protocol)
  const dialect = protocol === undefined ? Dialect.v5 : Dialect.of(protocol)
  const found = new Map(imported.requests.map((request) => [request.name, request]))
  const standard = imported.device?.standard
  const expected = Array.from(contract.requests.values()).flatMap((request) => {
    const { hidden, name, requires } = request
    const there = found.get(name)
    if (there !== undefined) return known(describeRequest(request), there, protocol?.timeoutHints === true)
    if (hidden || (requires !== undefined && protocol?.satisfies(requires) === false)) return []
    // an import has the standard's own requests by name only
    if (standardRequests.has(name) && standard?.includes(name) !== false) return []
    return describeRequest(request)
  })
  const changes = [
    ...compareRequests(expected, imported.requests, imported.protocol),
    ...compareSensors(
      asListed(contract.sensorTypes.values(), dialect),
      asListed(imported.sensors.map(sensorOf), dialect)
    )
  ]
  return changes.filter(({ kind }) => !notJudged.includes(kind))
}
