import * as fs from "node:fs/promises"

/** What `effect` exports of its own besides its modules. */
const FUNCTIONS = "effect/Function"

const importOf = (specifier) => {
  const [name, as = name] = specifier.split(/\s+as\s+/)
  return /^[a-z]/.test(name)
    ? `import { ${name} as ${as} } from "${FUNCTIONS}";`
    : `import * as ${as} from "effect/${name}";`
}

const isValue = (specifier) => specifier !== "" && !specifier.startsWith("type ")

/** The statement that imports from `effect`, as imports of the modules that it names. Keeps the number of lines. */
const split = (statement, isType, names) => {
  const lines = "\n".repeat(statement.split("\n").length - 1)
  const specifiers = isType ? [] : names.split(",").map((name) => name.trim())
  return specifiers.filter(isValue).map(importOf).join(" ") + lines
}

/**
 * Imports from `effect` each module by its own path. Node loads every module of `effect` for one import from its index, and a
 * bundler keeps more of it.
 */
export const effectModules = {
  name: "effect-modules",
  setup: (build) =>
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await fs.readFile(path, "utf8")
      return { contents: text.replace(/^import (type )?\{([^}]*)\} from "effect"$/gm, split), loader: "ts" }
    })
}
