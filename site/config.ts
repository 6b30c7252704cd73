/** The web site of the documentation, for VitePress: see scripts/site.ts. */
import { defineConfig } from "vitepress"

const item = (text: string, page: string) => ({ text, link: `/${page}` })

export default defineConfig({
  title: "katcp",
  description: "KATCP for TypeScript, on Effect: device servers, clients, sites of many devices",
  cleanUrls: false,
  // links to the API reference, which TypeDoc puts beside the pages
  ignoreDeadLinks: [/^\/api\//],
  markdown: {
    attrs: { disable: true },
    // pages have `{{` as text, and no templates
    config: ({ renderer, utils }) => {
      const plain = (text: string) => utils.escapeHtml(text).replaceAll("{{", "&#123;&#123;")
      renderer.rules.code_inline = (tokens, at) => `<code>${plain(tokens[at]!.content)}</code>`
      renderer.rules.text = (tokens, at) => plain(tokens[at]!.content)
    }
  },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      item("Guide", "guide"),
      item("Command", "cli"),
      { text: "API", link: "/api/index.html", target: "_self" },
      item("Benchmarks", "bench/results")
    ],
    sidebar: [
      {
        text: "Begin",
        items: [
          item("Guide", "guide"),
          item("Concepts", "concepts"),
          item("The command", "cli"),
          item("Troubleshooting", "troubleshooting"),
          item("Coming from Python", "migrating")
        ]
      },
      {
        text: "Devices and clients",
        items: [
          item("Contracts", "contract"),
          item("Testing", "testing"),
          item("Simulating", "simulating"),
          item("In a browser", "browser"),
          item("FPGA boards", "casper"),
          item("Conformance", "conformance")
        ]
      },
      {
        text: "Observatories",
        items: [
          item("Sites", "sites"),
          item("Proxy", "proxy"),
          item("History", "history"),
          item("Monitoring", "monitoring"),
          item("Gateway", "gateway"),
          item("Dashboard", "dashboard"),
          item("Fleets", "fleet"),
          item("Deployment", "deployment"),
          item("Security", "security")
        ]
      },
      {
        text: "Reference",
        items: [
          item("Performance", "performance"),
          item("Benchmarks", "bench/results"),
          item("Trials", "trials"),
          item("Compatibility", "compatibility"),
          item("Requirements", "requirements"),
          item("Parity", "parity"),
          item("Ambiguities", "ambiguities"),
          item("Architecture", "architecture"),
          item("Contributing", "contributing")
        ]
      }
    ]
  }
})
