import type { DeviceHealth } from "../../Site/index.ts"

/** The anomalies of a device at another runner, which counts them. */
export const noAnomalies: DeviceHealth["anomalies"] = {
  BadLine: 0,
  CutLine: 0,
  UnexpectedReply: 0,
  LateReply: 0,
  UnexpectedInform: 0,
  UnknownRequest: 0,
  LostInforms: 0,
  ProtocolFault: 0,
  BadDescription: 0,
  BadReading: 0,
  SamplingRefused: 0,
  BadInform: 0,
  BadHint: 0
}
