import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"

const read = (name: string) => fs.readFileSync(new URL(name, import.meta.url), "utf8")

const rows = Array.from(
  read("./spec.md").matchAll(/^- (bd-XXXX\.\d+\.\d+): (.+): `(.+)` "(.+)"$/gm),
  ([, task = "?", criterion = "", file = "", test = ""]) => [task, criterion, file, test] as const
)

describe("the acceptance criteria", () => {
  it("are all 38 there, each with a test that carries its task's id", () => {
    assert.strictEqual(rows.length, 38)
    for (const [task, criterion, file, test] of rows) {
      assert.include(test, task, criterion)
      assert.include(read(`./${file}`), test, criterion)
    }
  })

  it("bd-XXXX.4.3 nothing is merged before every test has passed on a clean checkout", () => {
    const ci = read("../.ci/run")
    assert.match(ci, /^set -euo pipefail$/m)
    assert.match(ci, /^bash -ec 'npm ci && npm test'$/m)
    assert.match(ci, /^npm run check$/m)
    assert.include(JSON.parse(read("../package.json")).scripts.check, "npm test")
    assert.include(read("../README.md"), "npm ci && npm test")
  })
})
