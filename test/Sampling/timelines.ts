/**
 * Golden timelines: what each strategy reports of a script of readings, and when. Times are in ticks from the setting of
 * the strategy; the unit tests take a tick for a second, the interop tests for less.
 */

import { Strategy } from "katcp/Sampling"
import type { Status } from "katcp/Sensor"

/** A reading that is set, or one that is reported; `nominal` where no status is given. */
export type Step = readonly [time: number, value: number | bigint | string, status?: Status]

export interface Timeline {
  readonly name: string
  /** The rows of the requirements that it shows. */
  readonly rows: string
  /** Times in ticks. */
  readonly strategy: Strategy.Strategy
  /** The type of the sensor: a float of 0.0, an integer of 0, or one of the words one, two and three. */
  readonly type: "float" | "integer" | "discrete"
  /** The set values, in order. */
  readonly script: ReadonlyArray<Step>
  /** When it is over. */
  readonly until: number
  /** The reports, in order. */
  readonly reports: ReadonlyArray<Step>
  /** Something falls on the very moment when a time is over: only a clock that is set can tell. */
  readonly exact: boolean
}

const timeline = (
  name: string,
  rows: string,
  strategy: Strategy.Strategy,
  { exact = false, type = "float", ...rest }: Pick<Timeline, "script" | "until" | "reports"> & Partial<Timeline>
): Timeline => ({ name, rows, strategy, type, exact, ...rest })

const rate = (shortest: number, longest: number) => Strategy.eventRate({ seconds: shortest }, { seconds: longest })
const differentialRate = (difference: number | bigint, shortest: number, longest: number) =>
  Strategy.differentialRate(difference, { seconds: shortest }, { seconds: longest })
const period = (ticks: number) => Strategy.period({ seconds: ticks })

export const timelines: ReadonlyArray<Timeline> = [
  timeline("none says nothing, not even at once", "P-214, P-219, A-452", Strategy.none, {
    script: [
      [1, 1],
      [2, 2, "error"]
    ],
    until: 3,
    reports: []
  }),
  timeline("auto reports every reading, also of the same value", "P-214, P-218, A-452", Strategy.auto, {
    script: [
      [0.5, 0],
      [1, 5],
      [1.5, 5],
      [2, 5, "warn"],
      [2.5, 5, "warn"]
    ],
    until: 3,
    reports: [
      [0, 0],
      [0.5, 0],
      [1, 5],
      [1.5, 5],
      [2, 5, "warn"],
      [2.5, 5, "warn"]
    ]
  }),
  timeline("auto reports all of a burst", "P-218", Strategy.auto, {
    script: [
      [1, 1],
      [1, 2],
      [1, 3]
    ],
    until: 2,
    reports: [
      [0, 0],
      [1, 1],
      [1, 2],
      [1, 3]
    ]
  }),
  timeline("event reports changes of value and of status, not of time alone", "P-214, P-221, A-454", Strategy.event, {
    script: [
      [0.5, 0],
      [1, 1],
      [1.5, 1],
      [2, 1, "warn"],
      [2.5, 1],
      [3, 2],
      [3.5, 1]
    ],
    until: 4,
    reports: [
      [0, 0],
      [1, 1],
      [2, 1, "warn"],
      [2.5, 1],
      [3, 2],
      [3.5, 1]
    ]
  }),
  timeline("event reports all changes of a burst", "P-221", Strategy.event, {
    script: [
      [1, 1],
      [1, 1],
      [1, 0],
      [1, 0, "failure"]
    ],
    until: 2,
    reports: [
      [0, 0],
      [1, 1],
      [1, 0],
      [1, 0, "failure"]
    ]
  }),
  timeline("event treats NaN as equal to NaN and -0 as 0", "P-221, Q-08", Strategy.event, {
    script: [
      [0.5, Number.NaN],
      [1, Number.NaN],
      [1.5, 0],
      [2, -0],
      [2.5, 1]
    ],
    until: 3,
    reports: [
      [0, 0],
      [0.5, Number.NaN],
      [1.5, 0],
      [2.5, 1]
    ]
  }),
  timeline("event is for any type", "P-221", Strategy.event, {
    type: "discrete",
    script: [
      [0.5, "one"],
      [1, "two"],
      [1.5, "two"],
      [2, "one", "error"]
    ],
    until: 2.5,
    reports: [
      [0, "one"],
      [1, "two"],
      [2, "one", "error"]
    ]
  }),
  timeline(
    "differential wants more than the difference, from what was sent",
    "P-223, A-456",
    Strategy.differential(2),
    {
      script: [
        [0.5, 2],
        [1, 2.5],
        [1.5, 4.5],
        [2, 4.75],
        [2.5, 5.75],
        [3, 6.75],
        [3.5, 7],
        [4, 7, "error"],
        [4.5, 5, "error"],
        [5, 4.75, "error"]
      ],
      until: 5.5,
      reports: [
        [0, 0],
        [1, 2.5],
        [2, 4.75],
        [3.5, 7],
        [4, 7, "error"],
        [5, 4.75, "error"]
      ]
    }
  ),
  timeline("differential for integers", "P-223", Strategy.differential(5), {
    type: "integer",
    script: [
      [0.5, 5],
      [1, 6],
      [1.5, 11],
      [2, 12],
      [2.5, 12, "error"]
    ],
    until: 3,
    reports: [
      [0, 0],
      [1, 6],
      [2, 12],
      [2.5, 12, "error"]
    ]
  }),
  timeline("differential for integers of any size", "P-223", Strategy.differential(2n), {
    type: "integer",
    script: [
      [0.5, 9007199254740993n],
      [1, 9007199254740995n],
      [1.5, 9007199254740996n],
      [2, -9007199254740991],
      [2.5, -9007199254740993n]
    ],
    until: 3,
    reports: [
      [0, 0],
      [0.5, 9007199254740993n],
      [1.5, 9007199254740996n],
      [2, -9007199254740991]
    ]
  }),
  timeline("differential treats NaN as far from every number", "P-223, Q-08", Strategy.differential(2), {
    script: [
      [0.5, Number.NaN],
      [1, Number.NaN],
      [1.5, 0],
      [2, Number.POSITIVE_INFINITY],
      [2.5, Number.POSITIVE_INFINITY],
      [3, Number.NEGATIVE_INFINITY]
    ],
    until: 3.5,
    reports: [
      [0, 0],
      [0.5, Number.NaN],
      [1.5, 0],
      [2, Number.POSITIVE_INFINITY],
      [3, Number.NEGATIVE_INFINITY]
    ]
  }),
  timeline("period reports on a grid what the sensor has then", "P-214, P-220, A-453", period(1.5), {
    script: [
      [0.75, 1],
      [1.9, 2],
      [2.5, 3],
      [5.2, 4, "warn"]
    ],
    until: 6.7,
    reports: [
      [0, 0],
      [1.5, 1],
      [3, 3],
      [4.5, 3],
      [6, 4, "warn"]
    ]
  }),
  timeline("period is for any type", "P-220", period(1), {
    type: "discrete",
    script: [[1.5, "three"]],
    until: 3.5,
    reports: [
      [0, "one"],
      [1, "one"],
      [2, "three"],
      [3, "three"]
    ]
  }),
  timeline("period: what is set in the very moment comes behind", "P-220", period(2), {
    exact: true,
    script: [
      [2, 1],
      [4, 2]
    ],
    until: 6,
    reports: [
      [0, 0],
      [2, 0],
      [4, 1],
      [6, 2]
    ]
  }),
  timeline(
    "event-rate holds what comes early, sends the newest, repeats when idle",
    "P-224, P-228, A-455",
    rate(1, 3),
    {
      script: [
        [0.3, 1],
        [0.6, 2],
        [5.5, 3],
        [5.8, 4]
      ],
      until: 8,
      reports: [
        [0, 0],
        [1, 2],
        [4, 2],
        [5.5, 3],
        [6.5, 4]
      ]
    }
  ),
  timeline("event-rate sends a held change although it went back", "P-225", rate(1, 4), {
    script: [
      [0.3, 1],
      [0.6, 0],
      [2.5, 0]
    ],
    until: 6,
    reports: [
      [0, 0],
      [1, 0],
      [5, 0]
    ]
  }),
  timeline("event-rate counts changes of status", "P-224", rate(1, 9), {
    script: [
      [0.4, 0, "warn"],
      [2.5, 0, "error"],
      [2.8, 0, "error"]
    ],
    until: 5,
    reports: [
      [0, 0],
      [1, 0, "warn"],
      [2.5, 0, "error"]
    ]
  }),
  timeline("event-rate with no shortest time", "P-224", rate(0, 2), {
    script: [
      [0.3, 1],
      [0.6, 1],
      [0.9, 2]
    ],
    until: 4,
    reports: [
      [0, 0],
      [0.3, 1],
      [0.9, 2],
      [2.9, 2]
    ]
  }),
  timeline("event-rate with no longest time to speak of", "P-224", rate(1, 1e99), {
    script: [
      [0.3, 1],
      [5.5, 2]
    ],
    until: 6,
    reports: [
      [0, 0],
      [1, 1],
      [5.5, 2]
    ]
  }),
  timeline("event-rate with both times equal", "P-224, Q-10", rate(2, 2), {
    script: [
      [0.5, 1],
      [4.5, 2],
      [5, 3]
    ],
    until: 7,
    reports: [
      [0, 0],
      [2, 1],
      [4, 1],
      [6, 3]
    ]
  }),
  timeline("event-rate: readings that change nothing do not put off the repetition", "P-224", rate(1, 3), {
    script: [
      [1.5, 0],
      [2.5, 0]
    ],
    until: 4,
    reports: [
      [0, 0],
      [3, 0]
    ]
  }),
  timeline("event-rate: a change in the moment when the shortest time ends goes out at once", "P-224", rate(1, 3), {
    exact: true,
    script: [
      [1, 1],
      [1.5, 2],
      [2, 3]
    ],
    until: 4,
    reports: [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3]
    ]
  }),
  timeline(
    "event-rate: a change in the moment of the repetition follows it by the shortest time",
    "P-224",
    rate(1, 3),
    {
      exact: true,
      script: [[3, 1]],
      until: 5,
      reports: [
        [0, 0],
        [3, 0],
        [4, 1]
      ]
    }
  ),
  timeline("event-rate: of a burst the first and the newest", "P-224", rate(1, 9), {
    script: [
      [2, 1],
      [2, 2],
      [2, 3]
    ],
    until: 4,
    reports: [
      [0, 0],
      [2, 1],
      [3, 3]
    ]
  }),
  timeline("differential-rate", "P-227, P-228, A-457", differentialRate(2, 1, 3), {
    script: [
      [0.3, 1],
      [0.6, 3],
      [2.5, 5],
      [5.5, 7.5],
      [5.8, 7, "warn"]
    ],
    until: 8,
    reports: [
      [0, 0],
      [1, 3],
      [4, 5],
      [5.5, 7.5],
      [6.5, 7, "warn"]
    ]
  }),
  timeline(
    "differential-rate sends a held change although it came near again",
    "P-225, P-227",
    differentialRate(2, 1, 4),
    {
      script: [
        [0.3, 5],
        [0.6, 1],
        [2.5, 3],
        [3.5, 3.5]
      ],
      until: 5,
      reports: [
        [0, 0],
        [1, 1],
        [3.5, 3.5]
      ]
    }
  ),
  timeline("differential-rate for integers", "P-227", differentialRate(2, 1, 4), {
    type: "integer",
    script: [
      [1.5, 2],
      [2.5, 3]
    ],
    until: 4,
    reports: [
      [0, 0],
      [2.5, 3]
    ]
  })
]
