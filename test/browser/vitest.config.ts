import { defineConfig } from "vitest/config"
import { inOwnDirectory } from "../temporary.ts"

// Started by `.ci/browser`; `npm test` does not know these files.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/browser/*.browser.ts"],
    setupFiles: ["test/setup.ts"],
    ...inOwnDirectory(),
    testTimeout: 120_000,
    hookTimeout: 60_000
  }
})
