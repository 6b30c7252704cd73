/**
 * Sessions with a server, as the test folders of the two Python libraries tell them, in our own words: sampling, order,
 * slots, lists and refusals. `> ` is sent, `< ` comes, in this order and nothing else; `+ ` lets so many seconds pass;
 * `= ` sets a sensor to a value and, behind it, a status. ` ...` at the end of a line stands for a text for people.
 * Time begins at 0.
 */
import type { Peers } from "./messages.ts"

export interface Session {
  readonly title: string
  readonly peers: Peers
  readonly steps: ReadonlyArray<string>
  /** Differences of the peer's server, and our reasons. */
  readonly departure?: string
}

const aio = "aiokatcp 2.3.0"
const kp = "katcp 0.9.3"

const session = (title: string, peers: Peers, ...steps: ReadonlyArray<string>): Session => ({ title, peers, steps })
const but = (departure: string, { peers, steps, title }: Session): Session => ({ title, peers, steps, departure })

const refuses = (title: string, peers: Peers, request: string): Session =>
  session(
    title,
    peers,
    `> ?${request}`,
    `< !${request.split(" ")[0]} fail ...`,
    "> ?sensor-sampling float",
    "< !sensor-sampling ok float none"
  )

export const sampling: ReadonlyArray<Session> = [
  session(
    "auto reports each reading, also of the same value",
    aio,
    "> ?sensor-sampling float auto",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float auto",
    "+ 1",
    "= float 1.25",
    "< #sensor-status 1.0 1 float nominal 1.25",
    "+ 1",
    "= float 1.25",
    "< #sensor-status 2.0 1 float nominal 1.25"
  ),
  session(
    "auto says nothing while nothing is set, and both of two readings in one moment",
    kp,
    "> ?sensor-sampling int auto",
    "< #sensor-status 0.0 1 int nominal 3",
    "< !sensor-sampling ok int auto",
    "+ 20",
    "= int 2 error",
    "< #sensor-status 20.0 1 int error 2",
    "= int -1",
    "< #sensor-status 20.0 1 int nominal -1"
  ),
  session(
    "period reports the reading there is, on a grid from the request on",
    aio,
    "> ?sensor-sampling float period 2.5",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float period 2.5",
    "+ 3",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "= float 1.25",
    "+ 5",
    "< #sensor-status 3.0 1 float nominal 1.25",
    "< #sensor-status 3.0 1 float nominal 1.25",
    "> ?watchdog",
    "< !watchdog ok"
  ),
  session(
    "period: what is late does not move the times that follow; none ends it",
    kp,
    "> ?sensor-sampling int period 10",
    "< #sensor-status 0.0 1 int nominal 3",
    "< !sensor-sampling ok int period 10.0",
    "+ 11.5",
    "< #sensor-status 0.0 1 int nominal 3",
    "+ 8.4",
    "+ 0.1",
    "< #sensor-status 0.0 1 int nominal 3",
    "+ 5",
    "= int -1 warn",
    "+ 1",
    "+ 4",
    "< #sensor-status 25.0 1 int warn -1",
    "> ?sensor-sampling int none",
    "< !sensor-sampling ok int none",
    "+ 11"
  ),
  session(
    "event reports changes of value or status",
    aio,
    "> ?sensor-sampling float event",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float event",
    "+ 1",
    "= float 1.25",
    "< #sensor-status 1.0 1 float nominal 1.25",
    "+ 1",
    "= float 1.25",
    "+ 1",
    "= float 1.25 warn",
    "< #sensor-status 3.0 1 float warn 1.25"
  ),
  session(
    "event says nothing of itself, however long it takes",
    kp,
    "> ?sensor-sampling int event",
    "< #sensor-status 0.0 1 int nominal 3",
    "< !sensor-sampling ok int event",
    "+ 200000",
    "= int 2",
    "< #sensor-status 200000.0 1 int nominal 2",
    "= int 2",
    "= int 2 warn",
    "< #sensor-status 200000.0 1 int warn 2",
    "> ?sensor-sampling int none",
    "< !sensor-sampling ok int none",
    "= int 7"
  ),
  session(
    "differential reports what is further from the last report than the difference, or has another status",
    aio,
    "> ?sensor-sampling float differential 1.5",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float differential 1.5",
    "+ 1",
    "= float 1.25",
    "< #sensor-status 1.0 1 float nominal 1.25",
    "= float 1.25",
    "= float 2.5",
    "= float 0.2",
    "+ 4",
    "= float -1",
    "< #sensor-status 5.0 1 float nominal -1.0"
  ),
  session(
    "differential: a change by exactly the difference does not count",
    kp,
    "> ?sensor-sampling int differential 3",
    "< #sensor-status 0.0 1 int nominal 3",
    "< !sensor-sampling ok int differential 3",
    "= int 4",
    "= int 6",
    "= int 3",
    "= int 1",
    "= int 7",
    "< #sensor-status 0.0 1 int nominal 7",
    "= int 7 error",
    "< #sensor-status 0.0 1 int error 7"
  ),
  session(
    "event-rate: a change waits for the shortest period, and the longest one reports without a change",
    aio,
    "> ?sensor-sampling float event-rate 1.0 10.0",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float event-rate 1.0 10.0",
    "+ 1",
    "= float 1.25",
    "< #sensor-status 1.0 1 float nominal 1.25",
    "+ 0.25",
    "= float 1.0",
    "+ 0.25",
    "= float 0.5",
    "+ 0.5",
    "< #sensor-status 1.5 1 float nominal 0.5",
    "+ 9.75",
    "> ?watchdog",
    "< !watchdog ok",
    "+ 0.25",
    "< #sensor-status 1.5 1 float nominal 0.5"
  ),
  session(
    "event-rate: the latest of what came too soon, once; after the shortest period at once",
    kp,
    "> ?sensor-sampling int event-rate 1.5 4.5",
    "< #sensor-status 0.0 1 int nominal 3",
    "< !sensor-sampling ok int event-rate 1.5 4.5",
    "+ 1.485",
    "= int 6",
    "+ 0.01",
    "= int 7",
    "+ 0.005",
    "< #sensor-status 1.495 1 int nominal 7",
    "+ 4.495",
    "+ 0.005",
    "< #sensor-status 1.495 1 int nominal 7",
    "= int 7",
    "+ 1.5",
    "= int 5",
    "< #sensor-status 7.5 1 int nominal 5",
    "+ 1.5",
    "= int 5 error",
    "< #sensor-status 9.0 1 int error 5",
    "> ?sensor-sampling int none",
    "< !sensor-sampling ok int none",
    "+ 22.5",
    "= int 8 warn"
  ),
  session(
    "differential-rate: large changes at once or at the shortest period, small ones at the longest",
    aio,
    "> ?sensor-sampling float differential-rate 1.5 1.0 10.0",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float differential-rate 1.5 1.0 10.0",
    "+ 1",
    "= float 1.25",
    "< #sensor-status 1.0 1 float nominal 1.25",
    "+ 0.25",
    "= float 5",
    "+ 0.25",
    "= float 0.5",
    "+ 0.5",
    "< #sensor-status 1.5 1 float nominal 0.5",
    "+ 3.5",
    "= float 1.5",
    "+ 6.25",
    "> ?watchdog",
    "< !watchdog ok",
    "+ 0.25",
    "< #sensor-status 5.5 1 float nominal 1.5"
  ),
  session(
    "auto of a sensor that has a strategy of its own is that one, and still called auto",
    aio,
    "> ?sensor-sampling own auto",
    "< #sensor-status 0.0 1 own unknown 0",
    "< !sensor-sampling ok own auto",
    "+ 3",
    "< #sensor-status 0.0 1 own unknown 0",
    "= own 1",
    "+ 5",
    "< #sensor-status 3.0 1 own nominal 1",
    "< #sensor-status 3.0 1 own nominal 1"
  ),
  session(
    "none ends the reports",
    aio,
    "> ?sensor-sampling float event",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float event",
    "> ?sensor-sampling float none",
    "< !sensor-sampling ok float none",
    "= float 1",
    "> ?watchdog",
    "< !watchdog ok"
  ),
  session(
    "several sensors by one request, each first report before the reply",
    aio,
    "> ?sensor-sampling float,int event",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< #sensor-status 0.0 1 int nominal 3",
    "< !sensor-sampling ok float,int event",
    "> ?sensor-sampling float",
    "< !sensor-sampling ok float event",
    "> ?sensor-sampling int",
    "< !sensor-sampling ok int event"
  ),
  refuses("a strategy that there is not", "both", "sensor-sampling float carrot"),
  refuses("parameters of none", "both", "sensor-sampling float none 4"),
  refuses("parameters of auto", kp, "sensor-sampling float auto bar"),
  refuses("parameters of event", kp, "sensor-sampling float event foo"),
  refuses("too few parameters", aio, "sensor-sampling float event-rate 4"),
  refuses("too many parameters", aio, "sensor-sampling float event-rate 4 5 6"),
  refuses("a period that is not a number", "both", "sensor-sampling float period foo"),
  refuses("a period of 0", "both", "sensor-sampling float period 0.0"),
  refuses("a negative period", kp, "sensor-sampling float period -1"),
  refuses("no period", kp, "sensor-sampling float period"),
  refuses("a difference that is not a number", kp, "sensor-sampling float differential bar"),
  refuses("a negative difference", kp, "sensor-sampling float differential -1"),
  refuses("no difference", kp, "sensor-sampling float differential"),
  refuses("a difference of an integer that is not whole", kp, "sensor-sampling int differential 1.5"),
  refuses("a difference of what is not a number", aio, "sensor-sampling text differential 1"),
  refuses("a sensor that there is not", "both", "sensor-sampling nosuch event"),
  refuses(
    "a sensor that there is not beside one that there is: nothing is set",
    aio,
    "sensor-sampling float,nosuch event"
  ),
  refuses(
    "a strategy that is not for one of several: nothing is set",
    aio,
    "sensor-sampling float,text differential 1"
  ),
  refuses("a sensor that is named twice", aio, "sensor-sampling float,float auto"),
  but(
    "katcp-python has a difference for times; Table 9 has it for integers and floats alone (Rev 5.1 §7.1; P-222)",
    refuses("a difference of times", kp, "sensor-sampling time differential 4.12")
  )
]

export const requests: ReadonlyArray<Session> = [
  session("a line that CR ends", aio, "> ?watchdog[2]\\r", "< !watchdog[2] ok"),
  session("help of a request that there is not", "both", "> ?help[1] notarequest", "< !help[1] fail ..."),
  session("help of one request", "both", "> ?help[1] watchdog", "< #help[1] watchdog ...", "< !help[1] ok 1"),
  session("a request that there is not", "both", "> ?notarequest", "< !notarequest invalid ..."),
  session("too few arguments", aio, "> ?sleep[1]", "< !sleep[1] fail ..."),
  session("too many arguments", aio, "> ?sleep[1] 1 2", "< !sleep[1] fail ..."),
  session("an argument of another type", aio, "> ?sleep[1] foo", "< !sleep[1] fail ..."),
  session("any number of arguments", aio, "> ?variadic[1] hello 1 2 3", "< !variadic[1] ok 4"),
  session("a handler that crashes", "both", "> ?crash[1]", "< !crash[1] fail ..."),
  session("a list by a name", "both", "> ?sensor-list int", "< #sensor-list int ...", "< !sensor-list ok 1"),
  session("a list by a name that there is not", "both", "> ?sensor-list bad-sensor", "< !sensor-list fail ..."),
  session(
    "a list by an expression",
    "both",
    "> ?sensor-list /float|int/",
    "< #sensor-list float ...",
    "< #sensor-list int ...",
    "< !sensor-list ok 2"
  ),
  session("a list by an expression that no name matches", "both", "> ?sensor-list /nothing/", "< !sensor-list ok 0"),
  session("a list by what is not an expression", aio, "> ?sensor-list /(/", "< !sensor-list fail ..."),
  session(
    "a value by a name",
    "both",
    "> ?sensor-value int",
    "< #sensor-value 0.0 1 int nominal 3",
    "< !sensor-value ok 1"
  ),
  session(
    "the level of the log is returned, set, and not set to an unknown one",
    "both",
    "> ?log-level",
    "< !log-level ok warn",
    "> ?log-level info",
    "< !log-level ok info",
    "> ?log-level foo",
    "< !log-level fail ...",
    "> ?log-level",
    "< !log-level ok info"
  ),
  session(
    "two requests at once, the quick one answered first",
    aio,
    "> ?sleep[1] 10",
    "> ?watchdog[2]",
    "< !watchdog[2] ok",
    "+ 10",
    "< !sleep[1] ok"
  ),
  session(
    "three at most, and a fourth as soon as one has ended",
    aio,
    "> ?sleep[1] 10",
    "> ?sleep[2] 5",
    "> ?sleep[3] 2",
    "> ?sleep[4] 4",
    "+ 2",
    "< !sleep[3] ok",
    "+ 3",
    "< !sleep[2] ok",
    "+ 1",
    "< !sleep[4] ok",
    "+ 4",
    "< !sleep[1] ok"
  ),
  session(
    "a watchdog behind as many as there may be waits for the first that ends",
    aio,
    "> ?sleep[1] 10",
    "> ?sleep[2] 5",
    "> ?sleep[3] 6",
    "> ?watchdog[4]",
    "+ 5",
    "< !sleep[2] ok",
    "< !watchdog[4] ok",
    "+ 1",
    "< !sleep[3] ok",
    "+ 4",
    "< !sleep[1] ok"
  ),
  session(
    "lists without ids, sent together, are answered one after the other",
    kp,
    "> ?sensor-list int",
    "> ?sensor-list float",
    "> ?sensor-value int",
    "< #sensor-list int ...",
    "< !sensor-list ok 1",
    "< #sensor-list float ...",
    "< !sensor-list ok 1",
    "< #sensor-value 0.0 1 int nominal 3",
    "< !sensor-value ok 1"
  ),
  session(
    "a list by an expression, which is slow at first, and a list behind it, sent together without ids, in their order",
    kp,
    "> ?sensor-list /float|int/",
    "> ?sensor-list text",
    "> ?watchdog",
    "< #sensor-list float ...",
    "< #sensor-list int ...",
    "< !sensor-list ok 2",
    "< #sensor-list text ...",
    "< !sensor-list ok 1",
    "< !watchdog ok"
  ),
  session(
    "a strategy is reported after the request that set it",
    aio,
    "> ?sensor-sampling float event",
    "> ?sensor-sampling float",
    "< #sensor-status 0.0 1 float unknown 0.0",
    "< !sensor-sampling ok float event",
    "< !sensor-sampling ok float event"
  )
]
