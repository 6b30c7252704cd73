/** Flags that several commands have. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"

/** One JSON object a line instead of text for people. */
export const json = Flag.Boolean("json").pipe(
  Flag.withAlias("j"),
  Flag.withDescription("One JSON object a line"),
  Flag.withDefault(false)
)

/** How long a request may take. */
export const timeout = Flag.Finite("timeout").pipe(
  Flag.withAlias("t"),
  Flag.withMetavar("SECONDS"),
  Flag.withDescription("How long each request may take; by default what the device says, else 5"),
  Flag.optional
)

/** What the device speaks, where it does not say. */
export const protocol = Flag.String("protocol").pipe(
  Flag.withMetavar("5.1-BIMT"),
  Flag.withDescription("What the device speaks, where it does not say so itself"),
  Flag.optional
)

/** The words of the command: HOST first, unless KATCP_SERVER is set. */
export const words = (name: string, description: string) =>
  Argument.String(name).pipe(Argument.withDescription(description), Argument.variadic())
