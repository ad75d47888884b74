import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { hostRepositories, registerRepository } from "../../src/host/repositories.ts"
import { withLog } from "../dispatch/support.ts"

const places = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => fs.realpathSync(await fs.promises.mkdtemp(path.join(os.tmpdir(), "repositories ")))),
    (root) => Effect.promise(() => fs.promises.rm(root, { recursive: true, force: true }))
  ),
  (root) => {
    const repository = (name: string) => {
      const stateDir = path.join(root, `state of ${name}`)
      fs.mkdirSync(stateDir, { recursive: true })
      return { name, path: `/src/${name}`, stateDir, tracker: `/src/${name}/.beads`, settingsFile: undefined }
    }
    return { root, directory: path.join(root, "base/repositories"), repository }
  }
)
const on = (machine: string) => Layer.merge(NodeExec.layerWith({ environment: {}, machine }), NodeFileSystem.layer)
const here = Effect.provide(on("vm-1"))

describe("the repositories of a host", () => {
  it.scopedLive("are those that were registered from this machine and whose state is there, by name", () =>
    Effect.gen(function* () {
      const { directory, repository } = yield* places
      const [b, a, gone, elsewhere] = ["b", "a", "gone", "elsewhere"].map(repository)
      assert(a !== undefined && b !== undefined && gone !== undefined && elsewhere !== undefined)
      assert.deepStrictEqual(yield* here(hostRepositories(directory)), { repositories: [], unreadable: [] })
      for (const each of [b, a, gone]) yield* here(registerRepository(directory, each))
      yield* Effect.provide(registerRepository(directory, elsewhere), on("vm-2"))
      fs.rmSync(gone.stateDir, { recursive: true })
      const { repositories, unreadable } = yield* here(hostRepositories(directory))
      assert.deepStrictEqual(
        repositories.map(({ machine, name }) => `${name} ${machine}`),
        ["a vm-1", "b vm-1"]
      )
      assert.deepStrictEqual(unreadable, [])
      assert.strictEqual(fs.statSync(directory).mode & 0o777, 0o700)
    })
  )

  it.scopedLive("are written only when something has changed, and an entry that cannot be read is told", () =>
    Effect.gen(function* () {
      const { directory, repository } = yield* places
      const app = repository("app")
      yield* here(registerRepository(directory, app))
      const [name = ""] = fs.readdirSync(directory)
      const file = path.join(directory, name)
      const { ino } = fs.statSync(file)
      yield* here(registerRepository(directory, app))
      assert.strictEqual(fs.statSync(file).ino, ino)
      yield* here(registerRepository(directory, { ...app, settingsFile: "/etc/nd.yaml" }))
      assert.notStrictEqual(fs.statSync(file).ino, ino)
      fs.writeFileSync(path.join(directory, "0123456789ab.json"), "{")
      const { repositories, unreadable } = yield* here(hostRepositories(directory))
      assert.deepStrictEqual(
        repositories.map(({ settingsFile }) => settingsFile),
        ["/etc/nd.yaml"]
      )
      assert.strictEqual(unreadable.length, 1)
      assert.match(unreadable[0] ?? "", /0123456789ab\.json: /)
    })
  )

  it.scopedLive("that cannot be registered are one warning", () =>
    Effect.gen(function* () {
      const { directory, repository, root } = yield* places
      fs.mkdirSync(path.join(root, "base"))
      fs.symlinkSync(root, directory)
      const { lines } = yield* withLog(here(registerRepository(directory, repository("app"))))
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /^WARN status --all-repos and other dispatchers .* it is a symbolic link/)
    })
  )
})
