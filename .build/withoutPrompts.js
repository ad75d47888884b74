/**
 * Leaves out the questions that `@effect/cli` can ask: no option of ours has one, and we offer no wizard. They would be loaded by each
 * start.
 */
export const withoutPrompts = {
  name: "without-prompts",
  setup: (build) => {
    const namespace = "without-prompts"
    build.onResolve({ filter: /^\.\/prompt(\/\w+)?\.js$/ }, ({ importer, path }) =>
      importer.includes("/@effect/cli/") ? { path, namespace } : undefined
    )
    build.onLoad({ filter: /^/, namespace }, () => ({ contents: "module.exports = {}", loader: "js" }))
  }
}
