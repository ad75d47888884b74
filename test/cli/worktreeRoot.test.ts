import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { machine, type Machine } from "./world.ts"

/** Its agent commits a file and ends. */
const SETTINGS = `
providers: [{ name: my-agent, command: [sh, -c, "echo done > made && git add made && git commit -qm made"] }]
`

/** Milliseconds: many command lines, one after another. */
const LONG = 90_000

const BUG = { id: "bd-root1", title: "login fails" }

/** A machine on which this program starts the jobs and `workspace.root` is not set. An empty variable counts as not set. */
const withLocalJobs = Effect.gen(function* () {
  const world = yield* machine([BUG])
  const at = (name: string) => path.join(world.root, name)
  for (const [key, value] of Object.entries({ "user.name": "a", "user.email": "a@example.org" })) {
    execFileSync("git", ["config", key, value], { cwd: at("repo") })
  }
  fs.writeFileSync(at("settings.yaml"), SETTINGS)
  const env = {
    NIGHTLY_DISPATCH_CONFIG: at("settings.yaml"),
    NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
    NIGHTLY_DISPATCH_WORKSPACE_ROOT: ""
  }
  return { ...world, at, options: { env } }
})

const git = (world: Machine, ...args: ReadonlyArray<string>) =>
  execFileSync("git", args, { cwd: path.join(world.root, "repo"), encoding: "utf8" })

/** Settles until the bug's job has ended; returns the log. */
const settled = (world: Machine, env: Readonly<Record<string, string>>) =>
  world.program(["settle"], { env }).pipe(
    Effect.delay("200 millis"),
    Effect.repeat({ until: ({ stderr }) => stderr.includes("JOB_"), times: 100 }),
    Effect.map(({ stderr }) => stderr)
  )

describe("without workspace.root, worktrees of local jobs", () => {
  it.scopedLive(
    "are made, settled, reviewed and kept below the state directory, and never in the directory that all users share",
    () =>
      Effect.gen(function* () {
        const world = yield* withLocalJobs
        const { at, options } = world
        const dry = yield* world.program(["run", "--dry-run"], options)
        assert.strictEqual(dry.code, 0, dry.stderr)
        assert.deepStrictEqual(fs.readdirSync(at("state")), [], "a dry run leaves nothing")
        const run = yield* world.program(["run"], options)
        assert.strictEqual(run.code, 0, run.stderr)
        const tree = at(`state/worktrees/${BUG.id}/repo`)
        const real = fs.realpathSync(tree)
        assert.include(git(world, "worktree", "list", "--porcelain"), `worktree ${real}\n`)
        assert.strictEqual((fs.statSync(at("state/worktrees")).mode & 0o777).toString(8), "700")
        assert.match(yield* settled(world, options.env), /JOB_SUCCEEDED beads=bd-root1 .*commits=1/)
        assert.isTrue(fs.existsSync(path.join(tree, "made")))
        const shown = yield* world.program(["state", "show"], options)
        assert.strictEqual(shown.code, 0, shown.stderr)
        const pruned = yield* world.program(["prune"], options)
        assert.strictEqual(pruned.code, 0, pruned.stderr)
        assert.isTrue(fs.existsSync(path.join(tree, "made")), "work that waits for a person stays")
        const rejected = yield* world.program(["review", BUG.id, "--reject", "--yes"], options)
        assert.strictEqual(rejected.code, 0, rejected.stderr)
        assert.deepStrictEqual(fs.readdirSync(at("state/worktrees")), [])
        assert.isFalse(fs.existsSync(`/tmp/agents/${BUG.id}`))
      }),
    LONG
  )

  it.scopedLive(
    "may be moved with the state directory: state adopt says how git learns it, and then their work is settled",
    () =>
      Effect.gen(function* () {
        const world = yield* withLocalJobs
        const { at, options } = world
        const run = yield* world.program(["run"], options)
        assert.strictEqual(run.code, 0, run.stderr)
        const tree = `worktrees/${BUG.id}/repo`
        while (!fs.existsSync(at(`state/${tree}/made`))) yield* Effect.sleep("100 millis")
        yield* Effect.sleep("1 second")
        // On one disk the directory keeps its inode, and is known again. A copy does not.
        fs.cpSync(at("state"), at("moved"), { recursive: true, preserveTimestamps: true })
        fs.rmSync(at("state"), { recursive: true })
        const env = { ...options.env, NIGHTLY_DISPATCH_STATE_DIR: at("moved") }
        const adopted = yield* world.program(["state", "adopt"], { env })
        assert.strictEqual(adopted.code, 0, adopted.stderr)
        const told = /tell git: (git .+)$/m.exec(adopted.stdout)?.[1] ?? "false"
        execFileSync("sh", ["-c", told], { stdio: "ignore" })
        assert.match(yield* settled(world, env), /JOB_SUCCEEDED beads=bd-root1 .*commits=1/)
        assert.isTrue(fs.existsSync(at(`moved/${tree}/made`)))
      }),
    LONG
  )

  it.scopedLive(
    "that were made below another root before are settled all the same",
    () =>
      Effect.gen(function* () {
        const world = yield* withLocalJobs
        const { at, options } = world
        const before = { env: { ...options.env, NIGHTLY_DISPATCH_WORKSPACE_ROOT: at("before") } }
        const run = yield* world.program(["run"], before)
        assert.strictEqual(run.code, 0, run.stderr)
        const log = yield* settled(world, options.env)
        assert.match(log, /JOB_SUCCEEDED beads=bd-root1 .*commits=1/)
        assert.isTrue(fs.existsSync(at(`before/${BUG.id}/repo/made`)))
      }),
    LONG
  )

  it.scopedLive(
    "cannot be made where a file is in their place: a dry run says so, too, before anything is claimed",
    () =>
      Effect.gen(function* () {
        const world = yield* withLocalJobs
        const { at, options } = world
        fs.writeFileSync(at("state/worktrees"), "mine")
        for (const args of [["run", "--dry-run"], ["run"]]) {
          const run = yield* world.program(args, options)
          assert.strictEqual(run.code, 5, run.stderr)
          assert.include(run.stderr, at("state/worktrees"))
        }
        assert.strictEqual((yield* world.issues)[BUG.id]?.status, "open")
      }),
    LONG
  )

  it.scopedLive(
    "in a state directory inside the repository do not show up in its git status",
    () =>
      Effect.gen(function* () {
        const world = yield* withLocalJobs
        const inside = path.join(world.root, "repo/.state")
        const env = { ...world.options.env, NIGHTLY_DISPATCH_STATE_DIR: inside }
        const run = yield* world.program(["run"], { env })
        assert.strictEqual(run.code, 0, run.stderr)
        assert.isTrue(fs.existsSync(path.join(inside, "worktrees", BUG.id, "repo/.git")))
        assert.match(yield* settled(world, env), /JOB_SUCCEEDED beads=bd-root1 .*commits=1/)
        const seen = git(world, "status", "--porcelain", "--untracked-files=all")
        assert.include(seen, "?? .state/journal.db\n", "what else is there does")
        assert.notInclude(seen, "worktrees")
      }),
    LONG
  )
})
