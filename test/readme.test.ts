import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, TestClock } from "effect"
import * as fs from "node:fs"
import { EXIT, nightlyRun, Settings } from "../src/index.ts"
import packageJson from "../package.json" with { type: "json" }
import { main } from "./readme/compose.ts"
import { night } from "./readme/fakes.ts"
import { options } from "./dispatch/support.ts"

const file = (name: string) => fs.readFileSync(new URL(`../${name}`, import.meta.url), "utf8")
const README = file("README.md")
const asPublished = (source: string) =>
  source
    .replace("../../src/testing/index.ts", "nightly-dispatch/testing")
    .replace("../../src/index.ts", "nightly-dispatch")

describe("the README", () => {
  it("shows examples that compile", () => {
    for (const name of ["test/readme/compose.ts", "test/readme/fakes.ts"]) {
      assert.include(README, `\`\`\`ts\n${asPublished(file(name))}\`\`\``)
    }
    assert.isTrue(Effect.isEffect(main))
  })

  it.effect("shows an example that works", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(nightlyRun(options))
      yield* TestClock.adjust("70 seconds")
      const { outcomes } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        outcomes.map((one) => (one._tag === "Dispatched" ? String(one.provider) : one._tag)),
        ["cc-glm"]
      )
    }).pipe(Effect.provide(night))
  )

  it("names every exit code and every npm script it tells people to run", () => {
    for (const code of Object.values(EXIT)) assert.match(README, new RegExp(`^\\| ${code} +\\|`, "m"))
    for (const [, script = ""] of README.matchAll(/npm run ([a-z:]+)/g)) assert.property(packageJson.scripts, script)
  })

  it("names every setting", () => {
    for (const key of Object.keys(Settings.fields)) assert.include(README, "`" + key)
  })
})
