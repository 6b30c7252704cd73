/** The pages of the web site in groups: its sidebar, and the chapters of `llms.txt`. */

/** A group of pages: the path of each on the site, and its name in the sidebar. */
export interface Group {
  readonly text: string
  readonly pages: ReadonlyArray<readonly [place: string, name: string]>
}

/** The groups, in order. `npm run docs:build` fails if a page is missing here. */
export const groups: ReadonlyArray<Group> = [
  {
    text: "Begin",
    pages: [
      ["guide", "Guide"],
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
      ["performance", "Performance"],
      ["bench/results", "Benchmarks"],
      ["bench/readme", "How they are measured"],
      ["trials", "Trials"],
      ["conformance", "Conformance"],
      ["requirements", "Requirements"],
      ["ambiguities", "Ambiguities"],
      ["parity", "Parity"]
    ]
  },
  {
    text: "The project",
    pages: [
      ["architecture", "Architecture"],
      ["compatibility", "Compatibility"],
      ["contributing", "Contributing"],
      ["changelog", "Changes"]
    ]
  }
]
