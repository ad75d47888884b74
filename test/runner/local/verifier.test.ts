import { assert, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Either, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import * as LocalVerifier from "../../../src/runner/local/LocalVerifier.ts"
import { Verifier } from "../../../src/runner/Verifier.ts"
import { commandLines } from "../../commandLines.ts"
import { LAST_LINE, verifierContract, type VerifierWorld } from "../../contract/verifierContract.ts"
import { beadsId, eventually, newAttempt } from "../../contract/support.ts"
import { makeWorld } from "./localWorld.ts"

const id = beadsId("bd-1")
const SCRIPT = `#!/bin/sh
printf '%s\\n' "$NIGHTLY_DISPATCH_ATTEMPT" "$TMPDIR" "$PWD" "$2" >seen
case $1 in
  passes) exit 0 ;;
  fails) echo '${LAST_LINE}'; exit 3 ;;
esac
while :; do sleep 0.05; done
`

const verifierWorld = Effect.map(makeWorld, ({ root, stateDir, worktree }) => {
  const script = path.join(root, "check.sh")
  fs.writeFileSync(script, SCRIPT, { mode: 0o755 })
  const other = path.join(root, "base")
  for (const each of [worktree(id), other]) fs.mkdirSync(each, { recursive: true })
  const layer = LocalVerifier.layer({ stateDir, tempDir: root, logSize: 1 }).pipe(
    Layer.provide(Layer.mergeAll(NodeExec.layer, NodeFileSystem.layer))
  )
  const lines = () => commandLines(script)
  /** The processes that were there, which get SIGKILL. */
  const killed = () => {
    const found = lines()
    for (const line of found) Either.try(() => process.kill(Number(line.trim().split(/\s+/)[0]), "SIGKILL"))
    return found
  }
  return {
    root,
    stateDir,
    layer,
    script,
    other,
    request: (kind: string) => ({ beads: id, command: [script, kind] as const, worktree: worktree(id) }),
    running: Effect.sync(() => lines().length),
    // Again and again: what was killed may have started another process just before.
    crash: Effect.asVoid(eventually(Effect.sync(killed), (found) => found.length === 0))
  } satisfies VerifierWorld & Record<string, unknown>
})

verifierContract("LocalVerifier", verifierWorld)

it.scopedLive("a check runs in the worktree with the attempt, a TMPDIR of its own and its arguments unchanged", () =>
  Effect.gen(function* () {
    const world = yield* verifierWorld
    const attempt = newAttempt()
    const argument = 'it\'s "$(here)" *'
    const request = { ...world.request("passes"), command: [world.script, "passes", argument] as const }
    yield* Effect.gen(function* () {
      const verifier = yield* Verifier
      yield* verifier.start({ ...request, attempt, repo: "app", onLaunch: () => Effect.void })
      const trace = { attempt, worktree: request.worktree }
      yield* eventually(verifier.check(id, trace), ({ phase }) => phase === "ended")
      const [mark, temp = "", directory, last] = fs
        .readFileSync(path.join(request.worktree, "seen"), "utf8")
        .split("\n")
      assert.deepStrictEqual([mark, directory, last], [attempt, fs.realpathSync(request.worktree), argument])
      assert.match(temp, /\/nightly-dispatch-job-[0-9a-f]{12}\/tmp$/)
      yield* verifier.endLeftovers(id, trace)
      assert.isFalse(fs.existsSync(temp), "its temporary files go with it")
      assert.strictEqual(fs.statSync(path.join(world.stateDir, "checks")).mode & 0o777, 0o700)
    }).pipe(Effect.provide(world.layer))
  })
)

for (const [what, command] of [
  ["is on no PATH", "no-such-program"],
  ["is not in the worktree", "./no-such-script"]
] as const) {
  it.scopedLive(`a command that ${what} is a fault of the settings`, () =>
    Effect.gen(function* () {
      const world = yield* verifierWorld
      const request = { ...world.request("passes"), command: [command] as const, attempt: newAttempt(), repo: "app" }
      const started = yield* Effect.flatMap(Verifier, (verifier) =>
        Effect.either(verifier.start({ ...request, onLaunch: () => Effect.die("not reached") }))
      ).pipe(Effect.provide(world.layer))
      assert(Either.isLeft(started))
      assert.deepInclude({ ...started.left }, { _tag: "RunnerFailed", blame: "config" })
      assert.include(started.left.message, `verify.command: ${command} is not found`)
    })
  )
}
