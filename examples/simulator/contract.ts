import { Arg, Interface, Request, Sensor } from "katcp"

export const overheated = Sensor.Fmeca.detection("FD0001", {
  doc: "Drive too hot",
  severities: ["marginal", "critical"]
})

/** A dish whose drive may be simulated. */
export class Dish extends Interface.make("dish", { version: "dish-1.0", build: "dish-1.0.3" }).add(
  Request.make("slew", {
    doc: "Turn to an azimuth; replies when it is there.",
    args: { azimuth: Arg.between(Arg.Float, { minimum: -180, maximum: 180 }) },
    timeoutHint: "2 minutes"
  }),
  Request.make("mode", { doc: "Change the mode.", args: { name: Arg.Discrete("idle", "stow") } }),
  Sensor.Modes.sensor("idle", "stow"),
  Sensor.make("azimuth", { doc: "Where the dish points", type: Arg.Float, units: "deg", nominal: [-180, 180] }),
  Sensor.make("drive.temperature", {
    doc: "Temperature of the drive",
    type: Arg.Float,
    units: "degC",
    nominal: [-10, 60],
    warn: [-20, 80],
    statusFrom: "ranges"
  }),
  Sensor.make("drive.version", { doc: "Version of the drive", type: Arg.Text }),
  Sensor.make("drive.serial-number", { doc: "Serial number of the drive", type: Arg.Text }),
  Sensor.deviceStatus,
  overheated.sensor
) {}
