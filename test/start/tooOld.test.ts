import { assert, describe, it } from "@effect/vitest"
import packageJson from "../../package.json" with { type: "json" }
import { OLDEST_NODE, tooOld } from "../../src/start/tooOld.ts"

// `.ci/packed` starts the program with an older Node.
describe("a Node that is too old", () => {
  it("is named with its version and path", () => {
    const said = "nightly-dispatch needs Node 20.18 or newer; this is v20.9.0 (/usr/bin/node)"
    assert.strictEqual(tooOld("20.9.0", "/usr/bin/node"), said)
    for (const version of ["12.22.12", "16.20.2", "18.20.8", "20.17.0"]) assert.isDefined(tooOld(version, "node"))
    for (const version of ["20.18.0", "20.20.2", "22.0.0", "24.1.0", "100.0.0"])
      assert.isUndefined(tooOld(version, "node"))
  })

  it("is older than package.json demands", () => {
    assert.strictEqual(packageJson.engines.node, `>=${OLDEST_NODE}`)
  })
})
