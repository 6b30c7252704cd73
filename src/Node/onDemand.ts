/** Parts of other modules that most programs never use: loading `node:tls` takes 5 MB and some 25 ms of CPU time (measured). */
import type * as Net from "node:net"
import type * as Tls from "node:tls"
import type * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Context from "effect/Context"

/** Returns `node:tls`, which is loaded by the first call. */
export const nodeTls = (): typeof Tls => process.getBuiltinModule("node:tls")

/** The key of `NodeSocket.NetSocket`. The module `NodeSocket` loads `node:tls`. */
export const NetSocket = Context.Service<NodeSocket.NetSocket, Net.Socket>("@effect/platform-node/NodeSocket/NetSocket")
