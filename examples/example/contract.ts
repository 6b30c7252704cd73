import { Arg, Codec, Interface, Request, Sensor } from "katcp"

/** The contract of the example device: the requests of the katcp-python tutorial, with additions for tests. */
export class Example extends Interface.make("example", {
  version: "example-api-1.0",
  build: "example-implementation-0.1"
}).add(
  Request.make("add", { doc: "Add two numbers.", args: { x: Arg.Float, y: Arg.Float }, reply: { sum: Arg.Float } }),
  Request.make("time", { doc: "Tell the time.", reply: { now: Arg.Timestamp } }),
  Request.make("eval", {
    doc: "Evaluate an arithmetic expression.",
    args: { expression: Arg.Text },
    reply: { result: Arg.Text }
  }),
  Request.make("pick-fruit", {
    doc: "Pick a random fruit.",
    informs: { text: Arg.Text },
    reply: { fruit: Arg.Text },
    timeoutHint: "2 seconds"
  }),
  Request.raw("raw-reverse", {
    doc: "Reply with the arguments reversed, and nothing else.",
    usage: "?raw-reverse [argument ...]"
  }),
  Request.make("echo", {
    doc: "Reply with the arguments.",
    args: { values: Arg.rest(Arg.Bytes) },
    reply: { values: Arg.rest(Arg.Bytes) }
  }),
  Request.make("sleep", { doc: "Reply after that long.", args: { seconds: Arg.Float }, timeoutHint: "10 seconds" }),
  Request.make("raise", { doc: "Have the handler throw.", args: { text: Arg.Text } }),
  Request.make("set-sensor", {
    doc: "Set a sensor.",
    args: {
      name: Arg.Text,
      value: Arg.Bytes,
      status: Arg.withDefault(Arg.Discrete(...Sensor.statuses), "nominal"),
      timestamp: Arg.optional(Arg.Timestamp)
    }
  }),
  Request.make("write-log", { doc: "Log a text on the device.", args: { level: Arg.Text, text: Arg.Text } }),
  Request.make("add-sensor", { doc: "Add a float sensor.", args: { name: Arg.Text } }),
  Request.make("remove-sensor", { doc: "Remove a sensor.", args: { name: Arg.Text } }),
  Sensor.make("add.result", { doc: "Last ?add result.", type: Arg.Float, nominal: [-10000, 10000] }),
  Sensor.make("time.result", { doc: "Last ?time result.", type: Arg.Timestamp }),
  Sensor.make("eval.result", { doc: "Last ?eval result.", type: Arg.Text }),
  Sensor.make("fruit.result", {
    doc: "Last ?pick-fruit result.",
    type: Arg.Discrete("apple", "banana", "pear", "kiwi")
  }),
  Sensor.make("test.int", { doc: "An integer.", type: Arg.Int, units: "count", nominal: [0, 100], initial: 0 }),
  Sensor.make("test.float", { doc: "A float.", type: Arg.Float, units: "m/s", nominal: [-10, 10], initial: 0 }),
  Sensor.make("test.bool", { doc: "A boolean.", type: Arg.Boolean, initial: false }),
  Sensor.make("test.string", { doc: "A string.", type: Arg.Text, initial: "" }),
  Sensor.make("test.lru", { doc: "An LRU.", type: Arg.Lru, initial: "nominal" }),
  Sensor.make("test.timestamp", { doc: "A time.", type: Arg.Timestamp, initial: 0 }),
  Sensor.make("test.address", {
    doc: "An address.",
    type: Arg.Address,
    initial: Codec.Address.make("127.0.0.1", 5000)
  }),
  Sensor.make("test.discrete", { doc: "A choice.", type: Arg.Discrete("one", "two", "three"), initial: "one" })
) {}
