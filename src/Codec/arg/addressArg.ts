import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { latin1 } from "../bytes.ts"
import { Address as AddressValue } from "./Address.ts"
import type { Arg } from "./Arg.ts"
import { expected, expectedValue } from "./expected.ts"
import { make } from "./make.ts"
import { textLike } from "./textSchema.ts"

const what = "an address: IPv4 or [IPv6], with or without :port"
/** Given by IPv6: the longest address has `[`, eight groups (the last two as IPv4), `]`, `:` and a port. */
const longest = 53

/**
 * An IP address with an optional port: `192.168.1.1:4000`, `[::1]`. Host names are refused. Sensors of this type begin
 * with `0.0.0.0` (Rev 5.1 §3).
 *
 * @category types
 * @since 0.1.0
 */
export const Address: Arg<AddressValue> = make<AddressValue>({
  name: "address",
  sensorType: "address",
  description: { kind: "address" },
  initial: AddressValue.make(NetAddress.ipv4Unspecified),
  decode: (bytes, start, end) => {
    const address = end - start > longest ? Option.none() : AddressValue.parse(latin1(bytes, start, end))
    return Option.isSome(address) ? address.value : expected(what, bytes, start, end)
  },
  encode: (value) => (value instanceof AddressValue ? value.toString() : expectedValue(what, value)),
  equals: (one, other) => Equal.equals(one, other),
  schema: () =>
    textLike(/^(?:[\d.]+|\[[\da-f:.]+\])(?::\d+)?$/i, what).pipe(
      Schema.decodeTo(
        Schema.declare((value): value is AddressValue => value instanceof AddressValue),
        SchemaTransformation.transformEffect({
          decode: (text: string) =>
            Effect.fromOption(
              AddressValue.parse(text),
              () => new SchemaIssue.InvalidValue({ message: `expected ${what}` })
            ),
          encode: (address: AddressValue) => Effect.succeed(address.toString())
        })
      )
    )
})
