import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, type Scope } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { Room } from "../../src/host/Room.ts"
import { freeSpace } from "../../src/exec/freeSpace.ts"
import * as HostRoom from "../../src/host/HostRoom.ts"

const scratch: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "host room "))),
  (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
)

const MIB = 1024 * 1024
const limits = { minFreeDisk: 256, minFreeInodes: 1000 }
const lacking = (options: Omit<HostRoom.HostRoomOptions, "tempDir"> & { readonly tempDir?: string }) =>
  Effect.flatMap(Room, (room) => room.lacking).pipe(
    Effect.provide(HostRoom.layer({ tempDir: os.tmpdir(), ...options }))
  )

describe("room on the host", () => {
  it("is enough or a shortage, which names the directory, the free space and the limit", () => {
    const of = (bytes: number | undefined, inodes: number | undefined) =>
      HostRoom.shortage("/var/state", { directory: "/var", bytes, inodes }, limits)
    assert.isUndefined(of(256 * MIB, 1000))
    assert.strictEqual(
      of(256 * MIB - 1, 1000),
      "not enough disk space for /var/state (in /var): 255 MiB are free, limits.minFreeDisk wants 256 MiB"
    )
    assert.strictEqual(
      of(256 * MIB, 999),
      "not enough inodes for /var/state (in /var): 999 are free, limits.minFreeInodes wants 1000"
    )
    assert.strictEqual(
      HostRoom.shortage("/var", { directory: "/var", bytes: 0, inodes: 0 }, limits),
      "not enough disk space for /var: 0 KiB are free, limits.minFreeDisk wants 256 MiB"
    )
  })

  it("is enough if the file system or the settings have no limit", () => {
    assert.isUndefined(HostRoom.shortage("/x", { directory: "/x", bytes: undefined, inodes: undefined }, limits))
    const none = { minFreeDisk: 0, minFreeInodes: 0 }
    assert.isUndefined(HostRoom.shortage("/x", { directory: "/x", bytes: 0, inodes: 0 }, none))
  })

  it.scopedLive("is measured in the nearest existing directory, also below a file", () =>
    Effect.gen(function* () {
      const root = yield* scratch
      yield* Effect.promise(() => fs.writeFile(path.join(root, "file"), ""))
      for (const missing of ["a", "a/b/c", "file/x/y"]) {
        const free = yield* freeSpace(path.join(root, missing))
        assert.strictEqual(free.directory, missing.startsWith("file") ? path.join(root, "file") : root)
        assert.isAbove(free.bytes ?? Infinity, 0)
      }
    })
  )

  it.live("of a file system without a limit is undefined", () =>
    Effect.gen(function* () {
      if (process.platform !== "linux") return
      assert.deepStrictEqual(yield* freeSpace("/proc"), { directory: "/proc", bytes: undefined, inodes: undefined })
    })
  )

  it.scopedLive("that cannot be measured is a warning; a directory in which nothing can be made is a shortage", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const logger = Logger.make<unknown, void>(({ message }) => void said.push(String(message)))
      const name = "x".repeat(300)
      const lack = yield* Effect.provide(
        lacking({ directories: [`/tmp/${name}`], ...limits }),
        Logger.replace(Logger.defaultLogger, logger)
      )
      assert.match(lack ?? "", /^nothing can be written to \/tmp\/x+: name too long \(ENAMETOOLONG\)/)
      assert.match(
        said.join("\n"),
        /^cannot measure the free space for \/tmp\/x+, so it is not checked: .*ENAMETOOLONG/
      )
    })
  )

  it.scopedLive("needs a directory for temporary files, and others that are there or can be made; leaves nothing", () =>
    Effect.gen(function* () {
      const root = yield* scratch
      const at = (name: string) => path.join(root, name)
      yield* Effect.promise(() => fs.writeFile(at("file"), ""))
      const none = { minFreeDisk: 0, minFreeInodes: 0 }
      assert.isUndefined(yield* lacking({ ...none, tempDir: root, directories: [root, at("a/b/c")] }))
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(root)), ["file"])
      assert.strictEqual(
        yield* lacking({ ...none, tempDir: at("gone"), directories: [] }),
        `there is no directory ${at("gone")} for temporary files. Make it, or set TMPDIR to another`
      )
      assert.match(
        (yield* lacking({ ...none, directories: [at("file/state")] })) ?? "",
        /^nothing can be written to .*file\/state: not a directory \(ENOTDIR\)/
      )
      if (process.platform !== "linux") return
      assert.match(
        (yield* lacking({ ...none, directories: ["/proc/x/y"] })) ?? "",
        /^nothing can be written to \/proc\/x\/y: no such file or directory \(ENOENT\)/
      )
    })
  )

  it.scopedLive(
    "of a small file system is a shortage, in bytes and in inodes; every directory is measured",
    (context) =>
      Effect.gen(function* () {
        const root = yield* scratch
        const small = path.join(root, "small")
        yield* Effect.promise(() => fs.mkdir(small))
        const isMounted = yield* Effect.isSuccess(
          Effect.try(() =>
            execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,nr_inodes=20", "tmpfs", small], { stdio: "ignore" })
          )
        )
        if (!isMounted) return context.skip("a small file system cannot be mounted here")
        yield* Effect.addFinalizer(() => Effect.sync(() => execFileSync("umount", [small])))
        const directories = [root, path.join(small, "state/of/ours")]
        assert.strictEqual(
          yield* lacking({ directories, minFreeDisk: 3, minFreeInodes: 1 }),
          `not enough disk space for ${directories[1]} (in ${small}): 2 MiB are free, limits.minFreeDisk wants 3 MiB`
        )
        assert.match(
          (yield* lacking({ directories, minFreeDisk: 1, minFreeInodes: 30 })) ?? "",
          /^not enough inodes for .*small\): 1\d are free, limits\.minFreeInodes wants 30$/
        )
        assert.isUndefined(yield* lacking({ directories, minFreeDisk: 1, minFreeInodes: 5 }))
        assert.isUndefined(yield* lacking({ directories, minFreeDisk: 0, minFreeInodes: 0 }))
        yield* Effect.promise(() => fs.writeFile(path.join(small, "fill"), Buffer.alloc(1.5 * MIB)))
        assert.match((yield* lacking({ directories, minFreeDisk: 1, minFreeInodes: 5 })) ?? "", /: 0 KiB are free,/)
      })
  )

  it.effect("is enough by default", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* Effect.flatMap(Room, (room) => room.lacking))
      const full = Layer.succeed(Room, { lacking: Effect.succeed("full") })
      assert.strictEqual(yield* Effect.flatMap(Room, (room) => room.lacking).pipe(Effect.provide(full)), "full")
    })
  )
})
