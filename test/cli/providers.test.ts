import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { machine, type Machine } from "./world.ts"

const BUGS = [
  { id: "bd-1", title: "login fails" },
  { id: "bd-2", title: "logout fails" }
]

const LOCAL = { NIGHTLY_DISPATCH_RUNNER_BACKEND: "local" }

const isUnclaimed = Effect.fnUntraced(function* ({ issues }: Machine) {
  for (const issue of Object.values(yield* issues)) assert.strictEqual(issue.assignee ?? "", "")
})

describe("a provider's name that is mistyped", () => {
  it.scopedLive("with the local runner: exit 5 before any claim, once, with the name that was meant", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS)
      const { code, stderr, stdout } = yield* world.nd(["run", "--provider", "gemini", "--provider", "opncode"], {
        env: LOCAL
      })
      assert.deepStrictEqual([code, stdout], [5, ""])
      assert.match(
        stderr,
        /^nightly-dispatch: providers\[1\]\.name: the local runner does not know opncode, did you mean opencode\? .*\(flag\)\n$/
      )
      yield* isUnclaimed(world)
    })
  )

  it.scopedLive("with the local runner: an agent of the settings file may be meant too", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS)
      const file = path.join(world.root, "settings.yaml")
      yield* Effect.promise(() => fs.writeFile(file, "providers: [{ name: my-agent, command: [sh, -c, ':'] }]\n"))
      const meant = yield* world.nd(["run", "--dry-run", "--config", file, "--provider", "my-agnet"], { env: LOCAL })
      assert.strictEqual(meant.code, 5)
      assert.include(meant.stderr, "did you mean my-agent?")
      const other = yield* world.nd(["run", "--dry-run", "--provider", "somebody"], { env: LOCAL })
      assert.strictEqual(other.code, 5)
      assert.include(other.stderr, "there are opencode, cc-glm, gemini. Another agent needs a command")
    })
  )

  it.scopedLive("with dx-runner: exit 5 before any claim, once", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS)
      const { code, stderr } = yield* world.nd(["run", "--provider", "opncode"])
      assert.strictEqual(code, 5)
      assert.lengthOf(stderr.match(/level=ERROR/g) ?? [], 1)
      assert.match(stderr, /level=ERROR message="Adapter not found: .* \(did you mean opencode\?/)
      yield* isUnclaimed(world)
    })
  )
})

describe("a dx-runner that is missing", () => {
  for (const bugs of [BUGS, []]) {
    it.scopedLive(`exits 5 with ${bugs.length} open bugs`, () =>
      Effect.gen(function* () {
        const world = yield* machine(bugs)
        const { code, stderr } = yield* world.nd(["run"], {
          env: { NIGHTLY_DISPATCH_RUNNER_BACKEND: "dx-runner", NIGHTLY_DISPATCH_RUNNER_PATH: "/nowhere/dx-runner" }
        })
        assert.strictEqual(code, 5)
        assert.include(stderr, "/nowhere/dx-runner: command not found")
        yield* isUnclaimed(world)
      })
    )
  }
})
