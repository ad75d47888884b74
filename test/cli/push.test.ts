import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { machine } from "./world.ts"

const decode = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Struct({ attempts: Schema.Array(Schema.Struct({ state: Schema.String })) }))
)

const SETTINGS = `
providers: [{ name: my-agent, command: [sh, -c, "echo x >made && git add made && git commit -qm made"] }]
workspace: { push: origin }
`
const BRANCH = "nightly-dispatch/bd-1"

/** Milliseconds: many command lines, one after another. */
const LONG = 90_000

/** A host whose agent's work waits for review, and is pushed to a repository beside it. */
const night = Effect.gen(function* () {
  const world = yield* machine([{ id: "bd-1", title: "login fails" }])
  const [clone, remote] = [path.join(world.root, "repo"), path.join(world.root, "remote.git")]
  const git = (directory: string, ...args: ReadonlyArray<string>) =>
    execFileSync("git", args, { cwd: directory, encoding: "utf8" }).trim()
  git(clone, "config", "user.name", "a")
  git(clone, "config", "user.email", "a@example.org")
  git(world.root, "init", "--quiet", "--bare", "--initial-branch=main", remote)
  git(clone, "remote", "add", "origin", remote)
  git(clone, "push", "--quiet", "origin", "main")
  const config = path.join(world.root, "settings.yaml")
  yield* Effect.promise(() => fs.writeFile(config, SETTINGS))
  const env = {
    NIGHTLY_DISPATCH_CONFIG: config,
    NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
    NIGHTLY_DISPATCH_WORKSPACE_ROOT: path.join(world.root, "trees")
  }
  const nd = (...args: ReadonlyArray<string>) => world.nd(args, { env })
  const first = yield* nd("run")
  assert.strictEqual(first.code, 0, first.stderr)
  const isOver = Effect.map(nd("settle", "--json"), ({ stdout }) => decode(stdout).attempts[0]?.state === "Ended")
  yield* Effect.repeat(Effect.delay(isOver, "200 millis"), { until: (over) => over, times: 100 })
  return { world, git, nd, clone, remote, tip: git(clone, "rev-parse", BRANCH) }
})

it.scopedLive(
  "work is pushed, the views say so, and a clone without the branch fetches and merges it",
  () =>
    Effect.gen(function* () {
      const { clone, git, nd, remote, tip, world } = yield* night
      assert.strictEqual(git(remote, "rev-parse", BRANCH), tip)
      const said = `pushed to origin at ${tip.slice(0, 8)}`
      for (const command of [["status"], ["explain", "bd-1"], ["review"], ["review", "bd-1"]]) {
        const { stdout } = yield* nd(...command)
        assert.include(stdout.replaceAll(/\s+/g, " "), said, command.join(" "))
      }
      // As on a host that has only the remote.
      git(clone, "worktree", "remove", "--force", path.join(world.root, "trees/bd-1/repo"))
      git(clone, "branch", "-D", BRANCH)
      assert.include((yield* nd("review", "bd-1")).stdout, "accept (fetch, merge, close)")
      const { code, stderr, stdout } = yield* nd("review", "bd-1", "--accept", "--yes")
      assert.strictEqual(code, 0, stdout + stderr)
      assert.match(stdout, /^- nightly-dispatch\/bd-1 is fetched from origin\n- merged into main\n/)
      assert.strictEqual(git(clone, "rev-parse", "main^2"), tip)
      assert.strictEqual(git(clone, "branch", "--list", BRANCH), "")
      assert.strictEqual((yield* world.issues)["bd-1"]?.status, "closed")
    }),
  LONG
)

it.scopedLive(
  "a rejection removes the pushed branch",
  () =>
    Effect.gen(function* () {
      const { git, nd, remote } = yield* night
      const { code, stderr, stdout } = yield* nd("review", "bd-1", "--reject", "--yes")
      assert.strictEqual(code, 0, stdout + stderr)
      assert.include(stdout, `- ${BRANCH} is removed from origin\n`)
      assert.strictEqual(git(remote, "branch", "--list", BRANCH), "")
    }),
  LONG
)
