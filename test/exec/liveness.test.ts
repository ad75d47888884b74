import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { ProcessIdentity } from "../../src/domain/ProcessIdentity.ts"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { procFiles, procTableOn, type ProcFiles } from "../../src/exec/procTable.ts"
import { psTable } from "../../src/exec/psTable.ts"

const LINUX = process.platform === "linux"

/** A process of another pid namespace, as its own namespace names it; `undefined` where no namespace can be made. */
const namespaced = (): { readonly pid: string; readonly namespace: string } | undefined => {
  const script = 'sh -c "readlink /proc/self/ns/pid; echo \\$\\$"; true'
  const { stdout, status } = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "sh", "-c", script], {
    encoding: "utf8"
  })
  const [namespace = "", pid = ""] = (stdout ?? "").split("\n")
  return status === 0 && namespace !== "" ? { pid, namespace } : undefined
}

const sleeper = Effect.acquireRelease(
  Effect.async<number>((resume) => {
    const child = spawn("sleep", ["30"], { detached: true, stdio: "ignore" })
    child.once("spawn", () => resume(Effect.succeed(child.pid ?? 0)))
  }),
  (pid) => Effect.sync(() => process.kill(pid, "SIGKILL")).pipe(Effect.catchAllDefect(() => Effect.void))
)

const failing = (code: string, path: RegExp): ProcFiles => {
  const fail = (asked: string) => {
    if (path.test(asked)) throw Object.assign(new Error(`${code}: ${asked}`), { code })
  }
  return {
    ...procFiles,
    read: (asked) => (fail(asked), procFiles.read(asked)),
    list: (asked) => (fail(asked), procFiles.list(asked))
  }
}

const on = (files: Partial<ProcFiles>) =>
  NodeExec.layerWith({ table: procTableOn({ ...procFiles, ...files }), machine: "m-1" })
const ways: ReadonlyArray<readonly [string, Layer.Layer<Exec>]> = [
  ["/proc", NodeExec.layerWith({ machine: "m-1" })],
  ["ps", NodeExec.layerWith({ table: psTable, machine: "m-1" })]
]

describe.skipIf(!LINUX).each(ways)("the liveness of a process by %s", (_name, layer) => {
  it.scopedLive("is alive, and dead once it has ended or another process has its pid", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const pid = yield* sleeper
      const process_ = yield* exec.identify(pid)
      assert(process_ !== undefined)
      assert.strictEqual(process_.machine, "m-1")
      assert.strictEqual(yield* exec.liveness(process_), "alive")
      const { boot, startedAt } = process_
      assert.strictEqual(yield* exec.liveness(ProcessIdentity.make({ pid, boot, startedAt })), "alive", "an old record")
      assert.strictEqual(yield* exec.liveness(ProcessIdentity.make({ ...process_, startedAt: "1" })), "dead")
      process.kill(pid, "SIGKILL")
      // It stays a zombie until its parent has noticed.
      yield* Effect.sleep("100 millis")
      assert.strictEqual(yield* exec.liveness(process_), "dead")
      assert.isUndefined(yield* exec.identify(pid))
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("of another boot is dead on this machine, and unknown on another or an unnamed one", () =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const mine = yield* exec.identify(process.pid)
      assert(mine !== undefined)
      const liveness = (more: Partial<ProcessIdentity>) => exec.liveness(ProcessIdentity.make({ ...mine, ...more }))
      assert.strictEqual(yield* liveness({ boot: "another" }), "dead")
      assert.strictEqual(yield* liveness({ boot: "another", machine: "m-2" }), "unknown")
      assert.strictEqual(yield* liveness({ boot: "another", machine: undefined }), "unknown")
      assert.strictEqual(yield* liveness({ machine: "m-2" }), "unknown", "a container on the same kernel")
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("of another pid namespace is unknown", (context) =>
    Effect.gen(function* () {
      const found = namespaced()
      if (found === undefined) return context.skip("unshare is not allowed here")
      const exec = yield* Exec
      const mine = yield* exec.identify(process.pid)
      assert(mine !== undefined)
      const theirs = ProcessIdentity.make({ ...mine, pid: Number(found.pid), namespace: found.namespace })
      assert.strictEqual(yield* exec.liveness(theirs), "unknown")
    }).pipe(Effect.provide(layer))
  )
})

describe.skipIf(!LINUX)("a process table that does not answer", () => {
  const mine = Effect.flatMap(Exec, (exec) => exec.identify(process.pid)).pipe(
    Effect.provide(on({})),
    Effect.map((found) => found ?? assert.fail("we run"))
  )

  for (const code of ["ENFILE", "EMFILE", "EACCES", "EIO"]) {
    it.live(`makes liveness unknown, and never a missing process or an empty list (${code})`, () =>
      Effect.gen(function* () {
        const known = yield* mine
        const exec = yield* Effect.provide(Exec, on(failing(code, /\/stat$|^\/proc$/)))
        assert.strictEqual(yield* exec.liveness(known), "unknown")
        assert.strictEqual((yield* Effect.flip(exec.identify(process.pid)))._tag, "ProcessUnreadable")
        const job = { attempt: "a", worktree: "/", launcher: known }
        assert.strictEqual((yield* Effect.flip(exec.jobProcesses(job)))._tag, "ProcessUnreadable")
        assert.strictEqual((yield* Effect.flip(exec.endJob(job, "all")))._tag, "ProcessUnreadable")
      })
    )
  }

  it.live("because it hides the processes of other users is unreadable, not empty", () =>
    Effect.gen(function* () {
      const known = yield* mine
      const exec = yield* Effect.provide(
        Exec,
        on({
          ...failing("ENOENT", /^\/proc\/\d+\/stat$/),
          probe: () => {
            throw Object.assign(new Error("EPERM"), { code: "EPERM" })
          }
        })
      )
      assert.strictEqual(yield* exec.liveness(known), "unknown")
    })
  )

  it.live("because it is that of another pid namespace is unreadable", () =>
    Effect.gen(function* () {
      const known = yield* mine
      const exec = yield* Effect.provide(
        Exec,
        on({ link: (path) => (path === "/proc/self" ? "1" : procFiles.link(path)) })
      )
      assert.strictEqual(yield* exec.liveness(known), "unknown")
      assert.include((yield* Effect.flip(exec.identify(process.pid))).message, "another pid namespace")
    })
  )
})
