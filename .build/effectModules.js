import * as fs from "node:fs/promises"

/** What the package's first file exports beside the namespaces: they are functions of this module. */
const FUNCTIONS = new Set(["absurd", "flow", "hole", "identity", "pipe", "unsafeCoerce"])

/** `Array as Arr` → `import * as Arr from "effect/Array"` */
const fromModule = (specifier) => {
  const [, type, name, own] = /^(type )?(\w+)(?: as (\w+))?$/.exec(specifier)
  if (type !== undefined) return ""
  return FUNCTIONS.has(name)
    ? `import { ${specifier} } from "effect/Function"`
    : `import * as ${own ?? name} from "effect/${name}"`
}

const rewritten = (text) =>
  text.replace(/^import (type )?\{([^}]*)\} from "effect"$/gm, (_, type, names) =>
    type === undefined
      ? names
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== "")
          .map(fromModule)
          .filter((statement) => statement !== "")
          .join("; ")
      : ""
  )

/**
 * Lets each of our files import the modules of `effect` that it uses, by their paths. The first file of the package reads all of
 * them, also those that nothing uses, which takes longer than all else at the start.
 */
export const effectModules = {
  name: "effect-modules",
  setup: (build) =>
    build.onLoad({ filter: /\.ts$/, namespace: "file" }, async ({ path }) =>
      path.includes("/node_modules/")
        ? undefined
        : { contents: rewritten(await fs.readFile(path, "utf8")), loader: "ts" }
    )
}
