import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { main } from "../../src/cli/main.ts"
import { Streams } from "../../src/cli/terminal/Streams.ts"
import { inMemory } from "./memory.ts"
import { PROGRAM } from "./world.ts"

const shell = (command: string) => {
  const { status, stderr } = spawnSync("sh", ["-c", command, process.execPath, PROGRAM], {
    encoding: "utf8",
    cwd: os.tmpdir(),
    env: { HOME: "/nowhere", PATH: "/usr/bin:/bin" }
  })
  return { status, stderr }
}

describe("a result that cannot be written", () => {
  for (const args of ["config show", "cron print --script /tmp/night.sh", "--help", "--version"]) {
    it(`${args}: exits 6 and says so on stderr`, { skip: !fs.existsSync("/dev/full") }, () => {
      const { status, stderr } = shell(`"$0" "$1" ${args} > /dev/full`)
      assert.strictEqual(status, 6)
      assert.match(stderr, /^nightly-dispatch: the result could not be written to stdout \(ENOSPC.*\n$/)
    })
  }

  it("is none if the reader has gone", () => {
    const { status, stderr } = shell(`{ "$0" "$1" config show; echo "exit $?" >&2; } | true`)
    assert.deepStrictEqual([status, stderr], [0, "exit 0\n"])
  })

  it.effect("leaves the exit code of a command that failed", () =>
    Effect.gen(function* () {
      const { err, layer, streams } = inMemory()
      const full = Layer.succeed(Streams, { ...streams, unwritten: () => "no space left" })
      const code = yield* main(["node", "nightly-dispatch", "preflight"]).pipe(
        Effect.provide(Layer.mergeAll(layer, full, NodeContext.layer))
      )
      assert.strictEqual(code, 1)
      assert.include(err.join(""), "could not be written")
    })
  )
})
