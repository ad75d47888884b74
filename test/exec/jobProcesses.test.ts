import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { Exec, ProcessIdentity, type ExecNotStarted, type ProcessUnreadable } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { isIdle } from "../../src/exec/jobTraits.ts"
import { ATTEMPT_VARIABLE, type ProcessTable } from "../../src/exec/processTable.ts"
import { procTable } from "../../src/exec/procTable.ts"
import { psTable } from "../../src/exec/psTable.ts"
import { eventually, newAttempt } from "../contract/support.ts"

const ways: ReadonlyArray<readonly [string, ProcessTable]> = [
  ["/proc", procTable],
  ["ps and lsof", psTable]
]
const hasLsof = spawnSync("lsof", ["-v"]).error === undefined

describe.skipIf(process.platform !== "linux").each(ways)("the processes of a job by %s", (name, table) => {
  const layer = NodeExec.layerWith({ table })

  /** A worktree, and a launcher in it that runs this script with the attempt in its environment. */
  const world = Effect.fn("world")(function* (script: string, env: Readonly<Record<string, string>> = {}) {
    const exec = yield* Exec
    const root = yield* Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "nd job "))),
      (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
    )
    const worktree = path.join(root, "tree")
    fs.mkdirSync(worktree)
    const attempt = newAttempt()
    const launch = (command: string, cwd = worktree, variables: Readonly<Record<string, string>> = {}) =>
      exec.launch({
        tool: "agent",
        command: "sh",
        args: ["-c", command],
        cwd,
        env: variables,
        logFile: path.join(root, "log")
      })
    const launcher = yield* launch(script, worktree, { [ATTEMPT_VARIABLE]: attempt, ROOT: root, ...env })
    const pidOf = (file: string) =>
      Effect.map(
        eventually(
          Effect.sync(() =>
            fs.existsSync(path.join(root, file)) ? fs.readFileSync(path.join(root, file), "utf8") : ""
          ),
          (text) => text.endsWith("\n")
        ),
        Number
      )
    const traits = { attempt, launcher, worktree }
    yield* Effect.addFinalizer(() => Effect.ignore(exec.endJob(traits, "all", "100 millis")))
    const lives = (pid: number) => Effect.map(exec.identify(pid), (found) => found !== undefined)
    return { attempt, exec, launch, launcher, lives, pidOf, root, traits, worktree }
  })

  const check = (
    what: string,
    body: () => Effect.Effect<void, ExecNotStarted | ProcessUnreadable, Exec | Scope.Scope>
  ): void =>
    it.scopedLive(
      what,
      (context) =>
        name.includes("lsof") && !hasLsof
          ? Effect.sync((): void => context.skip("there is no lsof here"))
          : Effect.provide(body(), layer),
      60_000
    )

  check("a stop ends a command in a session of its own, which has lost its parent", () =>
    Effect.gen(function* () {
      const { exec, launcher, lives, pidOf, traits, worktree } = yield* world(
        "setsid sh -c 'echo $$ >\"$ROOT/own\"; sleep 3; touch late' & sleep 30"
      )
      const own = yield* pidOf("own")
      process.kill(launcher.pid, "SIGKILL")
      yield* eventually(lives(launcher.pid), (alive) => !alive)
      assert.isNotEmpty((yield* exec.jobProcesses(traits)).working)
      assert.isTrue(isIdle(yield* exec.endJob(traits, "all")))
      assert.isFalse(yield* lives(own))
      yield* Effect.sleep("3200 millis")
      assert.isFalse(fs.existsSync(path.join(worktree, "late")))
    })
  )

  check("a stop ends a descendant without environment that ignores SIGTERM, although its parent obeys", () =>
    Effect.gen(function* () {
      const { exec, lives, pidOf, root, traits } = yield* world(
        'env -i setsid sh -c \'trap "" TERM; echo $$ >"$0"; while :; do sleep 0.1; done\' "$ROOT/own" & sleep 30'
      )
      const own = yield* pidOf("own")
      assert.isTrue(isIdle(yield* exec.endJob(traits, "all", "200 millis")), root)
      assert.isFalse(yield* lives(own))
    })
  )

  check("a process that was seen once stays known, also without environment, session and parent", () =>
    Effect.gen(function* () {
      const { exec, launcher, lives, pidOf, traits } = yield* world(
        'env -i setsid sh -c \'echo $$ >"$0"; while :; do sleep 0.1; done\' "$ROOT/own" & sleep 30'
      )
      const own = yield* pidOf("own")
      yield* exec.jobProcesses(traits)
      process.kill(launcher.pid, "SIGKILL")
      yield* eventually(lives(launcher.pid), (alive) => !alive)
      assert.isNotEmpty((yield* exec.jobProcesses(traits)).working)
      assert.isTrue(isIdle(yield* exec.endJob(traits, "all")))
      assert.isFalse(yield* lives(own))
    })
  )

  check("of a job that has ended, what works in the worktree is ended, and a daemon elsewhere is named and left", () =>
    Effect.gen(function* () {
      const { exec, launcher, lives, pidOf, traits } = yield* world(
        `setsid sh -c 'echo $$ >"$ROOT/own"; sleep 90; touch late' &
         setsid sh -c 'cd /; echo $$ >"$ROOT/daemon"; exec sleep 91' &
         while [ ! -s "$ROOT/own" ] || [ ! -s "$ROOT/daemon" ]; do sleep 0.05; done`
      )
      const [own, daemon] = [yield* pidOf("own"), yield* pidOf("daemon")]
      yield* eventually(lives(launcher.pid), (alive) => !alive)
      const left = yield* exec.endJob(traits, "leftovers")
      assert.isFalse(yield* lives(own))
      assert.isTrue(yield* lives(daemon))
      assert.deepStrictEqual(left, { roots: [], working: [], doubtful: [], elsewhere: [`pid ${daemon} (sleep 91)`] })
    })
  )

  check("never signals the group of a foreign process that has the number of a dead launcher", () =>
    Effect.gen(function* () {
      const { attempt, exec, launch, lives, root, worktree } = yield* world("exit 0")
      const stranger = yield* launch("sleep 30 & wait", root)
      const inTree = yield* launch("sleep 30 & wait", worktree)
      yield* Effect.addFinalizer(() => Effect.all([exec.endGroup(stranger), exec.endGroup(inTree)]))
      const deadWith = (pid: number) => ProcessIdentity.make({ ...stranger, pid, startedAt: "1" })
      const traits = { attempt, worktree, launcher: deadWith(stranger.pid) }
      for (const part of ["all", "leftovers"] as const) {
        assert.isTrue(isIdle(yield* exec.endJob(traits, part)), "it works elsewhere, so it is another's")
        const left = yield* exec.endJob({ ...traits, launcher: deadWith(inTree.pid) }, part)
        assert.include(left.doubtful[0], `pid ${inTree.pid}`, "it may be the job's, so it is said")
        assert.isEmpty(left.working)
      }
      assert.isTrue((yield* lives(stranger.pid)) && (yield* lives(inTree.pid)))
      const unmarked = yield* exec.endJob({ ...traits, attempt: undefined, launcher: deadWith(inTree.pid) }, "all")
      assert.include(unmarked.doubtful[0], "does not show its attempt")
      assert.isTrue(yield* lives(inTree.pid))
    })
  )

  check("an argument that looks like the variable does not make a process the job's", () =>
    Effect.gen(function* () {
      const { attempt, exec, launch, lives, traits, worktree } = yield* world("exit 0")
      const stranger = yield* launch(`: "$1"; sleep 30; : ${ATTEMPT_VARIABLE}=${attempt} `, worktree)
      yield* Effect.addFinalizer(() => exec.endGroup(stranger))
      yield* exec.endJob({ ...traits, launcher: undefined }, "all")
      assert.isTrue(yield* lives(stranger.pid))
    })
  )

  check("a stop that cannot see the launcher is not done", () =>
    Effect.gen(function* () {
      const { exec, launcher, traits } = yield* world("exit 0")
      const elsewhere = ProcessIdentity.make({ ...launcher, boot: "another", machine: "another" })
      const left = yield* exec.endJob({ ...traits, launcher: elsewhere }, "all")
      assert.include(left.doubtful[0], "cannot be seen from here")
      assert.isFalse(isIdle(left))
    })
  )
})
