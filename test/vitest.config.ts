import { defineConfig } from "vitest/config"

// Files share their worker's modules, which halves the time. Whoever changes what they share puts it back.
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    isolate: false,
    maxWorkers: 2,
    minWorkers: 1,
    setupFiles: ["test/setup.ts"]
  }
})
