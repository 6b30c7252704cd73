/** The web site of the documentation, for VitePress: see scripts/site.ts. */
import { defineConfig } from "vitepress"
import { groups } from "./pages.ts"

const item = (text: string, page: string) => ({ text, link: `/${page}` })

export default defineConfig({
  title: "katcp",
  description: "KATCP for TypeScript, on Effect: device servers, clients, sites of many devices",
  cleanUrls: false,
  // links to the API reference, which TypeDoc puts beside the pages
  ignoreDeadLinks: [/^\/api\//],
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  markdown: {
    attrs: { disable: true },
    // the anchors of GitHub, which the pages link to
    anchor: {
      slugify: (heading) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, "")
          .trim()
          .replaceAll(" ", "-")
    },
    // pages have `{{` as text, and no templates
    config: ({ renderer, utils }) => {
      const plain = (text: string) => utils.escapeHtml(text).replaceAll("{{", "&#123;&#123;")
      renderer.rules.code_inline = (tokens, at) => `<code>${plain(tokens[at]!.content)}</code>`
      renderer.rules.text = (tokens, at) => plain(tokens[at]!.content)
    }
  },
  themeConfig: {
    search: {
      provider: "local",
      options: { miniSearch: { searchOptions: { combineWith: "AND", fuzzy: 0.1, prefix: true } } }
    },
    nav: [
      item("Guide", "guide"),
      item("Tasks", "tasks"),
      item("Command", "cli"),
      { text: "API", link: "/api/index.html", target: "_self" },
      item("Benchmarks", "bench/results")
    ],
    outline: [2, 3],
    sidebar: groups.map(({ pages, text }) => ({
      text,
      collapsed: false,
      items: pages.map(([place, name]) => item(name, place))
    }))
  }
})
