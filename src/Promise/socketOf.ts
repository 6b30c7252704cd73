import type * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import { NodeClient } from "../Node/index.ts"
import type { ConnectOptions } from "./ConnectOptions.ts"

/** Returns the Socket that the client dials. */
export const socketOf = ({ host, localAddress, port, tls }: ConnectOptions): Layer.Layer<Socket.Socket> =>
  tls === undefined || tls === false
    ? NodeClient.tcp({ host, localAddress, port })
    : NodeClient.tls({ host, localAddress, port, ...(tls === true ? {} : tls) })
