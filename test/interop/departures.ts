/** Intended differences of our device from the recorded ones. Each entry is needed in each session that it names. */
import { type Departure, lines, sessions } from "./golden.ts"

const of = (...kinds: ReadonlyArray<string>) => sessions.filter((name) => kinds.includes(name.split("-")[0]!))
const having = (kinds: ReadonlyArray<string>, line: string) => of(...kinds).filter((name) => lines(name).includes(line))

export const departures: ReadonlyArray<Departure> = [
  {
    sessions: of("aio"),
    golden: ["< #version-connect katcp-protocol 5.1-MIB"],
    ours: ["< #version-connect katcp-protocol 5.1-BIMT"],
    rows: "P-123, P-124",
    why: "aiokatcp has no time-out hints"
  },
  {
    sessions: ["aio-connect"],
    golden: ["< #version-list katcp-protocol 5.1-MIB"],
    ours: ["< #version-list katcp-protocol 5.1-BIMT"],
    rows: "P-107, P-124",
    why: "the same flags as on connecting"
  },
  {
    sessions: ["aio-connect"],
    golden: ["< #version-list[1] katcp-protocol 5.1-MIB"],
    ours: ["< #version-list[1] katcp-protocol 5.1-BIMT"],
    rows: "P-107, P-124",
    why: "the same flags as on connecting"
  },
  {
    sessions: of("kp"),
    golden: ["< #version-connect katcp-library katcp-python-0.9.3"],
    ours: ["< #version-connect katcp-library katcp katcp-0"],
    rows: "P-107, P-125",
    why: "katcp-python leaves out the build state on connecting; we send what ?version-list gives"
  },
  {
    sessions: having(["kp", "kp4"], "# another client connects"),
    golden: ["# another client connects"],
    ours: ["# another client connects", "< #client-connected 127.0.0.1:1"],
    rows: "P-275",
    why: "katcp-python never sends it"
  },
  {
    sessions: ["aio-errors", "kp-errors"],
    golden: ["> !watchdog ok"],
    ours: ["> !watchdog ok", "< #log error 1795187129.98 katcp unexpected\\_reply"],
    rows: "P-011",
    why: "neither library says anything to an unexpected reply"
  },
  {
    sessions: ["kp-errors"],
    golden: ["> ?watchdog surplus", "< !watchdog ok"],
    ours: ["> ?watchdog surplus", "< !watchdog fail too\\_many\\_arguments"],
    rows: "P-109, Q-01",
    why: "katcp-python ignores surplus arguments of its standard requests"
  },
  {
    sessions: ["kp-errors"],
    golden: ["< !watchdog[0] ok"],
    ours: ["< #log error 1795187129.98 katcp bad\\_id"],
    rows: "P-050, Q-02",
    why: "katcp-python takes any digits for an id"
  },
  {
    sessions: ["kp-errors"],
    golden: ["< !watchdog[2147483648] ok"],
    ours: ["< #log error 1795187129.98 katcp bad\\_id"],
    rows: "P-050, Q-02",
    why: "katcp-python takes any digits for an id"
  },
  {
    sessions: ["kp-errors"],
    golden: [">    ", "< #log error ..."],
    ours: [">    "],
    rows: "P-024",
    why: "katcp-python complains of a blank line"
  },
  {
    sessions: ["kp-halt"],
    golden: ["< !halt[2] ok"],
    ours: ["< !halt[2] ok", "< !sleep[1] fail cancelled"],
    rows: "P-003, P-100",
    why: "katcp-python leaves requests in progress without a reply"
  },
  {
    sessions: ["kp-halt", "kp-sampling-clear-restart"],
    golden: ["< #disconnect ...", "< "],
    ours: ["< #disconnect bye"],
    rows: "P-022, P-120",
    why: "katcp-python ends a connection with an empty line"
  },
  {
    sessions: ["aio-help"],
    golden: ["< #help sensor-list ..."],
    ours: ["< #help request-timeout-hint text", "< #help restart text", "< #help sensor-list text"],
    rows: "P-105, P-141",
    why: "aiokatcp has neither"
  },
  {
    sessions: ["aio-help"],
    golden: ["< #help sensor-sampling ..."],
    ours: ["< #help sensor-sampling text", "< #help sensor-sampling-clear text"],
    rows: "P-236",
    why: "a request of katcp-python's own"
  },
  {
    sessions: ["aio-help"],
    golden: ["< !help ok 21"],
    ours: ["< !help ok 24"],
    rows: "P-101, P-236",
    why: "?restart, ?request-timeout-hint and ?sensor-sampling-clear are counted"
  },
  {
    sessions: ["aio-log"],
    golden: ["> ?log-level trace", "< !log-level fail ..."],
    ours: ["> ?log-level trace", "< !log-level ok trace"],
    rows: "P-150, P-152",
    why: "aiokatcp does not know the level"
  },
  {
    sessions: ["kp-log"],
    golden: ["> ?log-level all", "< !log-level fail ..."],
    ours: ["> ?log-level all", "< !log-level ok all"],
    rows: "P-150, P-152",
    why: "katcp-python sets the level, but says that it failed"
  },
  {
    sessions: ["kp4-sensors"],
    golden: ["< #sensor-list test.address An\\_address. \\@ address"],
    ours: ["< #sensor-list test.address An\\_address. \\@ string"],
    rows: "P-084, P-315",
    why: "KATCP 4 has no addresses"
  },
  {
    sessions: ["aio-sampling-differential"],
    golden: [
      "> ?sensor-sampling test.float differential -1",
      "< #sensor-status ...",
      "< !sensor-sampling ok test.float differential -1.0"
    ],
    ours: ["> ?sensor-sampling test.float differential -1", "< !sensor-sampling fail no\\_difference"],
    rows: "P-223, Q-09",
    why: "aiokatcp accepts a difference below 0"
  },
  {
    sessions: ["kp-sampling-differential"],
    golden: ["< #sensor-status ...", "< !sensor-sampling ok test.timestamp differential 1"],
    ours: ["< !sensor-sampling fail neither\\_integer\\_nor\\_float"],
    rows: "P-223, Q-09",
    why: "katcp-python takes differences of timestamps"
  },
  {
    sessions: ["aio-sampling-event-rate"],
    golden: ["< #sensor-status ...", "< !sensor-sampling ok test.int event-rate 2.0 1.0"],
    ours: ["< !sensor-sampling fail shortest\\_above\\_longest"],
    rows: "P-226, Q-10",
    why: "aiokatcp accepts a shortest period above the longest"
  },
  {
    sessions: ["kp-sampling-bulk"],
    golden: ["< #sensor-status ...", "< #sensor-status ...", "< !sensor-sampling ok test.int,test.int auto"],
    ours: ["< !sensor-sampling fail named\\_twice"],
    rows: "P-232, Q-11",
    why: "katcp-python accepts a sensor that is named twice"
  },
  {
    sessions: ["kp-sampling-bulk"],
    golden: ["< !sensor-sampling ok test.int auto"],
    ours: ["< !sensor-sampling ok test.int event"],
    rows: "P-217, Q-11",
    why: "the request that named it twice has failed: the strategy before it stays"
  }
]
