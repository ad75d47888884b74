import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import { criteria } from "./proof/tables.ts"

// That these tests ran and passed is checked after the run, by `proof/plugin.ts`.
describe("the acceptance criteria", () => {
  it("all 38 are listed, each with a test that carries its task's id and a file that exists", () => {
    assert.strictEqual(criteria.length, 38)
    for (const { file, subject, task, test } of criteria) {
      assert.include(test, task, subject)
      assert.isTrue(fs.existsSync(new URL(`../${file}`, import.meta.url)), `${subject}: ${file}`)
    }
  })
})
