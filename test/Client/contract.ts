/** A contract for tests of the client: every form of arguments, replies and informs. */
import { Arg, Interface, Request } from "katcp"

export class Antenna extends Interface.make("antenna").add(
  Request.make("track", {
    doc: "Point at a place.",
    args: { az: Arg.Float, el: Arg.Float, name: Arg.optional(Arg.Text) },
    reply: { eta: Arg.Float },
    timeoutHint: "30 seconds"
  }),
  Request.make("stow", { doc: "Stow the dish." }),
  Request.make("start-at", { doc: "Start then.", args: { time: Arg.Timestamp }, reply: { time: Arg.Timestamp } }),
  Request.make("rings", {
    doc: "List the rings.",
    args: { kinds: Arg.rest(Arg.Discrete("outer", "inner")) },
    informs: { name: Arg.Text, busy: Arg.Boolean },
    reply: { count: Arg.Int }
  }),
  Request.raw("echo", { doc: "Give back what comes." })
) {}
