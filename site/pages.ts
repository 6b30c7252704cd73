/** The pages of the web site in groups: its sidebar, and the chapters of `llms.txt`. */

/**
 * A group of pages: the path of each on the site, its name in the sidebar, and a description for `llms.txt`, if the first
 * sentence of the page does not describe it.
 */
export interface Group {
  readonly text: string
  readonly pages: ReadonlyArray<readonly [place: string, name: string, says?: string]>
}

/** The groups, in order. `npm run docs:build` fails if a page is missing here. */
export const groups: ReadonlyArray<Group> = [
  {
    text: "Begin",
    pages: [
      [
        "guide",
        "Guide",
        "The first success for operators, authors of instruments, developers and monitoring engineers."
      ],
      ["tasks", "Find your task"],
      ["concepts", "Concepts"],
      ["cli", "The command"],
      ["troubleshooting", "Troubleshooting"],
      ["migrating", "Coming from Python"]
    ]
  },
  {
    text: "Devices and clients",
    pages: [
      ["devices", "Writing a device"],
      ["clients", "Writing a client"],
      ["testing", "Testing"],
      ["simulating", "Simulating"],
      ["contract", "Contracts as data"],
      ["browser", "In a web page"],
      ["casper", "FPGA boards"]
    ]
  },
  {
    text: "Observatories",
    pages: [
      ["sites", "Sites"],
      ["proxy", "Proxy"],
      ["history", "History"],
      ["monitoring", "Monitoring"],
      ["metrics", "Metrics"],
      ["gateway", "Gateway"],
      ["dashboard", "Dashboard"],
      ["deployment", "Deployment"],
      ["fleet", "Fleets"],
      ["fleet-deployment", "A fleet in production"],
      ["security", "Security"]
    ]
  },
  {
    text: "Evidence",
    pages: [
      ["performance", "Performance", "The capacity of one process, settings, profiles, and the growth of cost."],
      ["bench/results", "Benchmarks", "Measured beside aiokatcp, katcp-python and node:net."],
      ["bench/readme", "How they are measured"],
      ["trials", "Trials"],
      [
        "conformance",
        "Conformance",
        "Checks of a device, with the results of this library and of the Python libraries."
      ],
      ["requirements", "Requirements"],
      ["ambiguities", "Ambiguities"],
      ["parity", "Parity"]
    ]
  },
  {
    text: "The project",
    pages: [
      ["architecture", "Architecture", "The parts, the flow of data, and the decisions with their reasons."],
      ["compatibility", "Compatibility"],
      [
        "contributing",
        "Contributing",
        "Rules, and recipes for a request, a type, a strategy, a command and a transport."
      ],
      ["changelog", "Changes", "Changes that users see, by version."]
    ]
  }
]
