import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { configEntries, overridesOf } from "../../../src/workspace/git/repositoryConfig.ts"
import { clonedRepository, commit, exists, git, logged, removeTemplate, USER_SETTINGS } from "../repositories.ts"
import { id, layerAt } from "./gitWorld.ts"

afterAll(removeTemplate)

const LFS = {
  "filter.lfs.clean": "git-lfs clean -- %f",
  "filter.lfs.smudge": "git-lfs smudge -- %f",
  "filter.lfs.process": "git-lfs filter-process",
  "filter.lfs.required": "true"
}

const local = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings).map(([key, value]) => ({ scope: "local", key, value }))

describe("the configuration of a repository", () => {
  it("is read with every scope, key and value", () => {
    assert.deepStrictEqual(
      configEntries("global\0user.name\nt\0local\0core.bare\0worktree\0filter.A\n b.clean\nx\ny\0"),
      [
        { scope: "global", key: "user.name", value: "t" },
        { scope: "local", key: "core.bare", value: "true" },
        { scope: "worktree", key: "filter.A", value: " b.clean\nx\ny" }
      ]
    )
    assert.deepStrictEqual(configEntries(""), [])
  })

  it("needs no override for git-lfs's own commands, and for filters that are allowed", () => {
    const custom = local({ "filter.crypt.clean": "evil", "filter.crypt.required": "true" })
    assert.isEmpty(overridesOf([...local(LFS), ...custom], ["crypt"]).settings)
    assert.deepStrictEqual(overridesOf([...local(LFS), ...custom], []), {
      settings: [
        ["filter.crypt.clean", ""],
        ["filter.crypt.required", "false"]
      ],
      filters: ["crypt"],
      variables: {}
    })
  })

  it("is overridden by what git-lfs would run besides, and by a command that only looks like git-lfs's", () => {
    const { filters, settings } = overridesOf(
      local({
        ...LFS,
        "filter.lfs.process": "git-lfs filter-process; evil",
        "lfs.customtransfer.evil.path": "evil",
        "lfs.standalonetransferagent": "evil",
        "lfs.https://x/.standalonetransferagent": "evil",
        "lfs.extension.evil.clean": "evil"
      }),
      []
    )
    assert.deepStrictEqual(filters, ["lfs"])
    assert.notInclude(JSON.stringify(settings.map(([, value]) => value)), "evil")
    assert.lengthOf(settings, 6)
  })

  it("gives way to the user's own values, and the user's credential helpers stay", () => {
    const own = [
      { scope: "global", key: "core.sshcommand", value: "ssh -i ~/key" },
      { scope: "system", key: "credential.helper", value: "cache" },
      { scope: "global", key: "credential.https://git.test.helper", value: "store" }
    ]
    const evil = local({ "core.sshcommand": "evil", "credential.helper": "!evil" })
    assert.deepStrictEqual(overridesOf([...own, ...evil], []).settings, [
      ["core.sshcommand", "ssh -i ~/key"],
      ["credential.helper", "cache"],
      ["credential.helper", ""],
      ["credential.helper", "cache"],
      ["credential.https://git.test.helper", "store"]
    ])
    assert.isEmpty(overridesOf(own, []).settings)
  })
})

/** An executable that makes the file `proof`, in place of any tool that git may start. */
const planter = (base: string) => {
  const proof = path.join(base, "proof")
  const evil = path.join(base, "evil")
  fs.writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >>'${proof}'\n`, { mode: 0o755 })
  return { evil, ran: () => (exists(proof) ? fs.readFileSync(proof, "utf8") : "") }
}

/** Acquires the bug's worktree, keeps it, and discards it as a later run does. */
const rounds = (world: Effect.Effect.Success<typeof clonedRepository>, allowFilters: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const workspaces = yield* Workspaces
    const workspace = yield* Effect.scoped(
      Effect.tap(workspaces.acquire(id, world.repository), (made) => workspaces.keep(made))
    )
    const content = fs.readFileSync(path.join(workspace.path, "file.txt"), "utf8")
    // Git looks at the content again.
    fs.utimesSync(path.join(workspace.path, "file.txt"), 1, 1)
    return { content, discarded: yield* workspaces.discard(id, world.repository, workspace) }
  }).pipe(Effect.provide(layerAt(world.root, { allowFilters })))

const withAttributes = Effect.tap(clonedRepository, (world) =>
  Effect.sync(() => {
    fs.writeFileSync(path.join(world.clone, ".gitattributes"), "*.txt filter=x diff=x merge=x\n")
    commit(world.clone, "more.txt")
    git(world.clone, "push", "--quiet", "origin", "main")
  })
)

const KEYS: ReadonlyArray<
  readonly [name: string, plant: (evil: string, clone: string) => ReadonlyArray<ReadonlyArray<string>>]
> = [
  [
    "filter.clean and filter.smudge",
    (evil) => [
      ["filter.x.clean", evil],
      ["filter.x.smudge", evil],
      ["filter.x.required", "true"]
    ]
  ],
  [
    "filter.process",
    (evil) => [
      ["filter.x.process", evil],
      ["filter.x.required", "true"]
    ]
  ],
  ["core.fsmonitor", (evil) => [["core.fsmonitor", evil]]],
  ["core.hooksPath", (evil) => [["core.hooksPath", path.dirname(evil)]]],
  [
    "core.sshCommand",
    (evil) => [
      ["core.sshCommand", evil],
      ["remote.origin.url", "ssh://localhost:1/x.git"]
    ]
  ],
  [
    "core.gitProxy",
    (evil) => [
      ["core.gitProxy", evil],
      ["remote.origin.url", "git://localhost:1/x.git"]
    ]
  ],
  ["remote.uploadpack", (evil) => [["remote.origin.uploadpack", evil]]],
  [
    "an ext:: address",
    (evil) => [
      ["remote.origin.url", `ext::${evil}`],
      ["protocol.ext.allow", "always"],
      ["protocol.allow", "always"]
    ]
  ],
  [
    "an address of another scheme",
    (evil, clone) => [
      [`url.ext::${evil}.insteadOf`, git(clone, "remote", "get-url", "origin")],
      ["protocol.ext.allow", "always"]
    ]
  ],
  ["core.alternateRefsCommand", (evil) => [["core.alternateRefsCommand", evil]]],
  [
    "credential.helper and core.askPass",
    (evil) => [
      ["credential.helper", `!${evil}`],
      ["core.askPass", evil],
      ["remote.origin.url", "http://localhost:1/x.git"]
    ]
  ],
  [
    "diff.external, textconv and merge drivers",
    (evil) => [
      ["diff.external", evil],
      ["diff.x.textconv", evil],
      ["merge.x.driver", evil]
    ]
  ],
  [
    "editors and pagers",
    (evil) => [
      ["core.editor", evil],
      ["sequence.editor", evil],
      ["core.pager", evil],
      ["pager.status", evil]
    ]
  ],
  [
    "submodules and uploadpack.packObjectsHook",
    (evil) => [
      ["submodule.x.update", `!${evil}`],
      ["uploadpack.packObjectsHook", evil]
    ]
  ]
]

describe("GitWorktrees runs no command of a repository's configuration:", () => {
  for (const [name, plant] of KEYS) {
    for (const place of ["--local", "--worktree", "an included file"]) {
      it.scopedLive(`${name}, ${place}`, () =>
        Effect.gen(function* () {
          const world = yield* withAttributes
          const { evil, ran } = planter(world.base)
          const settings = plant(evil, world.clone)
          git(world.clone, "config", "extensions.worktreeConfig", "true")
          const included = path.join(world.base, "included")
          for (const [key = "", value = ""] of settings) {
            if (place === "an included file") git(world.clone, "config", "--file", included, key, value)
            else git(world.clone, "config", place, key, value)
          }
          if (place === "an included file") git(world.clone, "config", "include.path", included)
          const { content, discarded } = yield* rounds(world)
          assert.strictEqual(content, "x\n")
          assert.strictEqual(discarded._tag, "Removed")
          assert.strictEqual(ran(), "")
        })
      )
    }
  }

  it.scopedLive("not even one that an agent sets in its worktree while it works", () =>
    Effect.gen(function* () {
      const world = yield* withAttributes
      const { evil, ran } = planter(world.base)
      git(world.clone, "config", "extensions.worktreeConfig", "true")
      const layer = layerAt(world.root)
      yield* Effect.gen(function* () {
        const workspaces = yield* Workspaces
        const workspace = yield* Effect.scoped(
          Effect.tap(workspaces.acquire(id, world.repository), (made) => workspaces.keep(made))
        )
        git(workspace.path, "config", "--worktree", "filter.x.clean", evil)
        git(workspace.path, "config", "--worktree", "filter.x.required", "true")
        fs.utimesSync(path.join(workspace.path, "file.txt"), 1, 1)
        assert.strictEqual((yield* workspaces.discard(id, world.repository, workspace))._tag, "Removed")
      }).pipe(Effect.provide(layer))
      assert.strictEqual(ran(), "")
    })
  )

  it.scopedLive("says which filter does not run, once, and how to allow it; an allowed one runs", () =>
    Effect.gen(function* () {
      const world = yield* withAttributes
      git(world.clone, "config", "filter.x.smudge", "tr x y")
      git(world.clone, "config", "filter.x.clean", "tr y x")
      const [result, lines] = yield* logged(rounds(world))
      assert.strictEqual(result.content, "x\n")
      assert.lengthOf(
        lines.filter((line) => line.includes("git filter x does not run")),
        1
      )
      assert.include(lines.join(), "workspace.allowFilters: [x]")
      assert.strictEqual((yield* rounds(world, ["x"])).content, "y\n")
    })
  )

  it.scopedLive("but git-lfs's own commands run, so that agents get real files", () =>
    Effect.gen(function* () {
      const world = yield* withAttributes
      const bin = path.join(world.base, "bin")
      fs.mkdirSync(bin)
      const lfs = "#!/bin/sh\ncase $1 in clean) tr z x ;; smudge) tr x z ;; *) exit 1 ;; esac\n"
      fs.writeFileSync(path.join(bin, "git-lfs"), lfs, { mode: 0o755 })
      fs.writeFileSync(path.join(world.clone, ".gitattributes"), "*.txt filter=lfs\n")
      commit(world.clone, "third.txt")
      git(world.clone, "push", "--quiet", "origin", "main")
      for (const [key, value] of Object.entries(LFS).filter(([key]) => !key.endsWith("process")))
        git(world.clone, "config", key, value)
      const before = process.env["PATH"]
      yield* Effect.addFinalizer(() => Effect.sync(() => (process.env["PATH"] = before)))
      process.env["PATH"] = `${bin}:${before}`
      assert.strictEqual((yield* rounds(world)).content, "z\n")
    })
  )

  it.scopedLive("but the user's own filters run", () =>
    Effect.gen(function* () {
      const world = yield* withAttributes
      const before = fs.readFileSync(USER_SETTINGS, "utf8")
      yield* Effect.addFinalizer(() => Effect.sync(() => fs.writeFileSync(USER_SETTINGS, before)))
      git(world.clone, "config", "--global", "filter.x.smudge", "tr x y")
      git(world.clone, "config", "--global", "filter.x.clean", "tr y x")
      assert.strictEqual((yield* rounds(world)).content, "y\n")
    })
  )
})
