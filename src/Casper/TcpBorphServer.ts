import { Arg } from "../Codec/index.ts"
import * as Interface from "../Interface/index.ts"
import * as Sensor from "../Sensor/index.ts"
import { Word } from "./word.ts"

const { Request } = Interface

/** A place or a size: `OFFSET` or `OFFSET:BIT`, decimal. */
const Place = Arg.Pattern(/^\d+(?::\d+)?$/)
const port = Arg.optional(Arg.SafeInt)
const upload = {
  args: { port, length: Arg.optional(Arg.SafeInt), timeout: Arg.optional(Arg.SafeInt) },
  timeoutHint: "10 seconds"
} as const
const save = {
  args: { port: Arg.SafeInt, file: Arg.Text, length: Arg.optional(Arg.SafeInt), timeout: Arg.optional(Arg.SafeInt) }
} as const
const lines = { informs: { values: Arg.rest(Arg.Text) } } as const
const free = { args: { values: Arg.rest(Arg.Text) }, reply: { values: Arg.rest(Arg.Text) }, ...lines } as const
const tap = { tap: Arg.Text } as const
/**
 * The two requests for a setting of a data converter. The function is called for each setting, because a list of names
 * would lose their types.
 */
const converter = <const Setting extends string>(setting: Setting) => {
  const args = {
    tile: Arg.SafeInt,
    block: Arg.SafeInt,
    kind: Arg.Discrete("adc", "dac"),
    values: Arg.rest(Arg.Text)
  } as const
  const answer = { reply: { values: Arg.rest(Arg.Text) }, ...lines } as const
  return [
    Request.make(`rfdc-get-${setting}`, {
      doc: `Return the ${setting} of a converter.`,
      args,
      ...answer,
      role: "read"
    }),
    Request.make(`rfdc-set-${setting}`, { doc: `Set the ${setting} of a converter.`, args, ...answer })
  ] as const
}

/** The registers and the FPGA itself. */
const fpga = [
  Request.make("fpgastatus", {
    doc: "Check that the FPGA is ready. Its state is sent in #fpga, which all clients get.",
    role: "read"
  }),
  Request.make("status", { doc: "The same as fpgastatus.", role: "read" }),
  Request.make("listdev", {
    doc: "List the registers, with their sizes (size) or their addresses (detail).",
    args: { mode: Arg.optional(Arg.Discrete("size", "detail")) },
    informs: { name: Arg.Text, place: Arg.optional(Arg.Text) },
    role: "read"
  }),
  Request.make("read", {
    doc: "Read bytes of a register, as the FPGA has them. One byte by default.",
    args: { register: Arg.Text, offset: Arg.optional(Place), length: Arg.optional(Place) },
    reply: { data: Arg.Bytes },
    role: "read"
  }),
  Request.make("write", {
    doc: "Write bytes to a register.",
    args: { register: Arg.Text, offset: Place, data: Arg.Bytes, length: Arg.optional(Place) }
  }),
  Request.make("wordread", {
    doc: "Read words of 32 bits of a register. One word by default.",
    args: { register: Arg.Text, word: Arg.optional(Place), count: Arg.optional(Arg.SafeInt) },
    reply: { words: Arg.rest(Word) },
    role: "read"
  }),
  Request.make("wordwrite", {
    doc: "Write words of 32 bits to a register.",
    args: { register: Arg.Text, word: Place, words: Arg.rest(Word) }
  }),
  Request.make("bulkread", {
    doc: "Read bytes of a register in pages. Only tcpborphserver2 has this request.",
    args: { register: Arg.Text, offset: Arg.optional(Arg.SafeInt), length: Arg.optional(Arg.SafeInt) },
    reply: { total: Arg.optional(Arg.SafeInt) },
    informs: { data: Arg.Bytes },
    role: "read"
  }),
  Request.make("register", {
    doc: "Define a register.",
    args: { name: Arg.Text, position: Arg.Text, length: Arg.Text }
  }),
  Request.make("meta", {
    doc: "List the metadata of all blocks, or of one. With fields after the block, add a line to the metadata.",
    args: { device: Arg.optional(Arg.Text), fields: Arg.rest(Arg.Text) },
    informs: { device: Arg.Text, tag: Arg.Text, key: Arg.Text, values: Arg.rest(Arg.Text) },
    role: "read"
  }),
  Request.make("finalise", { doc: "End the definition of registers and metadata." })
] as const

/** Files on the board, and programming. */
const files = [
  Request.make("listbof", {
    doc: "List the files on the board.",
    reply: { count: Arg.optional(Arg.SafeInt) },
    informs: { file: Arg.Text },
    role: "read"
  }),
  Request.make("delbof", { doc: "Delete a file on the board.", args: { file: Arg.Text } }),
  Request.make("progdev", {
    doc: "Program the FPGA with a file on the board. Without a file, deprogram it.",
    args: { file: Arg.optional(Arg.Text) },
    timeoutHint: "30 seconds"
  }),
  Request.make("progremote", {
    doc: "Open a port for a design, which is programmed once it was sent. The reply precedes the design.",
    ...upload
  }),
  Request.make("upload", { doc: "The same as progremote.", ...upload }),
  Request.make("uploadbin", { doc: "Deprogram the FPGA, and open a port for a bitstream.", ...upload }),
  Request.make("saveremote", { doc: "Open a port for a file, which is kept on the board.", ...save }),
  Request.make("uploadbof", { doc: "The same as saveremote.", ...save })
] as const

/** The 10 GbE cores, and the chassis. */
const network = [
  Request.make("tap-start", {
    doc: "Start the network interface of a 10 GbE core.",
    args: {
      ...tap,
      register: Arg.Text,
      ip: Arg.Text,
      port,
      mac: Arg.optional(Arg.Text),
      gateway: Arg.optional(Arg.Text)
    }
  }),
  Request.make("tap-stop", { doc: "Stop the network interface of a 10 GbE core.", args: { register: Arg.Text } }),
  Request.make("tap-info", {
    doc: "Return the settings of a 10 GbE core, or of all.",
    args: { register: Arg.optional(Arg.Text) },
    ...lines,
    role: "read"
  }),
  Request.make("tap-arp-reload", { doc: "Request the addresses of all peers of a core again.", ...free }),
  Request.make("tap-arp-config", {
    doc: "Set how a core requests the addresses of its peers.",
    args: { register: Arg.Text, mode: Arg.Text, value: Arg.optional(Arg.Text) }
  }),
  Request.make("tap-ip-config", { doc: "Set the address of a core.", ...free }),
  Request.make("tap-dhcp", { doc: "Have the address of a core set by DHCP.", ...free }),
  Request.make("tap-multicast-add", {
    doc: "Subscribe a core to multicast groups: an address, or an address and the number of following ones (239.1.0.0+3).",
    args: { register: Arg.Text, direction: Arg.Discrete("recv", "send"), address: Arg.Text }
  }),
  Request.make("tap-multicast-remove", {
    doc: "End subscriptions of a core to multicast groups.",
    args: { register: Arg.Text, address: Arg.optional(Arg.Text) }
  }),
  Request.make("tap-route-add", { doc: "Add a route to a core.", ...free }),
  Request.make("igmp-version", { doc: "Query or set the version of IGMP.", ...free }),
  Request.make("chassis-led", { doc: "Switch the light of the chassis.", args: { state: Arg.Discrete("on", "off") } })
] as const

/** RFSoC boards. */
const rfsoc = [
  Request.make("rfdc-init", { doc: "Start the data converters.", ...free, timeoutHint: "30 seconds" }),
  Request.make("rfdc-status", { doc: "Return the states of the converters.", ...lines, role: "read" }),
  Request.make("rfdc-progpll", {
    doc: "Program a clock chip.",
    args: { chip: Arg.Discrete("lmk", "lmx"), file: Arg.optional(Arg.Text) },
    timeoutHint: "30 seconds"
  }),
  ...converter("nyquist-zone"),
  ...converter("qmc-settings"),
  ...converter("coarse-delay"),
  ...converter("fab-clk-freq"),
  ...converter("datatype"),
  ...converter("datawidth"),
  Request.make("dto", { doc: "Apply a device tree overlay.", args: { action: Arg.Text } }),
  Request.make("rfsoc-sensors", { doc: "List the sensors of the board, each as name:value.", ...lines, role: "read" }),
  Request.make("rfsoc-lmk-ld-status", { doc: "Check that the clock chip is locked.", ...lines, role: "read" })
] as const

/** The sensor that every tcpborphserver3 has. */
const mode = Sensor.make("mode", { doc: "current mode", type: Arg.Discrete("none", "raw"), initial: "none" })

/**
 * The contract of tcpborphserver3: KATCP 4, without message ids, times in milliseconds. Words are numbers from 0 to
 * 4294967295; bytes have the FPGA's order. It includes the requests of RFSoC boards and of newer servers: a board that
 * lacks one answers with `invalid`.
 *
 * @category contracts
 * @since 0.1.0
 */
export class TcpBorphServer extends Interface.make("tcpborphserver3")
  .add(...fpga)
  .add(...files)
  .add(...network)
  .add(...rfsoc)
  .add(mode) {}
