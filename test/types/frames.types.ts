import { expectTypeOf } from "vitest"
import type { FromGateway, ToGateway } from "../../src/Dashboard/frames.ts"
import type { GatewayFrame, PageFrame } from "../../src/Gateway/live/frames.ts"

// the page understands every frame of the gateway
expectTypeOf<GatewayFrame>().toExtend<FromGateway>()
// the gateway understands every frame of the page
expectTypeOf<ToGateway>().toExtend<PageFrame>()
