/** A plugin of TypeDoc: gives modules the names by which programs import them. */
export const load = (app) => {
  app.converter.on("resolveBegin", ({ project }) => {
    for (const module of project.children ?? []) {
      const name = module.name.replace(/^src\/?/, "").replace(/^Promise/, "promise")
      module.name = name === "" ? "katcp" : `katcp/${name}`
    }
  })
}
