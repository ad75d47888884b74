import { defineConfig } from "vitest/config"
import { TEMPORARY } from "../temporary.ts"

// Started by `.ci/browser`; `npm test` does not know these files.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/browser/*.browser.ts"],
    setupFiles: ["test/setup.ts"],
    env: { TMPDIR: TEMPORARY },
    testTimeout: 120_000,
    hookTimeout: 60_000
  }
})
