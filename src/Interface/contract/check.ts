import { Dialect } from "../../Codec/index.ts"
import type { Change } from "./Change.ts"
import type { ContractDescription, RequestDescription } from "./ContractDescription.ts"
import { compareRequests, compareSensors } from "./compare.ts"
import { type ContractItems, describeRequest } from "./describe.ts"
import { protocolOf, sensorOf } from "./fromDescription.ts"
import { asListed, standardRequests } from "./listed.ts"

/** Reduces the contract's description of a request to the facts that an import has. */
const known = (expected: RequestDescription, there: RequestDescription, hints: boolean): RequestDescription => {
  if (expected.kind === "typed" && there.kind === "typed") return expected
  const { timeoutHint } = hints ? expected : there
  const { timeoutHint: _, ...rest } = there
  return timeoutHint === undefined ? rest : { ...rest, timeoutHint }
}

/** Changes of texts for people, and of properties that only the device uses. */
const notJudged: ReadonlyArray<Change["kind"]> = ["doc", "usage", "initial"]

/**
 * Returns the parts of a contract that a running device does not fulfil, as far as an import of it shows
 * (`Client.importContract`). Breaking changes are missing requests and sensors, and sensors of another type, units or
 * options. Additional items, other ranges and other hints are compatible changes. An import has no signatures of
 * requests, so every signature fits. Its sensors have the data of `#sensor-list`. Hidden requests, and requests that
 * need a protocol which the device does not speak, need not be in it. Version and build may differ.
 *
 * Throws a `TypeError` for an inconsistent description. Descriptions that `ContractDescription` has decoded are
 * consistent.
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
    // an import has the standard requests by name only
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
