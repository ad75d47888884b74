import * as NodeContext from "@effect/platform-node/NodeContext"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Logger } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { BeadsId } from "../../../src/domain/Ids.ts"
import * as PromptFiles from "../../../src/prompt/files/PromptFiles.ts"
import { PromptStore } from "../../../src/prompt/PromptStore.ts"
import { promptContract } from "../../contract/promptContract.ts"
import { MARK, OTHER_MARK, OWN } from "../../contract/support.ts"

const id = BeadsId.make("bd-a1b2")
const always = () => Effect.succeed(true)

const directory = Effect.acquireRelease(
  Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "nd-test-")))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
)

const layerAt = (tempDir: string, uid?: number) =>
  PromptFiles.layer({ tempDir, ...(uid === undefined ? {} : { uid }) }).pipe(Layer.provide(NodeContext.layer))

const write = (text = "x", beads = id) => Effect.flatMap(PromptStore, (store) => store.write(beads, MARK, text))
const sweep = (isFinished: (id: BeadsId) => Effect.Effect<boolean> = always) =>
  Effect.flatMap(PromptStore, (store) => store.sweep(isFinished, OWN))

promptContract(
  "PromptFiles",
  Effect.map(directory, (tempDir) => ({
    layer: layerAt(tempDir),
    exists: (file: string) => Effect.sync(() => fs.existsSync(file)),
    mode: (file: string) => Effect.sync(() => fs.statSync(file).mode & 0o777),
    read: (file: string) => Effect.sync(() => fs.readFileSync(file, "utf8")),
    remove: (file: string) => Effect.sync(() => fs.rmSync(path.dirname(file), { recursive: true }))
  }))
)

/** A store whose layer lives as long as the test. */
const storeAt = (tempDir: string) => Effect.map(Layer.build(layerAt(tempDir)), Context.get(PromptStore))

/** A directory as an earlier process left it, `age` milliseconds ago. */
const leave = (tempDir: string, name: string, entries: ReadonlyArray<string>, age = 0): string => {
  const made = path.join(tempDir, name)
  fs.mkdirSync(made, { mode: 0o700 })
  for (const entry of entries) fs.writeFileSync(path.join(made, entry), "x")
  const at = (Date.now() - age) / 1000
  fs.utimesSync(made, at, at)
  return made
}
const HOUR = 3_600_000

describe("PromptFiles: writing", () => {
  it.scopedLive(
    "bd-XXXX.1.1 bd-XXXX.1.2 a file in the temporary directory with the bug's id in its name, 0600 in a directory that is 0700",
    () =>
      Effect.gen(function* () {
        const tempDir = yield* directory
        const umask = process.umask(0)
        const file = yield* write("Fix it.").pipe(
          Effect.provide(layerAt(tempDir)),
          Effect.ensuring(Effect.sync(() => process.umask(umask)))
        )
        assert.match(file.path, new RegExp(`^${tempDir}/nightly-dispatch-${MARK}-[A-Za-z0-9]{6}/bd-a1b2\\.prompt$`))
        assert.strictEqual((fs.statSync(file.path).mode & 0o7777).toString(8), "600")
        assert.strictEqual((fs.statSync(path.dirname(file.path)).mode & 0o7777).toString(8), "700")
      })
  )

  it.scopedLive("bd-XXXX.1.2 bd-XXXX.1.3 nothing is left in the temporary directory, whatever ends the dispatch", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      const ends: ReadonlyArray<Effect.Effect<unknown, string>> = [
        Effect.void,
        Effect.fail("no"),
        Effect.die("defect"),
        Effect.interrupt
      ]
      for (const end of ends) {
        yield* Effect.exit(Effect.scoped(Effect.zipRight(write(), end))).pipe(Effect.provide(layerAt(tempDir)))
        assert.isEmpty(fs.readdirSync(tempDir))
      }
    })
  )

  it.scopedLive("an interruption at any moment leaves nothing", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      for (let turn = 0; turn < 30; turn++) {
        const fiber = yield* Effect.fork(
          Effect.scoped(Effect.zipRight(write("x".repeat(90_000)), Effect.never)).pipe(Effect.provide(layerAt(tempDir)))
        )
        for (let step = 0; step < turn; step++) yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
        yield* Fiber.interrupt(fiber)
        assert.isEmpty(fs.readdirSync(tempDir))
      }
    })
  )

  it.scopedLive("write fails if the temporary directory is missing", () =>
    Effect.gen(function* () {
      const tempDir = path.join(yield* directory, "absent")
      const failure = yield* Effect.flip(write()).pipe(Effect.provide(layerAt(tempDir)))
      assert.match(
        failure.message,
        /^prompt file: cannot write bd-a1b2\.prompt below .*absent: .*: no such file or directory \(ENOENT\)/
      )
      assert.notInclude(failure.message, "\n")
      assert.strictEqual(failure.blame, "host")
      assert.isEmpty(yield* sweep().pipe(Effect.provide(layerAt(tempDir))), "and nothing to sweep")
    })
  )

  it.scopedLive("write and sweep fail if the temporary directory is a file", () =>
    Effect.gen(function* () {
      const file = path.join(yield* directory, "file")
      fs.writeFileSync(file, "")
      const failure = yield* Effect.flip(sweep()).pipe(Effect.provide(layerAt(file)))
      assert.match(failure.message, /cannot look into .*ENOTDIR/)
    })
  )

  /** A file system that is full, or that nobody may write to, from some call on. */
  const broken = (method: "makeTempDirectory" | "writeFileString" | "remove", description: string) =>
    Layer.effect(
      FileSystem.FileSystem,
      Effect.map(FileSystem.FileSystem, (real) => {
        const failure = new SystemError({ module: "FileSystem", method, reason: "Unknown", description })
        // Half of the text gets through before the disk is full.
        const writeFileString: FileSystem.FileSystem["writeFileString"] = (file, text, options) =>
          Effect.zipRight(real.writeFileString(file, text.slice(0, text.length / 2), options), failure)
        return FileSystem.FileSystem.of({
          ...real,
          ...(method === "writeFileString" ? { writeFileString } : { [method]: () => failure })
        })
      })
    ).pipe(Layer.provideMerge(NodeContext.layer))

  for (const method of ["makeTempDirectory", "writeFileString"] as const) {
    it.scopedLive(`a full disk at ${method}: nothing half-written is left, before the scope ends`, () =>
      Effect.gen(function* () {
        const tempDir = yield* directory
        const layer = PromptFiles.layer({ tempDir }).pipe(
          Layer.provide(broken(method, "ENOSPC: no space left on device, write"))
        )
        const failure = yield* Effect.flip(write("a long prompt")).pipe(Effect.provide(layer))
        assert.match(failure.message, /no space left on device \(ENOSPC\)/)
        assert.strictEqual(failure.blame, "host")
        assert.isEmpty(fs.readdirSync(tempDir))
      })
    )
  }

  it.scopedLive("a file that cannot be removed causes a warning and no failure", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const layer = PromptFiles.layer({ tempDir }).pipe(Layer.provide(broken("remove", "EROFS: read-only file system")))
      const exit = yield* Effect.exit(Effect.scoped(write())).pipe(
        Effect.provide(Layer.merge(layer, Logger.replace(Logger.defaultLogger, logger)))
      )
      assert(Exit.isSuccess(exit))
      assert.match(lines.join(), /cannot remove .*EROFS/)
    })
  )

  const mounted = (at: string): boolean => {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", at], { stdio: "ignore" })
      return true
    } catch {
      return false
    }
  }

  it.scopedLive("a full disk: write fails and leaves nothing", (context) =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      if (!mounted(tempDir)) return context.skip("a small file system cannot be mounted here")
      yield* Effect.addFinalizer(() => Effect.sync(() => execFileSync("umount", [tempDir])))
      const failure = yield* Effect.flip(write("x".repeat(90_000))).pipe(Effect.provide(layerAt(tempDir)))
      assert.match(failure.message, /ENOSPC/)
      assert.isEmpty(fs.readdirSync(tempDir))
      const small = yield* Effect.scoped(Effect.map(write("small"), (file) => fs.readFileSync(file.path, "utf8"))).pipe(
        Effect.provide(layerAt(tempDir))
      )
      assert.strictEqual(small, "small", "the room is free again")
    })
  )
})

describe("PromptFiles: sweeping", () => {
  it.scopedLive("sweep leaves the prompt of a dispatch that is under way, in this process or another", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      const ours = yield* storeAt(tempDir)
      const file = yield* ours.write(id, MARK, "x")
      const anHourAgo = (Date.now() - 2 * HOUR) / 1000
      assert.isEmpty(yield* sweep().pipe(Effect.provide(layerAt(tempDir))), "another process, and it is new")
      fs.utimesSync(path.dirname(file.path), anHourAgo, anHourAgo)
      assert.isEmpty(yield* ours.sweep(always, OWN), "ours, and its scope is open")
      yield* ours.keep(file)
      assert.isEmpty(yield* ours.sweep(always, OWN), "kept, and its scope is still open")
      assert.isTrue(fs.existsSync(file.path))
    })
  )

  it.scopedLive("sweep removes a prompt of a killed process when it is older than an hour and its job has ended", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      const old = leave(tempDir, `nightly-dispatch-${MARK}-AAAAAA`, ["bd-old.prompt"], 2 * HOUR)
      const running = leave(tempDir, `nightly-dispatch-${MARK}-BBBBBB`, ["bd-running.prompt"], 2 * HOUR)
      const young = leave(tempDir, `nightly-dispatch-${MARK}-CCCCCC`, ["bd-young.prompt"], HOUR / 2)
      const empty = leave(tempDir, `nightly-dispatch-${MARK}-DDDDDD`, [], 2 * HOUR)
      const fresh = leave(tempDir, `nightly-dispatch-${MARK}-EEEEEE`, [], HOUR / 2)
      const kept = leave(tempDir, `nightly-dispatch-${MARK}-FFFFFF`, ["bd-kept.prompt", "kept"])
      const swept = yield* sweep((beads) => Effect.succeed(beads !== "bd-running")).pipe(
        Effect.provide(layerAt(tempDir))
      )
      assert.deepStrictEqual(swept.map((file) => String(file.beads)).toSorted(), ["bd-kept", "bd-old"])
      assert.deepStrictEqual(
        [old, running, young, empty, fresh, kept].map((at) => fs.existsSync(at)),
        [false, true, true, false, true, false]
      )
    })
  )

  it.scopedLive("sweep removes a prompt of a killed process at once when its bug's claim was released later", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      const names = ["bd-back", "bd-running", "bd-held", "bd-later"]
      const made = names.map((name, at) =>
        leave(tempDir, `nightly-dispatch-${MARK}-AAAAA${at}`, [`${name}.prompt`], HOUR / 2)
      )
      const before = fs.statSync(made[3] ?? "").mtimeMs - 1
      for (const directory of made.slice(0, 3)) fs.utimesSync(directory, before / 1000, before / 1000 - 1)
      const beads = new Set(["bd-back", "bd-running", "bd-later"].map((name) => BeadsId.make(name)))
      const store = yield* storeAt(tempDir)
      const finished = (id: BeadsId) => Effect.succeed(id !== "bd-running")
      assert.isEmpty(yield* store.sweep(finished, OWN))
      const swept = yield* store.sweep(finished, { ...OWN, released: { beads, before } })
      assert.deepStrictEqual(
        swept.map((file) => String(file.beads)),
        ["bd-back"]
      )
      assert.deepStrictEqual(
        made.map((at) => fs.existsSync(at)),
        [false, true, true, true]
      )
      const ours = yield* store.write(id, MARK, "x")
      const now = Date.now() + HOUR
      assert.isEmpty(
        yield* store.sweep(always, { ...OWN, released: { beads: new Set([id]), before: now } }),
        "ours, and its scope is open"
      )
      assert.isTrue(fs.existsSync(ours.path))
    })
  )

  it.scopedLive("sweep leaves entries that this program did not write", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      const elsewhere = leave(yield* directory, "elsewhere", ["bd-x.prompt", "kept"], 2 * HOUR)
      leave(tempDir, `nightly-dispatch-${MARK}-AAAAAA`, ["bd-x.prompt", "kept", "diary.txt"], 2 * HOUR)
      leave(tempDir, `nightly-dispatch-${MARK}-BBBBBB`, ["..prompt", "kept"], 2 * HOUR)
      leave(tempDir, `nightly-dispatch-${MARK}-CCCCCC`, ["bd-x.prompt", "bd-y.prompt", "kept"], 2 * HOUR)
      leave(tempDir, "nightly-dispatch-GGGGGG", ["bd-x.prompt", "kept"], 2 * HOUR)
      leave(tempDir, `nightly-dispatch-${OTHER_MARK}-AAAAAA`, ["bd-x.prompt", "kept"], 2 * HOUR)
      leave(tempDir, `nightly-dispatch-${MARK}-notes`, ["bd-x.prompt", "kept"], 2 * HOUR)
      leave(tempDir, `nightly-dispatch-${MARK}-toolong`, ["bd-x.prompt", "kept"], 2 * HOUR)
      fs.symlinkSync(elsewhere, path.join(tempDir, `nightly-dispatch-${MARK}-DDDDDD`))
      const linked = leave(tempDir, `nightly-dispatch-${MARK}-EEEEEE`, ["kept"])
      fs.symlinkSync(path.join(elsewhere, "bd-x.prompt"), path.join(linked, "bd-x.prompt"))
      fs.writeFileSync(path.join(tempDir, `nightly-dispatch-${MARK}-FFFFFF`), "")
      const before = fs.readdirSync(tempDir, { recursive: true })
      assert.isEmpty(yield* sweep().pipe(Effect.provide(layerAt(tempDir))))
      assert.deepStrictEqual(fs.readdirSync(tempDir, { recursive: true }), before)
      assert.isTrue(fs.existsSync(path.join(elsewhere, "bd-x.prompt")))
    })
  )

  it.scopedLive("sweep leaves files of another user", () =>
    Effect.gen(function* () {
      const tempDir = yield* directory
      leave(tempDir, `nightly-dispatch-${MARK}-AAAAAA`, ["bd-x.prompt", "kept"], 2 * HOUR)
      const stranger = (process.getuid?.() ?? 0) + 1
      assert.isEmpty(yield* sweep().pipe(Effect.provide(layerAt(tempDir, stranger))))
      assert.lengthOf(yield* sweep().pipe(Effect.provide(layerAt(tempDir))), 1)
    })
  )
})
