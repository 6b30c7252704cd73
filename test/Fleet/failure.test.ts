/** Words for failures of the database that come from its driver, not from PostgreSQL. */
import { assert, describe, it } from "@effect/vitest"
import { AuthenticationError, ConnectionError, SqlError } from "effect/sql/SqlError"
import { failureOf } from "../../src/Fleet/node/postgres/failure.ts"

describe("a failure of the database", () => {
  it("asks for a password if the address has none", () => {
    const cause = new Error("The server requested password authentication")
    const reason = new AuthenticationError({ cause, message: "No password configured", operation: "connect" })
    const { message, why } = failureOf(new SqlError({ reason }))
    assert.strictEqual(why, "away")
    assert.match(
      message,
      /asks for a password, and its address has none: write postgres:\/\/USER:PASSWORD@HOST\/DATABASE/
    )
  })

  it("says how to write an address that is malformed", () => {
    const reason = new ConnectionError({ cause: new TypeError("Invalid URL"), message: "no", operation: "connect" })
    const { message } = failureOf(new SqlError({ reason }))
    assert.match(message, /is malformed: write postgres:\/\/USER:PASSWORD@HOST:PORT\/DATABASE/)
    assert.notMatch(message, /Is it running/)
  })
})
