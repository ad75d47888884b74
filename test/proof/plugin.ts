import * as fs from "node:fs"
import * as path from "node:path"
import type { Plugin } from "vitest/config"
import type { Reporter, TestModule, Vitest } from "vitest/node"
import { rows } from "./tables.ts"
import { lineOf, unproven, type Finished } from "./unproven.ts"

/** Set by `.ci/run`: there a skipped proof fails the run. Elsewhere it is a warning. */
const IN_CI_RUN = process.env["CI_RUN"] === "1"

const fileOf = (vitest: Vitest, moduleId: string): string => path.relative(vitest.config.root, moduleId)

const finished = (vitest: Vitest, modules: ReadonlyArray<TestModule>): ReadonlyArray<Finished> =>
  modules.flatMap((module) =>
    Array.from(module.children.allTests(), (test) => ({
      file: fileOf(vitest, module.moduleId),
      name: test.fullName,
      state: test.result().state
    }))
  )

/** Compares the tables with the tests that ran, prints a line for each row without a proof, and fails the run. */
const reporter = (vitest: Vitest): Reporter => ({
  async onTestRunEnd(modules) {
    // `vitest -t` skips most tests on purpose.
    if (vitest.config.testNamePattern !== undefined) return
    const ran = new Set(modules.map(({ moduleId }) => moduleId))
    const isWhole = (await vitest.globTestSpecifications()).every(({ moduleId }) => ran.has(moduleId))
    const files = new Set([...ran].map((moduleId) => fileOf(vitest, moduleId)))
    // A file that is there and did not run belongs to the other project.
    const isMissing = (file: string) => isWhole && !fs.existsSync(path.join(vitest.config.root, file))
    const expected = rows.filter(({ file }) => files.has(file) || isMissing(file))
    const found = unproven(expected, finished(vitest, modules))
    for (const one of found) vitest.logger.error(lineOf(one))
    const skipped = found.filter(({ because }) => because === "skipped").length
    if (found.length > skipped || (IN_CI_RUN && skipped > 0)) process.exitCode = 1
    else if (skipped > 0) vitest.logger.error(`${skipped} proofs were skipped: .ci/run would fail`)
  }
})

const MARK = "comparesProofs"

/** A plugin, because `vitest --reporter` would replace a reporter of the configuration. */
export const proofs = (): Plugin => ({
  name: "proofs",
  configureVitest: ({ vitest }) => {
    // Each project brings a plugin of its own.
    const { reporters } = vitest.config
    if (reporters.some((each) => typeof each === "object" && MARK in each)) return
    reporters.push(Object.assign(reporter(vitest), { [MARK]: true }))
  }
})
