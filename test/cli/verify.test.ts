import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { machine, type Machine } from "./world.ts"

const decodeAttempts = Schema.decodeUnknownSync(
  Schema.parseJson(
    Schema.Struct({
      attempts: Schema.Array(
        Schema.Struct({
          state: Schema.String,
          attempt: Schema.Struct({
            phase: Schema.String,
            end: Schema.optional(Schema.String),
            verified: Schema.optional(Schema.String),
            detail: Schema.optional(Schema.String)
          })
        })
      )
    })
  )
)

/** Its agent commits a file. The check waits for the file `$GO`, and then looks for what the agent's file says. */
const SETTINGS = `
providers: [{ name: my-agent, command: [sh, -c, "echo \\"$SAYS\\" > made && git add made && git commit -qm made"] }]
environment: { pass: [SAYS, GO] }
verify: { before: true, command: [sh, -c, "until [ -e \\"$GO\\" ]; do sleep 0.1; done; cat made; grep -q good made"] }
`

/** Milliseconds: many command lines, one after another. */
const LONG = 90_000

const git = (world: Machine, ...args: ReadonlyArray<string>) =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
    cwd: path.join(world.root, "repo"),
    encoding: "utf8"
  })

const night = Effect.fnUntraced(function* (says: string) {
  const world = yield* machine([{ id: "bd-1", title: "login fails" }])
  git(world, "config", "user.name", "a")
  git(world, "config", "user.email", "a@example.org")
  const config = path.join(world.root, "settings.yaml")
  yield* Effect.promise(() => fs.writeFile(config, SETTINGS))
  const options = {
    env: {
      NIGHTLY_DISPATCH_CONFIG: config,
      NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
      NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "git",
      NIGHTLY_DISPATCH_WORKSPACE_ROOT: path.join(world.root, "trees"),
      NIGHTLY_DISPATCH_WATCH: "never",
      SAYS: says,
      GO: path.join(world.root, "go")
    }
  }
  const first = yield* world.nd(["run"], options)
  assert.strictEqual(first.code, 0, first.stderr)
  let table: string | undefined
  for (let tries = 0; tries < 100; tries++) {
    const { stderr, stdout } = yield* world.nd(["settle", "--json"], options)
    const [found] = decodeAttempts(stdout).attempts
    if (found?.state === "Ended") return { world, found: found.attempt, table, stderr }
    if (found?.attempt.phase === "verifying" && table === undefined) {
      table = (yield* world.nd(["settle"], options)).stdout
      yield* Effect.promise(() => fs.writeFile(options.env.GO, ""))
    }
    yield* Effect.sleep("200 millis")
  }
  return yield* Effect.dieMessage("the attempt did not end")
})

it.scopedLive(
  "work that passes our check is verified; `settle` says meanwhile that it is being checked",
  () =>
    Effect.gen(function* () {
      const { found, stderr, table, world } = yield* night("good")
      assert.deepInclude(found, { end: "succeeded", verified: "yes" })
      assert.match(found.detail ?? "", /; our check passed: `sh -c .*`, which failed before \(exit [12]\)$/)
      assert.notMatch(git(world, "worktree", "list"), /\+base-/)
      assert.match(table ?? "", /its work is being checked/)
      assert.match(stderr, /✅ JOB_SUCCEEDED .* verified=yes /)
    }),
  LONG
)

it.scopedLive(
  "work that fails our check is unverified, with the last lines of the check",
  () =>
    Effect.gen(function* () {
      const { found, stderr, world } = yield* night("bad")
      assert.deepInclude(found, { end: "unverified", verified: "no" })
      assert.match(found.detail ?? "", /^our check of its work failed: `sh -c .*` \(exit 1\): bad; the job ended well/)
      assert.match(stderr, /❌ JOB_FAILED beads=bd-1 provider=my-agent end=unverified verified=no /)
      assert.match(git(world, "log", "--oneline", "--all"), / made$/m)
      assert.notInclude(JSON.stringify(yield* world.issues), "nightly-dispatch-review")
    }),
  LONG
)
