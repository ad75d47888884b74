import { defineConfig } from "vitest/config"
import { inOwnDirectory } from "../temporary.ts"

// Started by run.js, once for each bd; `npm test` does not know these files.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/realbd/*.real.ts"],
    setupFiles: ["test/setup.ts"],
    ...inOwnDirectory(),
    maxWorkers: 2,
    minWorkers: 2,
    // Most of the time is bd's own.
    sequence: { concurrent: true },
    maxConcurrency: 3
  }
})
