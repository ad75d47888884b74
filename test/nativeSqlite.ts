import type { Plugin } from "esbuild"
import { createRequire } from "node:module"

const driver = createRequire(import.meta.url).resolve("libsql")

/** For a bundle of a test: the SQLite driver stays where it is, because it looks for its native part beside its own file. */
export const nativeSqlite: Plugin = {
  name: "native SQLite",
  setup: ({ onResolve }) => onResolve({ filter: /^libsql$/ }, () => ({ path: driver, external: true }))
}
